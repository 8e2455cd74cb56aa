package bench

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/baseline"
	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

const (
	bulkCustomers = 20_000 // customers of the writes
	bulkEvents    = 1000   // events of a message, and of a transaction of bbolt
	ingestStreams = 2      // streams at once, on a connection each
	inFlight      = 8      // messages of a stream that wait for their answer
)

const againstBulk = "raw bbolt, 1,000 puts a transaction, in process"

var ingest = scenario{
	rows:  []string{"ingest_vs_bbolt", "ingest_rate"},
	about: "IngestEvents, 1,000 events a message, interaction by interaction of 10 events, 20,000 customers, against raw bbolt putting the same bytes in bulk",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		out, err := e.ingests(ctx, workload.Bulk{Customers: bulkCustomers})
		if err != nil {
			return nil, err
		}
		row := out.rates("ingest_vs_bbolt", "events/s", againstBulk, report.Goal{Min: 0.5})
		rate := make([]report.Round, len(out.pairs))
		for i, p := range out.pairs {
			rate[i] = report.Round{Ours: p.ours.PerSecond, Baseline: 100_000}
		}
		return []report.Row{row, out.noted(report.NewRow("ingest_rate", "events/s", "goal", report.Goal{Min: 1}, rate))}, nil
	},
}

var ingestScattered = scenario{
	rows:  []string{"ingest_scattered_vs_bbolt"},
	about: "the same with the interactions of all customers mixed, the worst order",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		out, err := e.ingests(ctx, workload.Bulk{Customers: bulkCustomers, Mixed: true})
		if err != nil {
			return nil, err
		}
		return []report.Row{out.rates("ingest_scattered_vs_bbolt", "events/s", againstBulk, report.Goal{})}, nil
	},
}

// ingests compares bulk loads.
func (e *env) ingests(ctx context.Context, bulk workload.Bulk) (outcome, error) {
	data, err := e.folder()
	if err != nil {
		return outcome{}, err
	}
	p, err := e.suite(data)
	if err != nil {
		return outcome{}, err
	}
	conns, err := e.dial(p.GRPC)
	if err != nil {
		return outcome{}, err
	}
	dir, err := e.folder()
	if err != nil {
		return outcome{}, err
	}
	file := filepath.Join(dir, "bolt.db")
	var turn atomic.Int64
	ours := func(ctx context.Context, plan measure.Plan) (measure.Sample, error) {
		group := newStreams(ctx, plan, logs(conns)[:ingestStreams], func(events []*logv1.Event) {
			first := (turn.Add(1) - 1) * bulkEvents
			for i, e := range events {
				bulk.Fill(e, first+int64(i))
			}
		})
		sample, err := group.measure()
		if err != nil {
			return measure.Sample{}, err
		}
		acked := time.Now()
		e.settle(ctx)
		e.logf("  the views of it were up to date after another %s", time.Since(acked).Round(100*time.Millisecond))
		return sample, nil
	}
	out, err := e.rounds(ctx, 1, ours, e.bolt(baseline.BoltOptions{Path: file, Mode: baseline.ModeBulk, Bulk: bulkEvents}))
	e.logf("  files: ours %.0f MiB, bbolt %.0f MiB", folderSize(data), fileSize(file))
	return out, err
}
