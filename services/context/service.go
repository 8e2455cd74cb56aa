// Package contextservice is the context service: the one customer context that all channels share. New puts it together;
// the parts are in internal: server (the RPCs), projector (the view of the log), domain (the rules), store.
package contextservice

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/context/internal/store/boltstore"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
)

const (
	// Domain is the ErrorInfo domain of the service's own error reasons.
	Domain = server.Domain
	// StoreFile is the name of the store's file in the data folder.
	StoreFile = "context.db"
)

// Config says how a service works. The zero value of each field means its default.
type Config struct {
	// DataDir is the folder of the store. Without one the view is in memory only, and built again at each start.
	DataDir string
	// HandoffKeyFile has the key that handoffs' tokens are made with; default HandoffKeyFile in DataDir, made when there is
	// none. Processes that serve the same customers need the same one. Without a file and DataDir each process makes its own.
	HandoffKeyFile string
	// CacheBytes bounds the customers in memory; default 128 MiB.
	CacheBytes int64
	// MaxStoreBytes bounds the store's file; 0 means no bound.
	MaxStoreBytes int
	// SaveEvery is how long changes may wait to be saved; default 200 ms.
	SaveEvery time.Duration
	// PollEvery is how often the log is asked how far it is; default 1 s.
	PollEvery time.Duration
	// ReadyWait is how long a call that needs the whole view waits for it after a start; default 5 s.
	ReadyWait time.Duration
	// SlowConsumer is how long the reader of a stream may take over one message before it is dropped; default 30 s.
	SlowConsumer time.Duration
	// MaxWatches bounds the open watches; default 20,000.
	MaxWatches int
	// MaxTenantWatches bounds those of one tenant; default half of MaxWatches. Without credentials it does not apply.
	MaxTenantWatches int
}

// Deps are what a service works with.
type Deps struct {
	// Log is the interaction log. Required.
	Log logv1.InteractionLogServiceClient
	// Logger is for what operators should know; default slog.Default().
	Logger *slog.Logger
	// Meter takes the service's own metrics; nil means none.
	Meter metric.MeterProvider
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Rand makes ids; default crypto/rand.
	Rand io.Reader
}

// Service is the context service.
type Service struct {
	store  domain.Store
	view   *projector.Projector
	server *server.Server
}

// New opens the store and puts a service together. It does nothing before Run. Close it.
func New(cfg Config, deps Deps) (*Service, error) {
	if deps.Log == nil {
		return nil, errors.New("contextservice: the interaction log's client is missing")
	}
	if deps.Logger == nil {
		deps.Logger = slog.Default()
	}
	if deps.Rand == nil {
		deps.Rand = rand.Reader
	}
	store, err := openStore(cfg, deps.Logger)
	if err != nil {
		return nil, err
	}
	key, err := handoffKey(cfg, deps.Rand)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	view, err := projector.New(projector.Options{
		Log:        deps.Log,
		Tenants:    []string{auth.DefaultTenant},
		Store:      store,
		Logger:     deps.Logger,
		Meter:      deps.Meter,
		Now:        deps.Now,
		CacheBytes: cfg.CacheBytes,
		SaveEvery:  cfg.SaveEvery,
		PollEvery:  cfg.PollEvery,
		ReadyWait:  cfg.ReadyWait,
		OnDue:      server.ExpireDue,
	})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &Service{store: store, view: view, server: server.New(server.Options{
		View: view, HandoffKey: key, Rand: deps.Rand, SlowConsumer: cfg.SlowConsumer,
		MaxWatches: cfg.MaxWatches, MaxTenantWatches: cfg.MaxTenantWatches,
		Logger: deps.Logger,
	})}, nil
}

func openStore(cfg Config, log *slog.Logger) (domain.Store, error) {
	if cfg.DataDir == "" {
		return memstore.New(), nil
	}
	return boltstore.Open(filepath.Join(cfg.DataDir, StoreFile), boltstore.Options{Logger: log, MaxSize: cfg.MaxStoreBytes})
}

// Register registers the service's RPCs.
func (s *Service) Register(r grpc.ServiceRegistrar) {
	contextv1.RegisterContextServiceServer(r, s.server)
}

// Run follows the interaction log until the context ends, and saves what it has before it returns.
func (s *Service) Run(ctx context.Context) error { return s.view.Run(ctx) }

// Ready returns nil once the service has read everything that the log held when Run began, and otherwise a fault that
// says what it waits for.
func (s *Service) Ready(context.Context) error { return s.view.Ready() }

// Close closes the store. End Run first.
func (s *Service) Close() error { return s.store.Close() }
