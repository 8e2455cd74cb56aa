package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

// streams is a group of ingest streams that send as fast as they are answered.
type streams struct {
	plan    measure.Plan
	clients []logv1.InteractionLogServiceClient
	fill    func([]*logv1.Event)
	ctx     context.Context //nolint:containedctx // the group lives as long as one measurement
	cancel  context.CancelCauseFunc
	begin   time.Time

	mu    sync.Mutex
	acked int             // events in the measured time
	took  []time.Duration // per message
	last  time.Time
}

func newStreams(ctx context.Context, plan measure.Plan, clients []logv1.InteractionLogServiceClient, fill func([]*logv1.Event)) *streams {
	s := &streams{plan: plan, clients: clients, fill: fill}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s
}

// measure sends until the time is over and returns what was acknowledged.
func (s *streams) measure() (measure.Sample, error) {
	defer s.cancel(nil)
	s.begin = time.Now()
	var wg sync.WaitGroup
	for _, client := range s.clients {
		wg.Go(func() {
			if err := s.drive(client); err != nil {
				s.cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(s.ctx); err != nil {
		return measure.Sample{}, err
	}
	from := s.begin.Add(s.plan.WarmUp)
	if s.acked == 0 {
		return measure.Sample{}, measure.ErrNothingDone
	}
	return measure.Summarise(s.took, s.acked, s.last.Sub(from)), nil
}

// drive runs one stream.
func (s *streams) drive(client logv1.InteractionLogServiceClient) error {
	stream, err := client.IngestEvents(s.ctx)
	if err != nil {
		return err
	}
	sent := make(chan time.Time, inFlight)
	failed := make(chan error, 1)
	go func() { failed <- s.send(stream, sent) }()
	received := s.receive(stream, sent)
	if received != nil {
		s.cancel(received)
	}
	return errors.Join(received, <-failed)
}

// send sends messages while fewer than inFlight wait for their answer.
func (s *streams) send(stream logv1.InteractionLogService_IngestEventsClient, sent chan<- time.Time) error {
	events := make([]*logv1.Event, bulkEvents)
	for i := range events {
		events[i] = workload.Event(i, "", "")
	}
	req := &logv1.IngestEventsRequest{Events: events}
	defer close(sent)
	for time.Since(s.begin) < s.plan.WarmUp+s.plan.Duration {
		s.fill(events)
		select {
		case sent <- time.Now():
		case <-s.ctx.Done():
			return nil
		}
		if err := stream.Send(req); err != nil {
			return nil //nolint:nilerr // the receiver gets the reason
		}
	}
	return stream.CloseSend()
}

// receive counts acknowledgements. An answer may acknowledge part of a message,
// or several.
func (s *streams) receive(stream logv1.InteractionLogService_IngestEventsClient, sent <-chan time.Time) error {
	from := s.begin.Add(s.plan.WarmUp)
	pending := 0
	for start := range sent {
		for pending < bulkEvents {
			res, err := stream.Recv()
			if err != nil {
				return err
			}
			n, err := accepted(res)
			if err != nil {
				return err
			}
			pending += n
			s.count(from, n)
		}
		pending -= bulkEvents
		s.mu.Lock()
		s.took = append(s.took, time.Since(start))
		s.mu.Unlock()
	}
	return nil
}

func (s *streams) count(from time.Time, n int) {
	now := time.Now()
	if now.Before(from) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked += n
	s.last = now
}
