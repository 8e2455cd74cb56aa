package daemon

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func options() Options {
	return Options{Name: "testd", Listen: "127.0.0.1:0", DrainGrace: 10 * time.Second, Log: conf.Log{LogLevel: "info"}}
}

// lines gives what is written to it, a line each.
type lines chan string

func (l lines) Write(p []byte) (int, error) { l <- string(p); return len(p), nil }

func noService(grpc.ServiceRegistrar) {}

// What a process begins, it ends in the right order, and it is ready when the service is.
func TestRun(t *testing.T) {
	testkit.NoLeaks(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	o := options()
	o.MetricsListen = "127.0.0.1:0"
	var logs, order testkit.Buffer
	note := func(what string) { _, _ = io.WriteString(&order, what+" ") }
	asked := 0
	build := func(ctx context.Context, p *Process) error {
		p.Logger.InfoContext(ctx, "opened")
		p.AtEnd(func() error { note("store"); return nil })
		if _, err := p.Dial("127.0.0.1:1"); err != nil {
			return err
		}
		p.Work(func(ctx context.Context) error {
			<-ctx.Done()
			note("work")
			return ctx.Err()
		})
		p.ReadyWhen(func(context.Context) error {
			if asked++; asked < 3 {
				return errors.New("not yet")
			}
			return nil
		})
		return p.ServeGRPC("test", noService)
	}
	out, ended := make(lines, 1), make(chan error, 1)
	go func() { ended <- Run(ctx, o, build, out, &logs) }()
	var ready string
	select {
	case ready = <-out:
	case err := <-ended:
		t.Fatalf("ended: %v", err)
	}
	m := regexp.MustCompile(`^testd ready: grpc=(127\.0\.0\.1:\d+) metrics=(127\.0\.0\.1:\d+)\n$`).FindStringSubmatch(ready)
	if m == nil || asked != 3 {
		t.Fatalf("ready line %q after %d questions", ready, asked)
	}
	conn, err := rpc.Dial(m[1], rpc.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
	if err != nil || resp.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("health: %v, %v", resp, err)
	}
	_ = conn.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	page, err := client.Get("http://" + m[2] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	if _ = page.Body.Close(); page.StatusCode != http.StatusOK {
		t.Errorf("metrics: %s", page.Status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	if order.String() != "work store " {
		t.Errorf("ended in the order %q", order.String())
	}
	if !strings.Contains(logs.String(), "opened") {
		t.Errorf("what was held back is lost: %q", logs.String())
	}
}

// A refused start says so in its error only, and leaves nothing open.
func TestRunRefuses(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	broken := fault.New(fault.Precondition, fault.StoreDamaged, "broken")
	for name, c := range map[string]struct {
		change func(*Options)
		build  error
		reason string
	}{
		"open address":  {func(o *Options) { o.Listen = "0.0.0.0:0" }, nil, fault.ListenNotLoopback},
		"no address":    {func(o *Options) { o.Listen = "" }, nil, fault.ConfigInvalid},
		"open metrics":  {func(o *Options) { o.MetricsListen = ":0" }, nil, fault.ListenNotLoopback},
		"log level":     {func(o *Options) { o.Log.LogLevel = "loud" }, nil, fault.ConfigInvalid},
		"trace ratio":   {func(o *Options) { o.Telemetry.TraceRatio = 2 }, nil, fault.ConfigInvalid},
		"taken":         {func(o *Options) { o.Listen = taken.Addr().String() }, nil, fault.ConfigInvalid},
		"taken metrics": {func(o *Options) { o.MetricsListen = taken.Addr().String() }, nil, fault.ConfigInvalid},
		"broken":        {func(*Options) {}, broken, fault.StoreDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.NoLeaks(t)
			o := options()
			c.change(&o)
			opened, closed := 0, 0
			var out, logs testkit.Buffer
			err := Run(t.Context(), o, func(ctx context.Context, p *Process) error {
				opened++
				p.AtEnd(func() error { closed++; return nil })
				p.Logger.InfoContext(ctx, "opened")
				if c.build != nil {
					return c.build
				}
				return p.ServeGRPC("test", noService)
			}, &out, &logs)
			if fault.ReasonOf(err) != c.reason || opened != closed {
				t.Errorf("%v, opened %d, closed %d", err, opened, closed)
			}
			if text := out.String() + logs.String(); text != "" {
				t.Errorf("it said %q", text)
			}
		})
	}
}

func TestRunStoppedWhileStarting(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var out testkit.Buffer
	err := Run(ctx, options(), func(ctx context.Context, _ *Process) error {
		stop()
		return ctx.Err()
	}, &out, io.Discard)
	if err != nil || out.String() != "" {
		t.Errorf("%v, printed %q", err, out.String())
	}
}

// failing is a server that cannot go on.
type failing struct{ err error }

func (f failing) Serve(lis net.Listener) error  { return errors.Join(f.err, lis.Close()) }
func (f failing) Drain(_ context.Context) error { return nil }

func TestRunEndsWithAFailure(t *testing.T) {
	broken := errors.New("broken")
	for name, build := range map[string]func(context.Context, *Process) error{
		"server": func(_ context.Context, p *Process) error { p.Serve("http", failing{broken}); return nil },
		"work": func(_ context.Context, p *Process) error {
			p.Work(func(context.Context) error { return broken })
			return p.ServeGRPC("test", noService)
		},
		"end of work": func(_ context.Context, p *Process) error {
			p.Serve("http", failing{errors.New("first")})
			p.Work(func(ctx context.Context) error { <-ctx.Done(); return broken })
			return nil
		},
		"undoing": func(_ context.Context, p *Process) error {
			p.Serve("http", failing{errors.New("first")})
			p.AtEnd(func() error { return broken })
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.NoLeaks(t)
			err := Run(t.Context(), options(), build, io.Discard, io.Discard)
			if !errors.Is(err, broken) || strings.Count(err.Error(), "broken") != 1 {
				t.Errorf("ended with %v", err)
			}
		})
	}
}
