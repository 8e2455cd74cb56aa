package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/baseline"
	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

// tuned are the values of MaxBatchDelay that are tried for bbolt's Batch, besides
// its default of 10 ms; the best one is the baseline.
var tuned = []time.Duration{0, 2 * time.Millisecond, 500 * time.Microsecond}

var appendMany = scenario{
	rows:  []string{"append_vs_bbolt", "append_p99_vs_bbolt"},
	about: "AppendEvents, one event a call, durable, 64 callers over gRPC, against raw bbolt's Batch called in process with the same bytes",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		delay, err := e.bestDelay(ctx)
		if err != nil {
			return nil, err
		}
		against := fmt.Sprintf("raw bbolt Batch in process, MaxBatchDelay %s", delayName(delay))
		out, err := e.appends(ctx, callers, baseline.BoltOptions{Mode: baseline.ModeBatch, Delay: delay})
		if err != nil {
			return nil, err
		}
		return []report.Row{
			out.rates("append_vs_bbolt", "events/s", against, report.Goal{}),
			out.tails("append_p99_vs_bbolt", against, report.Goal{}),
		}, nil
	},
}

var appendOne = scenario{
	rows:  []string{"append_1_writer_vs_bbolt_update"},
	about: "AppendEvents, one event a call, durable, 1 caller over gRPC, against raw bbolt's Update called in process with the same bytes",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		out, err := e.appends(ctx, 1, baseline.BoltOptions{Mode: baseline.ModeUpdate})
		if err != nil {
			return nil, err
		}
		return []report.Row{out.rates("append_1_writer_vs_bbolt_update", "events/s", "raw bbolt Update in process", report.Goal{})}, nil
	},
}

// bestDelay tries bbolt's Batch and returns the delay with which it is fastest
// here.
func (e *env) bestDelay(ctx context.Context) (time.Duration, error) {
	dir, err := e.folder()
	if err != nil {
		return 0, err
	}
	var best, bestRate = time.Duration(0), 0.0
	for i, delay := range tuned {
		try := e.bolt(baseline.BoltOptions{Path: filepath.Join(dir, fmt.Sprintf("try-%d.db", i)), Mode: baseline.ModeBatch, Delay: delay})
		sample, err := try(ctx, measure.Plan{Callers: callers, WarmUp: e.Duration / 5, Duration: e.Duration / 2})
		if err != nil {
			return 0, err
		}
		e.logf("  bbolt with MaxBatchDelay %s: %.0f/s", delayName(delay), sample.PerSecond)
		if sample.PerSecond > bestRate {
			best, bestRate = delay, sample.PerSecond
		}
	}
	return best, nil
}

func delayName(d time.Duration) string {
	if d == 0 {
		return "10ms (default)"
	}
	return d.String()
}

// appends compares single appends with bbolt.
func (e *env) appends(ctx context.Context, callers int, bolt baseline.BoltOptions) (outcome, error) {
	p, err := e.freshSuite()
	if err != nil {
		return outcome{}, err
	}
	conns, err := e.dial(p.GRPC)
	if err != nil {
		return outcome{}, err
	}
	clients := logs(conns)
	var turn atomic.Int64
	ours := calls(func(ctx context.Context, caller int) error {
		event := workload.Event(0, "", "")
		workload.Bulk{Customers: bulkCustomers, Mixed: true}.Fill(event, turn.Add(1)-1)
		res, err := clients[caller%connections].AppendEvents(ctx, &logv1.AppendEventsRequest{
			Customer: event.GetCustomer(), Events: []*logv1.Event{event},
		})
		if err == nil && (len(res.GetResults()) != 1 || res.GetResults()[0].GetReplayed()) {
			err = errors.New("an event was not stored")
		}
		return err
	})
	dir, err := e.folder()
	if err != nil {
		return outcome{}, err
	}
	bolt.Path = filepath.Join(dir, "bolt.db")
	return e.rounds(ctx, callers, ours, e.bolt(bolt))
}

// bolt is the side that writes to bbolt, in a process of its own that ends with
// the round; the file stays.
func (e *env) bolt(o baseline.BoltOptions) side {
	return func(ctx context.Context, plan measure.Plan) (measure.Sample, error) {
		exe, err := os.Executable()
		if err != nil {
			return measure.Sample{}, err
		}
		o.Plan = plan
		cmd := exec.CommandContext(ctx, exe, o.Args()...) //nolint:gosec // this program itself
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return measure.Sample{}, fmt.Errorf("%s: %w: %s", baseline.BoltName, err, stderr.String())
		}
		var sample measure.Sample
		err = json.Unmarshal(out, &sample)
		return sample, err
	}
}
