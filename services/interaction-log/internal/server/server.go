// Package server is the gRPC adapter of the interaction log: it takes requests apart, hands events through the intake
// pipeline to the log, and makes answers of what the log returns. One file holds one RPC.
package server

import (
	"context"
	"time"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/obs"
)

// Domain is the ErrorInfo domain of the service's own reasons.
const Domain = "interactionlog.throughline"

// DefaultSlowConsumer is how long a reader of a stream may take over one message.
const DefaultSlowConsumer = 30 * time.Second

// Options of a Server. The zero value is good for production.
type Options struct {
	// Clock gives the time of events that come without one; time.Now when nil.
	Clock func() time.Time
	// SlowConsumer is how long the reader of a stream may take over one message before it is dropped;
	// DefaultSlowConsumer when 0.
	SlowConsumer time.Duration
	// Analysers run over every clean event before it is stored, in this order.
	Analysers []intake.Analyser
}

// Server implements the contract's InteractionLogService.
type Server struct {
	interactionlogv1.UnimplementedInteractionLogServiceServer

	log    *domain.Log
	intake *intake.Pipeline
	clock  func() time.Time
	slow   time.Duration
}

// New returns a server over a log, which stays the caller's to close.
func New(log *domain.Log, o Options) *Server {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.SlowConsumer <= 0 {
		o.SlowConsumer = DefaultSlowConsumer
	}
	return &Server{log: log, intake: intake.New(o.Analysers...), clock: o.Clock, slow: o.SlowConsumer}
}

// source describes the caller to the intake.
func (s *Server) source(ctx context.Context) intake.Source {
	caller := auth.CallerOf(ctx)
	return intake.Source{
		Tenant: caller.Tenant, Service: caller.HasRole(commonv1.Role_ROLE_SERVICE),
		TraceParent: obs.TraceParent(ctx), Now: s.clock().Round(0).UTC(),
	}
}

// AcrossTenants names the methods that a caller for all tenants may call without naming one: the shards are everybody's,
// and a tail may be of all tenants.
func (*Server) AcrossTenants() []string { return []string{"ListShards", "TailEvents"} }

// shown returns a stored event for the caller: the stored bytes as they are where nothing has to be hidden in them, and
// decoded where something has.
func shown(ctx context.Context, e *domain.Event) (*interactionlogv1.Event, error) {
	if auth.CallerOf(ctx).SeesAll() {
		return intake.Forward(e), nil
	}
	return intake.Unpack(e)
}

// key returns the customer that a valid name stands for.
func key(ctx context.Context, customer string) domain.Key {
	return domain.Key{Tenant: auth.Tenant(ctx), Customer: intake.CustomerID(customer)}
}
