package bench

import (
	"context"
	"fmt"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

const (
	restartEvents = 200_000 // events the log holds before the first kill
	restartMore   = 10_000  // events that are added before each later one
)

var restart = scenario{
	rows:  []string{"restart_to_ready"},
	about: "from the start of the suite to its ready line, on a store of 200,000 events, after kill -9",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		data, err := e.folder()
		if err != nil {
			return nil, err
		}
		noise := e.watchNoise()
		number := 0
		var figures []float64
		for round := range e.Rounds + 1 {
			begin := time.Now()
			p, err := e.suite(data)
			if err != nil {
				return nil, err
			}
			took := time.Since(begin)
			if round > 0 {
				figures = append(figures, took.Seconds())
				e.logf("  round %d: ready after %s", round, took.Round(time.Millisecond))
			}
			conns, err := e.dial(p.GRPC)
			if err != nil {
				return nil, err
			}
			// The last message is still being folded when the process is killed.
			until := (restartEvents + round*restartMore) / e.Scale
			if err := topUp(ctx, logs(conns)[0], &number, until); err != nil {
				return nil, fmt.Errorf("loading: %w", err)
			}
			p.Kill()
		}
		return []report.Row{goalRow("restart_to_ready", "s", figures, 2, noise())}, nil
	},
}

// topUp loads events until there are so many.
func topUp(ctx context.Context, client logv1.InteractionLogServiceClient, number *int, until int) error {
	_, err := load(ctx, client, func() []*logv1.Event {
		var batch []*logv1.Event
		for ; *number < until && len(batch) < bulkEvents; *number++ {
			event := workload.Event(0, "", "")
			workload.Bulk{Customers: bulkCustomers}.Fill(event, int64(*number))
			batch = append(batch, event)
		}
		return batch
	})
	return err
}
