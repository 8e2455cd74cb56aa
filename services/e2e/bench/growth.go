package bench

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

// within is the goal of work that must not slow down by more than that factor.
func within(factor float64) report.Goal { return report.Goal{Min: 1 / factor} }

var historyLength = scenario{
	rows:  historyLengthRows,
	about: "GetContext of a customer with 1,000 and with 100,000 events, against one with few; 64 callers, contexts of about the same size",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		s, err := e.readSuite(ctx, 0, 0)
		if err != nil {
			return nil, err
		}
		few, err := s.grown(ctx, e, 0, 0)
		if err != nil {
			return nil, err
		}
		var rows []report.Row
		for i, name := range historyLengthRows {
			length := []int{1000, 100_000 / e.Scale}[i]
			if !wanted(e.Only, name) {
				continue
			}
			many, err := s.grown(ctx, e, i+1, length)
			if err != nil {
				return nil, err
			}
			out, err := e.rounds(ctx, callers, many, few)
			if err != nil {
				return nil, err
			}
			rows = append(rows, out.rates(name, "requests/s", "a customer with the shortest story", within(1.2)))
		}
		return rows, nil
	},
}

var historyLengthRows = []string{"get_context_10_vs_1000_events", "get_context_10_vs_100000_events"}

// grown makes a customer with so many events, and is the side that reads it.
func (s readSuite) grown(ctx context.Context, e *env, number, events int) (side, error) {
	story := workload.Story(number, events, time.Now())
	if _, err := load(ctx, s.log[0], batches(story)); err != nil {
		return nil, err
	}
	begin := time.Now()
	answer, err := s.screenPop(ctx, workload.Customer(number))
	if err != nil {
		return nil, err
	}
	e.logf("  %d events: first read %s, answer %d bytes", len(story), time.Since(begin).Round(time.Microsecond), proto.Size(answer))
	return s.getContext(func(int) string { return workload.Customer(number) }), nil
}

const (
	fewCustomers  = 1000
	manyCustomers = 1_000_000
	scaleEvents   = 2 // events of each
)

var customerCount = scenario{
	rows:  []string{"customers_1e3_vs_1e6", "customers_1e6_active_vs_1e3", "customers_1e6_rss", "customers_1e6_rss_without_files"},
	about: "GetContext of a suite with a million customers, against one with a thousand; 64 callers",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		small, _, err := e.populated(ctx, fewCustomers)
		if err != nil {
			return nil, err
		}
		total := manyCustomers / e.Scale
		large, pid, err := e.populated(ctx, total)
		if err != nil {
			return nil, err
		}
		few := small.getContext(func(n int) string { return workload.Customer(n * 7919 % fewCustomers) })
		const against = "the suite with 1,000 customers"
		active, err := e.rounds(ctx, callers, large.getContext(func(n int) string { return workload.Customer(n * 7919 % fewCustomers) }), few)
		if err != nil {
			return nil, err
		}
		e.logf("  now any of the %d customers", total)
		anyone, err := e.rounds(ctx, callers, large.getContext(func(n int) string { return workload.Customer(n * 7919 % total) }), few)
		if err != nil {
			return nil, err
		}
		mem, err := memoryOf(pid)
		if err != nil {
			return nil, err
		}
		return []report.Row{
			anyone.rates("customers_1e3_vs_1e6", "requests/s", against+"; any customer is read", within(1.5)),
			active.rates("customers_1e6_active_vs_1e3", "requests/s", against+"; 1,000 of the million are read", within(1.5)),
			goalRow("customers_1e6_rss", "MiB", []float64{mem.resident}, 500, anyone.otherCPU),
			goalRow("customers_1e6_rss_without_files", "MiB", []float64{mem.own}, 500, anyone.otherCPU),
		}, nil
	},
}

// populated starts a suite with so many customers of a few events each.
func (e *env) populated(ctx context.Context, customers int) (s readSuite, pid int, err error) {
	p, err := e.freshSuite()
	if err != nil {
		return readSuite{}, 0, err
	}
	conns, err := e.dial(p.GRPC)
	if err != nil {
		return readSuite{}, 0, err
	}
	s = readSuite{context: contexts(conns), log: logs(conns)}
	events := make([]*logv1.Event, bulkEvents)
	for i := range events {
		events[i] = workload.Event(i, "", "")
	}
	begin, number := time.Now(), 0
	stored, err := load(ctx, s.log[0], func() []*logv1.Event {
		left := min(customers*scaleEvents-number, len(events))
		for _, event := range events[:left] {
			event.EventId = workload.ID("load", int64(number))
			event.Customer = workload.Customer(number / scaleEvents)
			number++
		}
		return events[:left]
	})
	if err != nil {
		return readSuite{}, 0, err
	}
	took := time.Since(begin)
	e.settle(ctx)
	for n := range fewCustomers {
		if _, err := s.screenPop(ctx, workload.Customer(n*7919%fewCustomers)); err != nil {
			return readSuite{}, 0, err
		}
	}
	mem, err := memoryOf(p.Pid())
	e.logf("  %d customers: %d events in %s, then %s to settle, RSS %.0f MiB, %.0f of it without mapped files", customers, stored,
		took.Round(time.Millisecond), (time.Since(begin) - took).Round(time.Millisecond), mem.resident, mem.own)
	return s, p.Pid(), err
}
