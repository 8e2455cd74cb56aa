package server

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// TailEvents follows shards from given positions.
func (s *Server) TailEvents(req *interactionlogv1.TailEventsRequest, stream grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
	tenant, err := tailed(stream.Context(), req.GetAllTenants())
	if err != nil {
		return err
	}
	positions := make([]domain.Position, len(req.GetPositions()))
	for i, p := range req.GetPositions() {
		positions[i] = domain.Position{Shard: p.GetShard(), Sequence: p.GetSequence()}
	}
	follower, err := s.log.Follow(positions, req.GetStopAtHead())
	if err != nil {
		return err
	}
	defer follower.Close()
	ctx, cancel := drainable(stream.Context())
	defer cancel()
	out := rpc.NewSender(stream.Send, s.slow, slowConsumer)
	for {
		slice, err := follower.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, msg := range tailMessages(tenant, req.GetAllTenants(), slice) {
			if err := out.Send(stream.Context(), msg); err != nil {
				return err
			}
		}
		// A reader that is far behind would hold up the drain.
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// drainable returns a context that ends with SERVER_DRAINING when the server drains.
func drainable(stream context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(stream)
	go func() {
		select {
		case <-rpc.Draining(stream):
			cancel(rpc.DrainingFault())
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// tailed returns the tenant whose events a tail is to have, "" for all.
func tailed(ctx context.Context, all bool) (string, error) {
	caller := auth.CallerOf(ctx)
	switch {
	case !all:
		return caller.Tenant, caller.RequireTenant()
	case caller.AllTenants:
		return "", nil
	case caller.Open:
		// Nobody was asked who he is, so nobody gets more than the one tenant that there is without credentials.
		return caller.Tenant, nil
	}
	return "", fault.New(fault.Denied, fault.PermissionDenied, "the credential is good for one tenant, and not for all").
		WithField("all_tenants", "must be false")
}

// tailMessages makes messages of a slice. Shards are shared by all tenants; a caller sees the events of its own, in one
// message, or those of all, in a message for each row of events of one tenant.
func tailMessages(tenant string, named bool, slice *domain.Slice) []*interactionlogv1.TailEventsResponse {
	var out []*interactionlogv1.TailEventsResponse
	last := &interactionlogv1.TailEventsResponse{Shard: slice.Shard, HeadSequence: slice.Head}
	for _, e := range slice.Events {
		if tenant != "" && e.Tenant != tenant {
			continue
		}
		if named && last.GetTenant() != e.Tenant {
			if len(last.GetEvents()) > 0 {
				out = append(out, last)
				last = &interactionlogv1.TailEventsResponse{Shard: slice.Shard, HeadSequence: slice.Head}
			}
			last.Tenant = e.Tenant
		}
		last.Events = append(last.Events, intake.Forward(e))
		last.Sequence = e.Sequence
	}
	last.Sequence = slice.Sequence
	return append(out, last)
}
