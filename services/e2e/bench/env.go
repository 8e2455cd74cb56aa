package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// scenario measures one comparison, or several that share a set-up.
type scenario struct {
	// rows are the names of the rows it gives.
	rows []string
	// about says what is compared.
	about string
	run   func(ctx context.Context, e *env) ([]report.Row, error)
}

// env is what scenarios work with.
type env struct {
	Options
	progress io.Writer
	dir      string
	begin    time.Time

	// of the running scenario
	folders   int
	processes []*harness.Process
	closers   []func()
}

func newEnv(o Options, progress io.Writer) (*env, error) {
	dir, err := os.MkdirTemp("", "throughline-bench-")
	if err != nil {
		return nil, err
	}
	return &env{Options: o, progress: progress, dir: dir, begin: time.Now()}, nil
}

func (e *env) close() {
	e.endScenario()
	_ = os.RemoveAll(e.dir)
}

// logf writes a line of progress.
func (e *env) logf(format string, args ...any) {
	_, _ = fmt.Fprintf(e.progress, "%6.1fs  %s\n", time.Since(e.begin).Seconds(), fmt.Sprintf(format, args...))
}

// build makes the binary to measure, as `make build` does.
func (e *env) build(ctx context.Context) error {
	if e.Binary != "" {
		return nil
	}
	e.logf("building throughline")
	e.Binary = filepath.Join(e.dir, "throughline")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", e.Binary, harness.Binaries["throughline"]) //nolint:gosec // a package of this repository
	cmd.Dir = harness.Root()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building throughline: %w\n%s", err, out)
	}
	return nil
}

// measure runs a scenario and ends what it has started.
func (e *env) measure(ctx context.Context, s scenario) ([]report.Row, error) {
	defer e.endScenario()
	return s.run(ctx, e)
}

func (e *env) endScenario() {
	for _, c := range e.closers {
		c()
	}
	for _, p := range e.processes {
		p.Kill()
	}
	e.closers, e.processes = nil, nil
}

// onEnd calls f when the scenario ends.
func (e *env) onEnd(f func()) { e.closers = append(e.closers, f) }

// folder makes a folder for a scenario's data, and removes it with the scenario.
func (e *env) folder() (string, error) {
	e.folders++
	dir := filepath.Join(e.dir, fmt.Sprintf("data-%d", e.folders))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	e.onEnd(func() { _ = os.RemoveAll(dir) })
	return dir, nil
}

// suite starts the whole suite on a folder.
func (e *env) suite(data string) (*harness.Process, error) {
	return e.start(e.Binary, "serve", "--data", data, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0")
}

// freshSuite starts the whole suite on a new folder.
func (e *env) freshSuite() (*harness.Process, error) {
	dir, err := e.folder()
	if err != nil {
		return nil, err
	}
	return e.suite(dir)
}

// baseline starts one of the baselines that serve.
func (e *env) baseline(args ...string) (*harness.Process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return e.start(exe, args...)
}

func (e *env) start(path string, args ...string) (*harness.Process, error) {
	p, err := harness.Launch(path, args...)
	if err != nil {
		return nil, err
	}
	e.processes = append(e.processes, p)
	return p, nil
}

// settle waits until the processes have nothing left to do, so that the work one
// side has put off does not slow the other.
func (e *env) settle(ctx context.Context) {
	const patience = 30 * time.Second
	for begin := time.Now(); time.Since(begin) < patience && ctx.Err() == nil; {
		before := e.children()
		pause(ctx, 150*time.Millisecond)
		if e.children()-before <= 10*time.Millisecond {
			return
		}
	}
	e.logf("  still busy after %s; measured all the same", patience)
}

// children is the processor time used by the processes started so far.
func (e *env) children() time.Duration {
	var total time.Duration
	for _, p := range e.processes {
		if used, err := measure.ProcessCPU(p.Pid()); err == nil {
			total += used
		}
	}
	return total
}

// pause waits, but not longer than the context.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
