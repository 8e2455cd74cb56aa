package gateway

import (
	"context"
	"io"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/daemon"
)

const daemonName = "gatewayd"

// Flags are the command line of gatewayd: the gateway as a process of its own.
type Flags struct {
	conf.Base
	HTTPListen    string         `name:"http-listen" help:"Address of the REST API. Other than loopback addresses need --guarded." default:"127.0.0.1:8080" placeholder:"ADDR"`
	LogTarget     string         `help:"gRPC address of the interaction log." default:"127.0.0.1:9091" placeholder:"ADDR"`
	ContextTarget string         `help:"gRPC address of the context service." default:"127.0.0.1:9092" placeholder:"ADDR"`
	Guarded       bool           `help:"Pass calls on only to services that ask every caller for a credential. Callers of the gateway may then be on other machines."`
	LogTLS        daemon.DialTLS `embed:"" prefix:"log-tls-"`
	ContextTLS    daemon.DialTLS `embed:"" prefix:"context-tls-"`
	CallTimeout   time.Duration  `help:"How long a call may take when the caller does not say." default:"10s"`
	DrainTimeout  time.Duration  `help:"How long running requests may take to end after SIGTERM." default:"10s"`
	daemon.TLSFlags
	conf.Log
	conf.Telemetry
}

// App describes the command line that fills f, for parsing it and for the documentation.
func App(f *Flags) conf.App {
	return conf.App{
		Name:        daemonName,
		Description: "Throughline's REST edge: the gRPC API of the services as JSON over HTTP.",
		Config:      f,
	}
}

// Run serves until ctx ends, and then lets running requests finish. It prints one line to out when it is ready to take
// requests; logs go to errOut.
func (f *Flags) Run(ctx context.Context, out, errOut io.Writer) error {
	o := daemon.Options{
		Name: daemonName, Service: "throughline-gateway", Listen: f.HTTPListen, Log: f.Log, Telemetry: f.Telemetry,
		Credentials: daemon.CredentialFlags{TLSFlags: f.TLSFlags}, GuardedBehind: f.Guarded,
	}
	return daemon.Run(ctx, o, f.build, out, errOut)
}

func (f *Flags) build(ctx context.Context, p *daemon.Process) error {
	log, err := p.DialPeer(daemon.Peer{Target: f.LogTarget, TLS: f.LogTLS}, interactionlogv1.InteractionLogService_ServiceDesc.ServiceName)
	if err != nil {
		return err
	}
	customers, err := p.DialPeer(daemon.Peer{Target: f.ContextTarget, TLS: f.ContextTLS}, contextv1.ContextService_ServiceDesc.ServiceName)
	if err != nil {
		return err
	}
	g, err := New(ctx, Options{
		Log: log, Context: customers, Logger: p.Logger, Telemetry: p.Telemetry, Timeout: f.CallTimeout, Guarded: f.Guarded,
	})
	if err != nil {
		return err
	}
	p.Serve("http", hasty{g, f.DrainTimeout})
	return nil
}

// hasty is a gateway that waits only so long for running requests.
type hasty struct {
	*Gateway
	grace time.Duration
}

func (h hasty) Drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.grace)
	defer cancel()
	return h.Gateway.Drain(ctx)
}
