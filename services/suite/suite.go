// Package suite runs every service in one process: the interaction log, the context service and the gateway, over
// in-memory connections with the interceptors that they have as processes of their own, never by direct calls. One
// gRPC listener serves both services, one HTTP listener the REST API.
package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/throughline-cx/throughline/services/gateway"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/daemon"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/suite/internal/build"
)

// finishTime bounds what comes after the drain: stopping the follower, closing the stores.
const finishTime = 15 * time.Second

// Suite is a running suite.
type Suite struct {
	cfg       Config
	logger    *slog.Logger
	telemetry *obs.Telemetry
	access    *daemon.Access
	inside    *auth.Inside
	stack     stack
	failed    chan error

	grpcListener, httpListener net.Listener
}

// Run makes this process the suite's: it starts the suite, prints one line to out when it is ready, and serves until ctx ends; then it lets running calls
// finish and closes the stores. Logs go to errOut.
func Run(ctx context.Context, cfg Config, out, errOut io.Writer) error {
	daemon.Tune()
	s, err := Start(ctx, cfg, errOut)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // told to stop while starting, and did
	}
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "throughline ready: grpc=%s http=%s data=%s\n", s.GRPCAddr(), s.HTTPAddr(), cfg.Data)
	var failure error
	select {
	case failure = <-s.failed:
	case <-ctx.Done():
		s.logger.InfoContext(ctx, "stopping")
	}
	failure = errors.Join(failure, s.Stop(ctx))
	if failure == nil {
		s.logger.InfoContext(ctx, "stopped")
	}
	return failure
}

// Start starts the suite and returns when it is ready. What it has begun when it fails, it undoes.
func Start(ctx context.Context, cfg Config, logs io.Writer) (*Suite, error) {
	logger, err := obs.NewLogger(cfg.LogOptions(logs))
	if err != nil {
		return nil, err
	}
	quiet, loud := daemon.Quiet(logger)
	s := &Suite{cfg: cfg, logger: quiet, inside: auth.NewInside(), failed: make(chan error, 1)}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(ctx))
	}
	loud()
	if !s.access.Configured() {
		s.logger.InfoContext(ctx, "no credentials are configured: everybody on this machine is the tenant default, with all roles")
	}
	s.logger.InfoContext(ctx, "the suite is ready", "grpc", s.GRPCAddr(), "http", s.HTTPAddr(), "data", cfg.Data,
		"version", build.Get().Version)
	return s, nil
}

// start starts everything in the order in which one needs the other. The stores come before the listeners, so that a
// second suite on the same folder is told about the folder and not about a port.
func (s *Suite) start(ctx context.Context) (err error) {
	if s.access, err = s.cfg.Open(s.cfg.keysFile(), s.logger); err != nil {
		return err
	}
	s.stack.push(closing(s.access.Close))
	if err := s.access.CheckListen(s.logger, s.cfg.GRPCListen, s.cfg.HTTPListen); err != nil {
		return err
	}
	if s.telemetry, err = obs.StartTelemetry(ctx, s.cfg.TelemetryOptions("throughline", build.Get().Version)); err != nil {
		return err
	}
	s.stack.push(s.telemetry.Shutdown)
	if err := makeFolder(s.cfg.Data, s.logger); err != nil {
		return err
	}
	log, err := s.startLog(ctx)
	if err != nil {
		return err
	}
	customers, err := s.startContext(ctx, log)
	if err != nil {
		return err
	}
	edge, err := gateway.New(ctx, gateway.Options{
		Log: log.conn, Context: customers.conn, Logger: s.logger, Telemetry: s.telemetry, Timeout: s.cfg.CallTimeout,
		Guarded: s.access.Configured(),
	})
	if err != nil {
		return err
	}
	secured, err := s.access.ServerOptions()
	if err != nil {
		return err
	}
	api, err := s.newServer("", s.access.Authenticate, secured...)
	if err != nil {
		return err
	}
	s.stack.push(func(context.Context) error { api.Stop(); return nil })
	for _, n := range []*node{log, customers} {
		n.service.Register(registrar{ServiceRegistrar: api, domain: n.domain})
	}
	if s.grpcListener, err = listen(ctx, s.cfg.GRPCListen, "--grpc-listen"); err != nil {
		return err
	}
	s.stack.push(closing(closed(s.grpcListener)))
	if s.httpListener, err = listen(ctx, s.cfg.HTTPListen, "--http-listen"); err != nil {
		return err
	}
	s.stack.push(closing(closed(s.httpListener)))
	if s.httpListener, err = s.access.Secure(s.httpListener); err != nil {
		return err
	}
	if err := s.waitReady(ctx, log, customers); err != nil {
		return err
	}
	s.open(api, edge)
	return nil
}

// open lets callers in.
func (s *Suite) open(api *rpc.Server, edge *gateway.Gateway) {
	ended := []<-chan struct{}{
		s.run("gRPC", func() error { return api.Serve(s.grpcListener) }),
		s.run("HTTP", func() error { return edge.Serve(s.httpListener) }),
	}
	s.stack.push(func(ctx context.Context) error {
		s.drainEdges(ctx, api, edge)
		for _, e := range ended {
			<-e
		}
		return nil
	})
	api.SetReady(true)
}

// drainEdges stops accepting, ends open streams, and waits for running calls. Calls that had to be cut off are for the
// log: they are no reason to call the shutdown a failure.
func (s *Suite) drainEdges(ctx context.Context, api *rpc.Server, edge *gateway.Gateway) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.DrainTimeout)
	defer cancel()
	var wg sync.WaitGroup
	for name, drain := range map[string]func(context.Context) error{"gRPC": api.Drain, "HTTP": edge.Drain} {
		wg.Go(func() {
			if err := drain(ctx); err != nil {
				s.logger.WarnContext(ctx, "calls were cut off", "server", name, "error", err.Error())
			}
		})
	}
	wg.Wait()
}

// run serves in the background and returns a channel that is closed at the end. A server that fails ends the suite.
func (s *Suite) run(name string, serve func() error) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := serve(); err != nil {
			s.fail(fmt.Errorf("%s: %w", name, err))
		}
	}()
	return ended
}

// fail reports what ends the suite; one reason is enough.
func (s *Suite) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// GRPCAddr returns the address of the gRPC API.
func (s *Suite) GRPCAddr() string { return s.grpcListener.Addr().String() }

// HTTPAddr returns the address of the REST API.
func (s *Suite) HTTPAddr() string { return s.httpListener.Addr().String() }

// Failed returns a channel that gives the failure of a server, after which the suite is of no use but to be stopped.
func (s *Suite) Failed() <-chan error { return s.failed }

// Stop lets running calls finish and closes the stores, in the reverse order of starting. The end of ctx does not cut
// it short.
func (s *Suite) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.DrainTimeout+finishTime)
	defer cancel()
	return s.stack.unwind(ctx)
}
