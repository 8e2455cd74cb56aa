package suite

import (
	"path/filepath"
	"time"

	contextservice "github.com/throughline-cx/throughline/services/context"
	interactionlog "github.com/throughline-cx/throughline/services/interaction-log"
	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/daemon"
)

// Config has the options of the suite, as flags of `throughline serve`.
type Config struct {
	Data             string        `help:"Folder of the stores; made when there is none." default:"./data" placeholder:"DIR"`
	GRPCListen       string        `name:"grpc-listen" help:"Address of the gRPC API. Without credentials it has to be a loopback address. Port 0 takes a free one." default:"127.0.0.1:9090" placeholder:"ADDR"`
	HTTPListen       string        `name:"http-listen" help:"Address of the REST API. Without credentials it has to be a loopback address. Port 0 takes a free one." default:"127.0.0.1:8080" placeholder:"ADDR"`
	CallTimeout      time.Duration `help:"How long a call may take when the caller does not say." default:"10s"`
	DrainTimeout     time.Duration `help:"How long running calls may take to end after SIGTERM." default:"10s"`
	SlowConsumer     time.Duration `help:"How long the reader of a stream may take over one message before it is dropped." default:"30s"`
	MaxWatches       int           `help:"Most watches of contexts that may be open." default:"20000"`
	MaxTenantWatches int           `help:"Most watches of contexts that one tenant may have open, once callers have credentials; 0 is half of all."`
	Shards           int           `help:"Number of shards of a new interaction log, 1 to 4096; 0 is 64. One that exists keeps its own."`
	MaxStoreBytes    int           `help:"Most bytes that each store's file may have; 0 is no bound. Writes that do not fit are refused, reads go on."`
	CacheBytes       int64         `help:"Memory for customers' contexts; 0 is 128 MiB. Others are read from the store."`
	daemon.CredentialFlags

	HandoffKeyFile string `help:"File with the key for tokens of handoffs: 32 random bytes in hexadecimal or base64, readable by its owner only. One is made in the data folder when none is named." placeholder:"FILE" type:"path"`

	conf.Log
	conf.Telemetry
}

// keysFile is the file of API keys that is followed when none is named: whoever makes one closes the suite.
func (c *Config) keysFile() string { return filepath.Join(filepath.Clean(c.Data), apikey.FileName) }

func (c *Config) logConfig() interactionlog.Config {
	return interactionlog.Config{
		Dir: filepath.Clean(c.Data), Shards: c.Shards, MaxSize: c.MaxStoreBytes, SlowConsumer: c.SlowConsumer,
	}
}

func (c *Config) contextConfig() contextservice.Config {
	return contextservice.Config{
		DataDir: filepath.Clean(c.Data), CacheBytes: c.CacheBytes, MaxStoreBytes: c.MaxStoreBytes,
		HandoffKeyFile: c.HandoffKeyFile, SlowConsumer: c.SlowConsumer,
		MaxWatches: c.MaxWatches, MaxTenantWatches: c.MaxTenantWatches,
	}
}
