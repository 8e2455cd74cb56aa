package server

import (
	"context"
	"errors"
	"io"
	"slices"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// acknowledge answers the messages in their order, as many at a time as are stored already.
func (in *ingest) acknowledge(ctx context.Context, out *rpc.Sender[*interactionlogv1.IngestEventsResponse]) error {
	draining := rpc.Draining(ctx)
	for {
		var step *ingestStep
		select {
		case step = <-in.steps:
		default:
			select {
			case step = <-in.steps:
			case <-draining:
				// What is under way was acknowledged; what comes now is for another server.
				return rpc.DrainingFault()
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		acks, freed, end := in.gather(ctx, step)
		if len(acks) > 0 {
			if err := out.Send(ctx, &interactionlogv1.IngestEventsResponse{Acks: acks}); err != nil {
				return err
			}
		}
		in.budget.Release(freed)
		if end != nil {
			if errors.Is(end, io.EOF) {
				return nil
			}
			return end
		}
	}
}

// gather waits for a step and takes along those behind it that are stored as well.
func (in *ingest) gather(ctx context.Context, step *ingestStep) (acks []*interactionlogv1.IngestAck, freed int64, end error) {
	for {
		if step == nil {
			return acks, freed, context.Cause(ctx)
		}
		if step.end != nil {
			return acks, freed, step.end
		}
		acks = in.acks(acks, step)
		freed += step.cost
		if len(acks) >= ackBatch {
			return acks, freed, nil
		}
		select {
		case step = <-in.steps:
		default:
			return acks, freed, nil
		}
	}
}

// acks waits for the outcome of a message and appends its acknowledgements.
func (in *ingest) acks(acks []*interactionlogv1.IngestAck, step *ingestStep) []*interactionlogv1.IngestAck {
	var failed error
	if step.pending != nil {
		failed = step.pending.Wait()
	}
	block := make([]interactionlogv1.IngestAck, len(step.drafts))
	acks = slices.Grow(acks, len(block))
	for i, d := range step.drafts {
		ack := &block[i]
		ack.Index = in.index
		in.index++
		setOutcome(ack, d, step.places[i], failed)
		acks = append(acks, ack)
	}
	return acks
}

// setOutcome fills in what became of an event. failed is the error of the commit.
func setOutcome(ack *interactionlogv1.IngestAck, d *intake.Draft, p place, failed error) {
	var err error
	switch {
	case d.Err != nil:
		err = d.Err
	case failed != nil:
		err = failed
	case p.batch.Err != nil:
		err = p.batch.Err
	default:
		r := &p.batch.Results[p.at]
		if err = r.Err; err == nil {
			ack.Revision, ack.Sequence, ack.Replayed = r.Revision, r.Sequence, r.Replayed
			if r.Replayed {
				ack.EventId = d.Stored.EventID
			}
			return
		}
	}
	ack.EventId = intake.SafeEventID(d.Event.GetEventId())
	ack.Error = ingestError(err)
}
