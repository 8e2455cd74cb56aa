// Package daemon is what every server process of the suite does around its service: it refuses addresses that other
// machines can reach, sets up logs, traces and metrics, opens the listeners, prints one line when it is ready, waits for
// the signal to stop, lets running calls finish, and undoes what it has begun, the newest first.
//
// It also sets how the process uses memory (see Tune): garbage is collected when 96 MiB of it have piled up, under a limit
// of 400 MiB for all, unless the environment variables GOGC and GOMEMLIMIT say otherwise.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/obs"
)

// readyPoll is how often a starting process looks whether it is ready.
const readyPoll = 20 * time.Millisecond

// Options say how a process serves.
type Options struct {
	// Name begins the ready line.
	Name string
	// Service is the name in traces and metrics; default Name.
	Service string
	// Listen is the address of the one server.
	Listen string
	// MetricsListen is the address for Prometheus; "" is none.
	MetricsListen string
	// DrainGrace is how long a gRPC server waits for running calls.
	DrainGrace time.Duration
	// Credentials say who may call.
	Credentials CredentialFlags
	// GuardedBehind is true for a process that asks nobody who he is, but passes calls on only to services that do.
	GuardedBehind bool
	// Log and Telemetry are the options of the command line.
	Log       conf.Log
	Telemetry conf.Telemetry
}

// Run calls build, which puts the service together and names its server with Serve or ServeGRPC, and serves until ctx
// ends or something fails. It prints one line to stdout when it is ready; logs go to stderr. A start that is refused
// leaves nothing open, and has logged nothing below a warning.
func Run(ctx context.Context, o Options, build func(context.Context, *Process) error, stdout, stderr io.Writer) (err error) {
	addrs := []string{o.Listen}
	if o.MetricsListen != "" {
		addrs = append(addrs, o.MetricsListen)
	}
	Tune()
	log, err := obs.NewLogger(o.Log.LogOptions(stderr))
	if err != nil {
		return err
	}
	if o.Service == "" {
		o.Service = o.Name
	}
	quiet, loud := Quiet(log)
	access, err := o.Credentials.Open("", quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, access.Close()) }()
	if o.GuardedBehind {
		err = warnPlain(quiet, o.Credentials.TLSCert != "", addrs...)
	} else {
		err = access.CheckListen(quiet, addrs...)
	}
	if err != nil {
		return err
	}
	telemetry, err := obs.StartTelemetry(ctx, o.Telemetry.TelemetryOptions(o.Service, version()))
	if err != nil {
		return err
	}
	p := &Process{Logger: quiet, Telemetry: telemetry, Access: access, o: o, failed: make(chan error, 1)}
	defer func() { err = errors.Join(err, p.end()) }()
	p.AtEnd(func() error { return telemetry.Shutdown(ctx) })
	if err = build(ctx, p); err == nil {
		err = p.serve(ctx, stdout, loud)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // told to stop while starting, and did
	}
	return err
}

// serve opens the listeners, starts everything and waits. The order in which it is undone: no more calls, no more work,
// no more metrics.
func (p *Process) serve(ctx context.Context, stdout io.Writer, loud func()) error {
	drain := sync.OnceValue(func() error { return p.server.Drain(context.WithoutCancel(ctx)) })
	p.AtEnd(drain) // also of a server that never served, for it may hold goroutines
	lis, err := listen(ctx, p.o.Listen)
	if err != nil {
		return err
	}
	if p.scheme == "http" {
		if lis, err = p.Access.Secure(lis); err != nil {
			return err
		}
	}
	ready := fmt.Sprintf("%s ready: %s=%s", p.o.Name, p.scheme, lis.Addr())
	if p.o.MetricsListen != "" {
		addr, err := p.serveMetrics(ctx)
		if err != nil {
			return errors.Join(err, lis.Close())
		}
		ready += " metrics=" + addr.String()
	}
	loud()
	if p.work != nil {
		p.AtEnd(Background(ctx, p.work, p.fail))
	}
	p.run(func() error { return p.server.Serve(lis) })
	p.AtEnd(drain)
	return p.wait(ctx, func() {
		if p.onReady != nil {
			p.onReady()
		}
		_, _ = fmt.Fprintln(stdout, ready)
	})
}

// wait returns when ctx ends or something fails, and calls report once when the process has become ready.
func (p *Process) wait(ctx context.Context, report func()) error {
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for reported := false; ; {
		if !reported && (p.ready == nil || p.ready(ctx) == nil) {
			report()
			reported = true
			poll.Stop()
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-p.failed:
			return err
		case <-poll.C:
		}
	}
}

// version is what the Go tool chain noted about this build.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		return b.Main.Version
	}
	return ""
}
