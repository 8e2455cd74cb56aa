package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	interactionlog "github.com/throughline-cx/throughline/services/interaction-log"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// config is the command line.
type config struct {
	conf.Base
	conf.Log
	conf.Telemetry
	Data          string        `help:"Folder of the store; it is made when it does not exist." default:"./data" type:"path"`
	Store         string        `help:"Kind of store: bolt keeps one file in the data folder, memory forgets everything at the end." default:"bolt" enum:"bolt,memory"`
	Shards        int           `help:"Number of shards of a new store, 1 to 4096; 0 is 64. A store that exists keeps its own."`
	MaxStoreBytes int           `help:"Most bytes that the store's file may have; 0 is no bound."`
	Listen        string        `help:"Address for gRPC. Without credentials it has to be a loopback address." default:"127.0.0.1:9091"`
	MetricsListen string        `help:"Address for Prometheus metrics (GET /metrics); none when empty." placeholder:"ADDR"`
	SlowConsumer  time.Duration `help:"How long the reader of a stream may take over one message before it is dropped." default:"30s"`
	DrainGrace    time.Duration `help:"How long a shutdown waits for running calls." default:"10s"`
}

// finish bounds what comes after the drain.
const finish = 5 * time.Second

// run serves until ctx ends. It prints one line when it is ready.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	var cfg config
	app := conf.App{Name: "interactionlogd", Description: "Serves the interaction log.", Config: &cfg, Out: stdout}
	if _, err := app.Parse(args); err != nil {
		return err
	}
	log, err := obs.NewLogger(cfg.LogOptions(stderr))
	if err != nil {
		return err
	}
	if err := cfg.check(); err != nil {
		return err
	}
	tel, err := obs.StartTelemetry(ctx, cfg.TelemetryOptions("interactionlogd", version()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, afterwards(ctx, tel.Shutdown)) }()
	service, err := interactionlog.New(ctx, interactionlog.Config{
		Store: cfg.Store, Dir: cfg.Data, Shards: cfg.Shards, MaxSize: cfg.MaxStoreBytes, SlowConsumer: cfg.SlowConsumer,
	}, interactionlog.Deps{Logger: log, MeterProvider: tel.MeterProvider})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	srv, err := rpc.NewServer(rpc.Options{
		Domain: interactionlog.Domain, Logger: log, TracerProvider: tel.TracerProvider, MeterProvider: tel.MeterProvider,
		DrainGrace: cfg.DrainGrace,
	})
	if err != nil {
		return err
	}
	defer srv.Stop() // after the drain there is nothing left to stop
	service.Register(srv)
	return serve(ctx, &cfg, srv, tel.Metrics, stdout, log)
}

// check refuses addresses that other machines can reach.
func (c *config) check() error {
	if err := auth.CheckLoopback(c.Listen); err != nil {
		return err
	}
	if c.MetricsListen != "" {
		return auth.CheckLoopback(c.MetricsListen)
	}
	return nil
}

// serve answers calls until ctx ends, then drains.
func serve(ctx context.Context, cfg *config, srv *rpc.Server, metrics http.Handler, stdout io.Writer, log *slog.Logger) error {
	lis, err := listen(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	ready := "interactionlogd ready: grpc=" + lis.Addr().String()
	stopMetrics := func(context.Context) error { return nil }
	if cfg.MetricsListen != "" {
		var at net.Addr
		if at, stopMetrics, err = serveMetrics(ctx, cfg.MetricsListen, metrics, ended); err != nil {
			return errors.Join(err, lis.Close())
		}
		ready += " metrics=" + at.String()
	}
	go func() { ended <- srv.Serve(lis) }()
	srv.SetReady(true)
	_, _ = fmt.Fprintln(stdout, ready)
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-ended:
	}
	// A caller that does not let go is cut off in the end; that is no failure of the shutdown.
	if err := srv.Drain(context.WithoutCancel(ctx)); err != nil {
		log.WarnContext(ctx, "shutdown", "error", err)
	}
	return errors.Join(failed, afterwards(ctx, stopMetrics))
}

func serveMetrics(ctx context.Context, addr string, metrics http.Handler, ended chan<- error) (net.Addr, func(context.Context) error, error) {
	lis, err := listen(ctx, addr)
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: finish}
	go func() {
		if err := web.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
			ended <- err
		}
	}()
	return lis.Addr(), web.Shutdown, nil
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

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}

// oneLine returns an error as one line for an operator.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
