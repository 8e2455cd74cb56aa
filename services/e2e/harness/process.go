package harness

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ReadyWithin is how long a process may take to print its ready line before the
// test gives up. It is generous: slow machines are not failures.
const ReadyWithin = time.Minute

// Process is a running binary.
type Process struct {
	// ReadyLine is the one line it printed when ready.
	ReadyLine string
	// GRPC and HTTP are the addresses named in that line.
	GRPC, HTTP string

	cmd    *exec.Cmd
	stderr *buffer
	done   chan struct{}
}

// Start runs a binary and waits until it is ready. It is killed at the end of
// the test, if it still runs then.
func Start(t testing.TB, name string, args ...string) *Process {
	t.Helper()
	p, err := TryStart(t, name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TryStart is Start for processes that may refuse to start.
func TryStart(t testing.TB, name string, args ...string) (*Process, error) {
	t.Helper()
	dir, err := Build()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Launch(filepath.Join(dir, name), args...)
	if p != nil {
		t.Cleanup(func() {
			p.Kill()
			if t.Failed() {
				t.Logf("%s said:\n%s", name, p.Stderr())
			}
		})
	}
	return p, err
}

// Launch starts a program of any path, outside a test, and waits until it is
// ready. The caller kills it.
func Launch(path string, args ...string) (*Process, error) {
	name := filepath.Base(path)
	p := &Process{
		cmd:    exec.Command(path, args...), //nolint:gosec // a binary of this repository
		stderr: &buffer{},
		done:   make(chan struct{}),
	}
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewReader(stdout)
		line, _ := lines.ReadString('\n')
		ready <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, lines)
		_ = p.cmd.Wait()
		close(p.done)
	}()
	select {
	case p.ReadyLine = <-ready:
	case <-time.After(ReadyWithin):
		p.Kill()
		return nil, fmt.Errorf("%s was not ready within %s:\n%s", name, ReadyWithin, p.Stderr())
	}
	if p.ReadyLine == "" {
		<-p.done
		return nil, &ExitError{Name: name, Code: p.cmd.ProcessState.ExitCode(), Stderr: p.Stderr()}
	}
	for _, word := range strings.Fields(p.ReadyLine) {
		if addr, ok := strings.CutPrefix(word, "grpc="); ok {
			p.GRPC = addr
		}
		if addr, ok := strings.CutPrefix(word, "http="); ok {
			p.HTTP = addr
		}
	}
	return p, nil
}

// Pid is the process's number.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// ExitError is a process that ended instead of getting ready.
type ExitError struct {
	Name   string
	Code   int
	Stderr string
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("%s exited with code %d: %s", e.Name, e.Code, e.Stderr)
}

// Kill ends the process as a power cut would, as far as the process can tell.
func (p *Process) Kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.done
}

// Pause stops the process where it is: its connections stay open, and nothing
// comes over them. It goes on at the latest at the end of the test.
func (p *Process) Pause(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Signal(syscall.SIGCONT) })
}

// Continue lets a paused process go on.
func (p *Process) Continue(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// Terminate asks the process to end and returns its exit code.
func (p *Process) Terminate(t testing.TB) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(ReadyWithin):
		t.Fatalf("still running %s after SIGTERM:\n%s", ReadyWithin, p.Stderr())
	}
	return p.cmd.ProcessState.ExitCode()
}

// Stderr is what the process has written to its standard error so far.
func (p *Process) Stderr() string { return p.stderr.String() }

// Run runs a binary to its end and returns its output and exit code.
func Run(t testing.TB, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	dir, err := Build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, name), args...) //nolint:gosec // a binary built above
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatal(err)
		}
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// buffer is a bytes.Buffer that a process and a test may share.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
