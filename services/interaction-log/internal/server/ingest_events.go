package server

import (
	"context"

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
	out := rpc.NewSender(stream.Send, s.slow, slowConsumer)
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
