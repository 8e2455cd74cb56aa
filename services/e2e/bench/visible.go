package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

// visibleGoal is how long an append may stay unseen, in milliseconds.
const visibleGoal = 5

var appendToVisible = scenario{
	rows:  []string{"append_to_visible"},
	about: "99th percentile of the time from the answer of AppendEvents to the first answer of GetContext, read over and over by another client with minimize_latency, that includes it",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		s, err := e.readSuite(ctx, 1, storyEvents)
		if err != nil {
			return nil, err
		}
		noise := e.watchNoise()
		var figures []float64
		for round := range e.Rounds {
			e.settle(ctx)
			delays, err := s.visible(ctx, e.Duration, round)
			if err != nil {
				return nil, err
			}
			slices.Sort(delays)
			e.logf("  round %d: p50 %s, p99 %s, %d appends", round+1, measure.Percentile(delays, 0.5).Round(time.Microsecond),
				measure.Percentile(delays, 0.99).Round(time.Microsecond), len(delays))
			figures = append(figures, millis(measure.Percentile(delays, 0.99)))
		}
		return []report.Row{goalRow("append_to_visible", "ms", figures, visibleGoal, noise())}, nil
	},
}

// visible appends for a while and returns how long each event stayed unseen.
func (s readSuite) visible(ctx context.Context, d time.Duration, round int) ([]time.Duration, error) {
	customer := workload.Customer(0)
	var delays []time.Duration
	for begin, n := time.Now(), 0; time.Since(begin) < d; n++ {
		written := make(chan answered, 1)
		go func() {
			res, err := s.log[1].AppendEvents(ctx, &logv1.AppendEventsRequest{
				Customer: customer, Events: []*logv1.Event{workload.Event(n, customer, workload.ID(fmt.Sprintf("visible%d", round), int64(n)))},
			})
			written <- answered{time.Now(), res.GetRevision(), err}
		}()
		delay, err := s.watch(ctx, customer, written)
		if err != nil {
			return nil, err
		}
		delays = append(delays, delay)
	}
	return delays, nil
}

// answered is the outcome of an append.
type answered struct {
	at       time.Time
	revision int64
	err      error
}

// watch reads a context until it includes what was written.
func (s readSuite) watch(ctx context.Context, customer string, written <-chan answered) (time.Duration, error) {
	const patience = 10 * time.Second
	seen := map[int64]time.Time{} // revision -> first answer that had it
	var stored answered
	for {
		c, err := s.context[0].GetContext(ctx, &contextv1.GetContextRequest{Customer: customer})
		if err != nil {
			return 0, err
		}
		now := time.Now()
		if _, ok := seen[c.GetRevision()]; !ok {
			seen[c.GetRevision()] = now
		}
		if stored.at.IsZero() {
			select {
			case stored = <-written:
				if stored.err != nil {
					return 0, stored.err
				}
			default:
				continue
			}
		}
		if at, ok := seen[stored.revision]; ok {
			return max(at.Sub(stored.at), 0), nil
		}
		if time.Since(stored.at) > patience {
			return 0, fmt.Errorf("an append was not visible after %s", patience)
		}
	}
}
