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
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// TailEvents follows shards from given positions.
func (s *Server) TailEvents(req *interactionlogv1.TailEventsRequest, stream grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
	positions := make([]domain.Position, len(req.GetPositions()))
	for i, p := range req.GetPositions() {
		positions[i] = domain.Position{Shard: p.GetShard(), Sequence: p.GetSequence()}
	}
	follower, err := s.log.Follow(positions, req.GetStopAtHead())
	if err != nil {
		return err
	}
	defer follower.Close()
	tenant := auth.Tenant(stream.Context())
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
		if err := out.Send(stream.Context(), tailMessage(tenant, slice)); err != nil {
			return err
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

// tailMessage makes a message of a slice. Shards are shared by all tenants; a caller sees the events of its own.
func tailMessage(tenant string, slice *domain.Slice) *interactionlogv1.TailEventsResponse {
	msg := &interactionlogv1.TailEventsResponse{
		Shard:        slice.Shard,
		Events:       make([]*interactionlogv1.Event, 0, len(slice.Events)),
		Sequence:     slice.Sequence,
		HeadSequence: slice.Head,
	}
	for _, e := range slice.Events {
		if e.Tenant == tenant {
			msg.Events = append(msg.Events, intake.Forward(e))
		}
	}
	return msg
}
