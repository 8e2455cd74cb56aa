package interactionlog

import (
	"context"
	"io"
	"time"

	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/daemon"
)

// Flags are the command line of interactionlogd: the interaction log as a process of its own.
type Flags struct {
	daemon.GRPCFlags
	daemon.StoreFlags
	Shards       int           `help:"Number of shards of a new store, 1 to 4096; 0 is 64. A store that exists keeps its own."`
	SlowConsumer time.Duration `help:"How long the reader of a stream may take over one message before it is dropped." default:"30s"`
}

const daemonName = "interactionlogd"

// App returns the command line that fills f, for parsing it and for the documentation.
func App(f *Flags) conf.App {
	words := daemon.Words{Listen: "127.0.0.1:9091", Memory: "forgets everything at the end"}
	return conf.App{Name: daemonName, Description: "Serves the interaction log.", Config: f, Vars: words.Vars()}
}

// Run serves until ctx ends. It prints one line when it is ready.
func (f *Flags) Run(ctx context.Context, stdout, stderr io.Writer) error {
	return daemon.Run(ctx, f.Options(daemonName), f.build, stdout, stderr)
}

func (f *Flags) build(ctx context.Context, p *daemon.Process) error {
	service, err := New(ctx, Config{
		Store: f.Store, Dir: f.Data, Shards: f.Shards, MaxSize: f.MaxStoreBytes, SlowConsumer: f.SlowConsumer,
	}, Deps{Logger: p.Logger, MeterProvider: p.Telemetry.MeterProvider})
	if err != nil {
		return err
	}
	p.AtEnd(service.Close)
	return p.ServeGRPC(Domain, service.Register)
}
