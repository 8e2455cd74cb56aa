// Package interactionlog is the composition root of the interaction log: it puts store, log and server together. The
// daemon and the suite use it, and nothing else does.
package interactionlog

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Domain is the ErrorInfo domain of the service's own reasons; give it to the rpc server.
const Domain = server.Domain

// Deps are what a Service is given besides its configuration.
type Deps struct {
	// Logger takes what operators should know; slog.Default() when nil.
	Logger *slog.Logger
	// MeterProvider takes the writer's figures; nil means none.
	MeterProvider metric.MeterProvider
}

// Service is one interaction log.
type Service struct {
	store  domain.Store
	log    *domain.Log
	server *server.Server
	meter  metric.Registration
	close  func() error
}

// New opens the store and starts the log. What is wrong with the configuration or the store is a fault whose message
// says on one line what to do.
func New(ctx context.Context, cfg Config, deps Deps) (*Service, error) {
	if deps.Logger == nil {
		deps.Logger = slog.Default()
	}
	store, err := cfg.open()
	if err != nil {
		return nil, err
	}
	log, err := domain.NewLog(ctx, store, domain.Options{Clock: cfg.Clock, WipeFailed: func(err error) {
		deps.Logger.Error("what a history said that was erased is not yet overwritten; it is hidden, and the next start goes on", "error", err)
	}})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	s := &Service{
		store:  store,
		log:    log,
		server: server.New(log, server.Options{Clock: cfg.Clock, SlowConsumer: cfg.SlowConsumer}),
	}
	s.close = sync.OnceValue(s.shut)
	if deps.MeterProvider != nil {
		if s.meter, err = observe(deps.MeterProvider, log); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	deps.Logger.InfoContext(ctx, "interaction log opened", "store", cfg.kind(), "shards", len(log.Heads()))
	return s, nil
}

// Register registers the service with a gRPC server.
func (s *Service) Register(r grpc.ServiceRegistrar) {
	interactionlogv1.RegisterInteractionLogServiceServer(r, s.server)
}

// Ready returns nil when the store answers.
func (s *Service) Ready(ctx context.Context) error {
	if _, err := s.store.Heads(ctx); err != nil {
		return fault.New(fault.Unavailable, fault.ServiceUnavailable, "the store of the interaction log does not answer: %w", err)
	}
	return nil
}

// Close stores what is queued, ends all followers and closes the store. Drain the server first. It may be called more
// than once.
func (s *Service) Close() error { return s.close() }

func (s *Service) shut() error {
	var err error
	if s.meter != nil {
		err = s.meter.Unregister()
	}
	s.log.Close()
	return errors.Join(err, s.store.Close())
}
