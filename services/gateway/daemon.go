package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Flags are the command line of gatewayd: the gateway as a process of its own.
type Flags struct {
	conf.Base
	HTTPListen    string        `name:"http-listen" help:"Address of the REST API; loopback only, until credentials exist." default:"127.0.0.1:8080" placeholder:"ADDR"`
	LogTarget     string        `help:"gRPC address of the interaction log." default:"127.0.0.1:9091" placeholder:"ADDR"`
	ContextTarget string        `help:"gRPC address of the context service." default:"127.0.0.1:9092" placeholder:"ADDR"`
	CallTimeout   time.Duration `help:"How long a call may take when the caller does not say." default:"10s"`
	DrainTimeout  time.Duration `help:"How long running requests may take to end after SIGTERM." default:"10s"`
	conf.Log
	conf.Telemetry
}

// App describes the command line that fills f, for parsing it and for the documentation.
func App(f *Flags) conf.App {
	return conf.App{
		Name:        "gatewayd",
		Description: "Throughline's REST edge: the gRPC API of the services as JSON over HTTP.",
		Config:      f,
	}
}

// Run serves until ctx ends, and then lets running requests finish. It prints one line to out when it is ready to take
// requests; logs go to errOut.
func (f *Flags) Run(ctx context.Context, out, errOut io.Writer) (err error) {
	if err := auth.CheckLoopback(f.HTTPListen); err != nil {
		return err
	}
	logger, err := obs.NewLogger(f.LogOptions(errOut))
	if err != nil {
		return err
	}
	telemetry, err := obs.StartTelemetry(ctx, f.TelemetryOptions("throughline-gateway", version()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, telemetry.Shutdown(ctx)) }()
	log, err := dial(f.LogTarget, telemetry, interactionlogv1.InteractionLogService_ServiceDesc.ServiceName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	customers, err := dial(f.ContextTarget, telemetry, contextv1.ContextService_ServiceDesc.ServiceName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, customers.Close()) }()
	g, err := New(ctx, Options{Log: log, Context: customers, Logger: logger, Telemetry: telemetry, Timeout: f.CallTimeout})
	if err != nil {
		return err
	}
	lis, err := net.Listen("tcp", f.HTTPListen)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "gatewayd ready: http=%s\n", lis.Addr())
	return g.serveUntil(ctx, lis, f.DrainTimeout)
}

// version is what the Go tool chain noted about this build.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		return b.Main.Version
	}
	return ""
}

func dial(addr string, t *obs.Telemetry, service string) (*grpc.ClientConn, error) {
	return rpc.Dial(addr, rpc.DialOptions{Services: []string{service}, TracerProvider: t.TracerProvider})
}

// serveUntil serves until ctx ends or serving fails, and drains.
func (g *Gateway) serveUntil(ctx context.Context, lis net.Listener, grace time.Duration) error {
	served := make(chan error, 1)
	go func() { served <- g.Serve(lis) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	drainCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return errors.Join(g.Drain(drainCtx), <-served)
}
