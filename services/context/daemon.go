package contextservice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Flags are the command line of contextd: the context service as a process of its own.
type Flags struct {
	conf.Base
	conf.Log
	conf.Telemetry
	Data          string        `help:"Folder of the store; it is made when it does not exist. Deleting it loses nothing: it is built again from the log." default:"./data" type:"path"`
	Store         string        `help:"Kind of store: bolt keeps one file in the data folder, memory reads the whole log at each start." default:"bolt" enum:"bolt,memory"`
	MaxStoreBytes int           `help:"Most bytes that the store's file may have; 0 is no bound."`
	CacheBytes    int64         `help:"Most bytes of customers in memory, roughly." default:"134217728"`
	Listen        string        `help:"Address for gRPC. Without credentials it has to be a loopback address." default:"127.0.0.1:9092"`
	LogTarget     string        `help:"Address of the interaction log." default:"127.0.0.1:9091"`
	MetricsListen string        `help:"Address for Prometheus metrics (GET /metrics); none when empty." placeholder:"ADDR"`
	DrainGrace    time.Duration `help:"How long a shutdown waits for running calls." default:"10s"`
}

const (
	daemonName = "contextd"
	// finish bounds what comes after the drain.
	finish = 5 * time.Second
	// readyPoll is how often a starting daemon looks whether it is ready.
	readyPoll = 20 * time.Millisecond
)

// App returns the command line that fills f, for parsing it and for the documentation.
func App(f *Flags) conf.App {
	return conf.App{Name: daemonName, Description: "Serves the one context of each customer.", Config: f}
}

// Run serves until ctx ends. It prints one line when the view of the log is whole.
func (f *Flags) Run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	log, err := obs.NewLogger(f.LogOptions(stderr))
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	tel, err := obs.StartTelemetry(ctx, f.TelemetryOptions(daemonName, ""))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, afterwards(ctx, tel.Shutdown)) }()
	conn, err := rpc.Dial(f.LogTarget, rpc.DialOptions{
		Services: []string{logv1.InteractionLogService_ServiceDesc.ServiceName}, TracerProvider: tel.TracerProvider,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	service, err := New(f.serviceConfig(), Deps{
		Log: logv1.NewInteractionLogServiceClient(conn), Logger: log, Meter: tel.MeterProvider,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	srv, err := rpc.NewServer(rpc.Options{
		Domain: Domain, Logger: log, TracerProvider: tel.TracerProvider, MeterProvider: tel.MeterProvider, DrainGrace: f.DrainGrace,
	})
	if err != nil {
		return err
	}
	service.Register(srv)
	return f.serve(ctx, service, srv, tel.Metrics, stdout, log)
}

func (f *Flags) serviceConfig() Config {
	cfg := Config{CacheBytes: f.CacheBytes, MaxStoreBytes: f.MaxStoreBytes}
	if f.Store == "bolt" {
		cfg.DataDir = f.Data
	}
	return cfg
}

// check refuses addresses that other machines can reach.
func (f *Flags) check() error {
	if err := auth.CheckLoopback(f.Listen); err != nil {
		return err
	}
	if f.MetricsListen != "" {
		return auth.CheckLoopback(f.MetricsListen)
	}
	return nil
}

// serve follows the log and answers calls until ctx ends; then it drains, and only then stops following, so that the
// last writes are applied and saved, too.
func (f *Flags) serve(ctx context.Context, service *Service, srv *rpc.Server, metrics http.Handler, stdout io.Writer, log *slog.Logger) error {
	lis, err := listen(ctx, f.Listen)
	if err != nil {
		return err
	}
	ended := make(chan error, 3)
	stopMetrics, err := serveMetrics(ctx, f.MetricsListen, metrics, ended)
	if err != nil {
		return errors.Join(err, lis.Close())
	}
	following, stopFollowing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFollowing()
	var follower sync.WaitGroup
	follower.Go(func() {
		if err := service.Run(following); err != nil {
			ended <- err
		}
	})
	go func() { ended <- srv.Serve(lis) }()

	failed := f.wait(ctx, service, srv, ended, func() {
		_, _ = fmt.Fprintf(stdout, "%s ready: grpc=%s\n", daemonName, lis.Addr())
	})
	// A caller that does not let go is cut off in the end; that is no failure of the shutdown.
	if err := srv.Drain(context.WithoutCancel(ctx)); err != nil {
		log.WarnContext(ctx, "shutdown", "error", err)
	}
	stopFollowing()
	follower.Wait()
	return errors.Join(failed, afterwards(ctx, stopMetrics))
}

// wait returns when ctx ends or something fails, and reports once that the service has become ready.
func (f *Flags) wait(ctx context.Context, service *Service, srv *rpc.Server, ended <-chan error, report func()) error {
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			return err
		case <-poll.C:
			if service.Ready(ctx) == nil {
				srv.SetReady(true)
				report()
				poll.Stop()
			}
		}
	}
}

func serveMetrics(ctx context.Context, addr string, metrics http.Handler, ended chan<- error) (func(context.Context) error, error) {
	if addr == "" {
		return func(context.Context) error { return nil }, nil
	}
	lis, err := listen(ctx, addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: finish}
	go func() {
		if err := web.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
			ended <- err
		}
	}()
	return web.Shutdown, nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fault.New(fault.Precondition, fault.ConfigInvalid, "cannot listen on %s: %w", addr, err)
	}
	return lis, nil
}

// afterwards runs a shutdown step with a deadline of its own, since ctx has ended.
func afterwards(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finish)
	defer cancel()
	return step(ctx)
}
