package server

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	"google.golang.org/grpc"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// TailEvents follows shards from given positions.
func (s *Server) TailEvents(req *interactionlogv1.TailEventsRequest, stream grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
	tenant := auth.Tenant(stream.Context())
	if req.GetAllTenants() {
		if err := checkAllTenants(stream.Context()); err != nil {
			return err
		}
		tenant = ""
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
	defer out.Close()
	for {
		slice, err := follower.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for msg := range tailMessages(tenant, slice) {
			if err := out.Send(stream.Context(), msg); err != nil {
				return err
			}
			// A reader that is far behind would hold up the drain.
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
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

// checkAllTenants refuses callers that may not see the events of all tenants. Until credentials exist there are none.
func checkAllTenants(context.Context) error { return nil }

// tailMessages makes the messages of a slice. Shards are shared by all tenants; a caller sees the events of its own, in
// one message. A caller for all tenants, whose tenant is empty here, gets a message for each stretch of events of one
// tenant.
func tailMessages(tenant string, slice *domain.Slice) iter.Seq[*interactionlogv1.TailEventsResponse] {
	return func(yield func(*interactionlogv1.TailEventsResponse) bool) {
		if tenant != "" || len(slice.Events) == 0 {
			yield(tailMessage(tenant, slice, slice.Events))
			return
		}
		for rest := slice.Events; len(rest) > 0; {
			n := slices.IndexFunc(rest, func(e *domain.Event) bool { return e.Tenant != rest[0].Tenant })
			if n < 0 {
				n = len(rest)
			}
			msg := tailMessage(rest[0].Tenant, slice, rest[:n])
			msg.Tenant, msg.Sequence = rest[0].Tenant, rest[n-1].Sequence
			if !yield(msg) {
				return
			}
			rest = rest[n:]
		}
	}
}

// tailMessage makes a message of the events that are the tenant's.
func tailMessage(tenant string, slice *domain.Slice, events []*domain.Event) *interactionlogv1.TailEventsResponse {
	msg := &interactionlogv1.TailEventsResponse{
		Shard:        slice.Shard,
		Events:       make([]*interactionlogv1.Event, 0, len(events)),
		Sequence:     slice.Sequence,
		HeadSequence: slice.Head,
	}
	for _, e := range events {
		if e.Tenant == tenant {
			msg.Events = append(msg.Events, intake.Forward(e))
		}
	}
	return msg
}
