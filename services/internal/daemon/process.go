package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"google.golang.org/grpc"

	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Server answers on a listener until it is drained. Serve returns nil then.
type Server interface {
	Serve(lis net.Listener) error
	Drain(ctx context.Context) error
}

// Process is a server process while it is put together.
type Process struct {
	// Logger holds back what is below a warning until nothing can refuse the start any more.
	Logger *slog.Logger
	// Telemetry has the providers of traces and metrics.
	Telemetry *obs.Telemetry
	// Access says who calls.
	Access *Access

	o       Options
	scheme  string
	server  Server
	work    func(context.Context) error
	ready   func(context.Context) error
	onReady func()
	undo    []func() error
	failed  chan error
}

// AtEnd has something undone when the process ends: the newest first, after the server has been drained.
func (p *Process) AtEnd(undo func() error) { p.undo = append(p.undo, undo) }

// Dial returns a connection to another service that lasts as long as the process. services are the full names of the
// services behind target.
func (p *Process) Dial(target string, services ...string) (*grpc.ClientConn, error) {
	return p.DialPeer(Peer{Target: target}, services...)
}

// Work has work done in the background from the moment at which the listeners are open until the server has been
// drained. The process ends when it fails.
func (p *Process) Work(work func(context.Context) error) { p.work = work }

// ReadyWhen holds the ready line back until ready returns nil.
func (p *Process) ReadyWhen(ready func(context.Context) error) { p.ready = ready }

// Serve names the server; scheme is its name in the ready line.
func (p *Process) Serve(scheme string, server Server) { p.scheme, p.server = scheme, server }

// ServeGRPC makes the server a gRPC server with the service that register registers. domain is that of the service's
// own error reasons.
func (p *Process) ServeGRPC(domain string, register func(grpc.ServiceRegistrar)) error {
	secured, err := p.Access.ServerOptions()
	if err != nil {
		return err
	}
	srv, err := rpc.NewServer(rpc.Options{
		Domain: domain, Logger: p.Logger, DrainGrace: p.o.DrainGrace,
		TracerProvider: p.Telemetry.TracerProvider, MeterProvider: p.Telemetry.MeterProvider,
		Authenticate: p.Access.Authenticate, ServerOptions: secured,
	})
	if err != nil {
		return err
	}
	register(srv)
	p.onReady = func() { srv.SetReady(true) }
	p.Serve("grpc", cutting{srv, p.Logger})
	return nil
}

// cutting is a server that may cut calls off when it is drained: a caller that does not let go is for the log, and no
// failure of the shutdown.
type cutting struct {
	*rpc.Server
	log *slog.Logger
}

func (c cutting) Drain(ctx context.Context) error {
	if err := c.Server.Drain(ctx); err != nil {
		c.log.WarnContext(ctx, "shutdown", "error", err)
	}
	return nil
}

// run serves in the background.
func (p *Process) run(serve func() error) {
	go func() {
		if err := serve(); err != nil {
			p.fail(err)
		}
	}()
}

// fail reports what ends the process; one reason is enough.
func (p *Process) fail(err error) {
	select {
	case p.failed <- err:
	default:
	}
}

func (p *Process) end() error {
	var errs []error
	for i := len(p.undo) - 1; i >= 0; i-- {
		errs = append(errs, p.undo[i]())
	}
	return errors.Join(errs...)
}
