package contextservice

import (
	"context"
	"io"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/daemon"
)

// Flags are the command line of contextd: the context service as a process of its own.
type Flags struct {
	daemon.GRPCFlags
	daemon.StoreFlags
	CacheBytes       int64          `help:"Most bytes of customers in memory, roughly." default:"134217728"`
	LogTarget        string         `help:"Address of the interaction log." default:"127.0.0.1:9091"`
	LogKeyFile       string         `help:"File with the API key for the interaction log: of the role service, for all tenants." placeholder:"FILE" type:"path"`
	LogTLS           daemon.DialTLS `embed:"" prefix:"log-tls-"`
	HandoffKeyFile   string         `help:"File with the key for tokens of handoffs: 32 random bytes in hexadecimal or base64, readable by its owner only. Give all replicas the same. One is made in the data folder when none is named." placeholder:"FILE" type:"path"`
	SlowConsumer     time.Duration  `help:"How long the reader of a stream may take over one message before it is dropped." default:"30s"`
	MaxWatches       int            `help:"Most watches that may be open." default:"20000"`
	MaxTenantWatches int            `help:"Most watches that one tenant may have open, once callers have credentials; 0 is half of all."`
}

const daemonName = "contextd"

// App returns the command line that fills f, for parsing it and for the documentation.
func App(f *Flags) conf.App {
	words := daemon.Words{
		Listen: "127.0.0.1:9092",
		Data:   "The store in it can be deleted: it is built again from the log. The key of handoffs' tokens cannot.",
		Memory: "reads the whole log at each start",
	}
	return conf.App{Name: daemonName, Description: "Serves the one context of each customer.", Config: f, Vars: words.Vars()}
}

// Run serves until ctx ends. It prints one line when the view of the log is whole. What it follows of the log after
// the last call is applied and saved, too.
func (f *Flags) Run(ctx context.Context, stdout, stderr io.Writer) error {
	return daemon.Run(ctx, f.Options(daemonName), f.build, stdout, stderr)
}

func (f *Flags) build(_ context.Context, p *daemon.Process) error {
	conn, err := p.DialPeer(daemon.Peer{Target: f.LogTarget, TLS: f.LogTLS, KeyFile: f.LogKeyFile}, logv1.InteractionLogService_ServiceDesc.ServiceName)
	if err != nil {
		return err
	}
	cfg := Config{
		CacheBytes: f.CacheBytes, MaxStoreBytes: f.MaxStoreBytes, HandoffKeyFile: f.HandoffKeyFile,
		SlowConsumer: f.SlowConsumer, MaxWatches: f.MaxWatches, MaxTenantWatches: f.MaxTenantWatches,
	}
	if f.Store == "bolt" {
		cfg.DataDir = f.Data
	}
	service, err := New(cfg, Deps{
		Log: logv1.NewInteractionLogServiceClient(conn), Logger: p.Logger, Meter: p.Telemetry.MeterProvider,
	})
	if err != nil {
		return err
	}
	p.AtEnd(service.Close)
	p.Work(service.Run)
	p.ReadyWhen(service.Ready)
	return p.ServeGRPC(Domain, service.Register)
}
