package server

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

const (
	// ingestBytes bounds what one stream has under way: read, but not acknowledged yet.
	ingestBytes = 4 << 20
	// ingestMessages bounds the number of messages under way.
	ingestMessages = 1024
	// messageCost is what a message costs besides its events.
	messageCost = 256
	// ackBatch is how many acknowledgements are gathered into one answer, at most.
	ackBatch = 4 * domain.MaxBatchEvents
)

type ingestStream = grpc.BidiStreamingServer[interactionlogv1.IngestEventsRequest, interactionlogv1.IngestEventsResponse]

// IngestEvents stores events of any customers in bulk. One goroutine reads, prepares and hands over, this one waits for
// the disk and acknowledges, so that the next messages are prepared while these are being stored.
func (s *Server) IngestEvents(stream ingestStream) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	in := &ingest{
		server: s,
		budget: semaphore.NewWeighted(ingestBytes),
		steps:  make(chan *ingestStep, ingestMessages),
	}
	go in.read(ctx, stream)
	out := newSender(stream.Send, s.slow)
	defer out.close()
	return in.acknowledge(ctx, out)
}

// ingest is one stream.
type ingest struct {
	server *Server
	budget *semaphore.Weighted
	steps  chan *ingestStep
	index  int64 // of the next event to acknowledge
}

// ingestStep is one message of the stream under way, or its end.
type ingestStep struct {
	drafts  []*intake.Draft
	places  []place // where the outcome of each draft is
	pending *domain.Pending
	cost    int64
	end     error // io.EOF when the client is done
}

// place is where the outcome of an event is: in which batch and which of its results. The batch of a refused event is
// nil.
type place struct {
	batch *domain.Batch
	at    int
}

// read takes messages from the stream until it ends, and hands their events over in order.
func (in *ingest) read(ctx context.Context, stream ingestStream) {
	defer close(in.steps)
	for {
		step := in.next(ctx, stream)
		select {
		case in.steps <- step:
		case <-ctx.Done():
			return
		}
		if step.end != nil {
			return
		}
	}
}

func (in *ingest) next(ctx context.Context, stream ingestStream) *ingestStep {
	req, err := stream.Recv()
	if err != nil {
		return &ingestStep{end: err}
	}
	step := &ingestStep{cost: messageCost}
	if step.drafts, err = in.server.intake.Prepare(ctx, in.server.source(ctx), req.GetEvents()); err != nil {
		return &ingestStep{end: err}
	}
	for _, d := range step.drafts {
		step.cost += int64(d.Size())
	}
	// Waiting here stops the reading, and flow control the sender.
	step.cost = min(step.cost, ingestBytes)
	if err := in.budget.Acquire(ctx, step.cost); err != nil {
		return &ingestStep{end: err}
	}
	batches, places := group(step.drafts)
	step.places = places
	if len(batches) > 0 {
		if step.pending, err = in.server.log.Submit(ctx, batches); err != nil {
			return &ingestStep{end: err}
		}
	}
	return step
}

// group puts the events of each customer into a batch, in their order.
func group(drafts []*intake.Draft) ([]*domain.Batch, []place) {
	places := make([]place, len(drafts))
	batches := make([]*domain.Batch, 0, 8)
	of := make(map[domain.Key]*domain.Batch, 8)
	var last *domain.Batch
	for i, d := range drafts {
		if d.Err != nil {
			continue
		}
		if last == nil || last.Key != d.Stored.Key {
			if last = of[d.Stored.Key]; last == nil {
				last = &domain.Batch{Key: d.Stored.Key, Separate: true}
				of[last.Key] = last
				batches = append(batches, last)
			}
		}
		places[i] = place{last, len(last.Events)}
		last.Events = append(last.Events, d.Stored)
	}
	return batches, places
}

// acknowledge answers the messages in their order, as many at a time as are stored already.
func (in *ingest) acknowledge(ctx context.Context, out *sender[interactionlogv1.IngestEventsResponse]) error {
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
			if err := out.send(ctx, &interactionlogv1.IngestEventsResponse{Acks: acks}); err != nil {
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
