package play

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// A batch is sent when it is this large: half of what the log takes, as the largest event may come on top.
const (
	maxBatchEvents = 500
	maxBatchBytes  = 512 << 10
)

// event makes an event of the leg; its payload is still to be set.
func (r *run) event(id string, t time.Time, who *interactionlogv1.Actor) *interactionlogv1.Event {
	return &interactionlogv1.Event{
		EventId: id, Customer: r.customer, OccurredAt: timestamppb.New(t), InteractionId: r.interaction,
		Channel: r.place.channel, Actor: who, Source: source,
	}
}

// add queues an event, and sends what is queued when that has become enough for a batch.
func (r *run) add(ctx context.Context, e *interactionlogv1.Event) error {
	r.pending = append(r.pending, e)
	r.size += proto.Size(e)
	if len(r.pending) < maxBatchEvents && r.size < maxBatchBytes {
		return nil
	}
	return r.flush(ctx)
}

// flush stores the queued events.
func (r *run) flush(ctx context.Context) error {
	if len(r.pending) == 0 {
		return nil
	}
	got, err := timed(r.Calls, "AppendEvents", func() (*interactionlogv1.AppendEventsResponse, error) {
		return r.Log.AppendEvents(ctx, &interactionlogv1.AppendEventsRequest{Customer: r.customer, Events: r.pending})
	})
	if err != nil {
		return err
	}
	for _, result := range got.GetResults() {
		if result.GetReplayed() {
			r.Counts.Replayed++
		} else {
			r.Counts.Events++
		}
	}
	r.token, r.pending, r.size = got.GetConsistencyToken(), nil, 0
	return nil
}
