package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

const (
	openWatches      = 10_000
	watchesPerConn   = 200
	watchGoal        = 1000 // milliseconds until a change has reached all
	watchMemoryGoal  = 300  // MiB of the suite with all watches open
	watchPatience    = time.Minute
	watchFirstAnswer = "the first messages"
)

var watchFanOut = scenario{
	rows:  []string{"watch_fan_out", "watch_memory"},
	about: "10,000 open watches of one customer's context over 50 connections: the time from the answer of AppendEvents until the last of them has the change, and the memory of the suite",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		p, err := e.freshSuite()
		if err != nil {
			return nil, err
		}
		conns, err := e.dial(p.GRPC)
		if err != nil {
			return nil, err
		}
		customer := workload.Customer(0)
		if _, err := load(ctx, logs(conns)[0], batches(workload.Story(0, storyEvents, time.Now()))); err != nil {
			return nil, err
		}
		w, err := e.watch(ctx, p.GRPC, customer, openWatches/e.Scale)
		if err != nil {
			return nil, err
		}
		noise := e.watchNoise()
		var figures []float64
		for round := range e.Rounds {
			e.settle(ctx)
			took, err := w.change(ctx, logs(conns)[0], customer, round)
			if err != nil {
				return nil, err
			}
			figures = append(figures, millis(took))
		}
		mem, err := memoryOf(p.Pid())
		if err != nil {
			return nil, err
		}
		e.logf("  RSS %.0f MiB with %d watches, %.0f of it without mapped files", mem.resident, w.open, mem.own)
		return []report.Row{
			goalRow("watch_fan_out", "ms", figures, watchGoal, noise()),
			goalRow("watch_memory", "MiB", []float64{mem.resident}, watchMemoryGoal, noise()),
		}, nil
	},
}

// watchers are open watches of one customer.
type watchers struct {
	open int
	// reached counts those that have the revision that is waited for.
	wanted  atomic.Int64
	reached atomic.Int64
	all     chan struct{}
	failed  chan error
}

// watch opens watches and waits until each has its first message.
func (e *env) watch(ctx context.Context, addr, customer string, n int) (*watchers, error) {
	ctx, cancel := context.WithCancel(ctx)
	w := &watchers{open: n, all: make(chan struct{}, 1), failed: make(chan error, 1)}
	var readers sync.WaitGroup
	var conns []*grpc.ClientConn
	e.onEnd(func() {
		cancel()
		readers.Wait()
		for _, c := range conns {
			_ = c.Close()
		}
	})
	w.wanted.Store(1)
	for from := 0; from < n; from += watchesPerConn {
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return nil, err
		}
		conns = append(conns, conn)
		client := contextv1.NewContextServiceClient(conn)
		for range min(watchesPerConn, n-from) {
			readers.Go(func() { w.read(ctx, client, customer) })
		}
	}
	err := w.wait(ctx, watchFirstAnswer)
	return w, err
}

// read follows one watch to its end.
func (w *watchers) read(ctx context.Context, client contextv1.ContextServiceClient, customer string) {
	stream, err := client.WatchContext(ctx, &contextv1.WatchContextRequest{Customer: customer})
	have := int64(0)
	for err == nil {
		var msg *contextv1.WatchContextResponse
		if msg, err = stream.Recv(); err != nil {
			break
		}
		wanted, now := w.wanted.Load(), msg.GetContext().GetRevision()
		if have < wanted && now >= wanted && w.reached.Add(1) == int64(w.open) {
			w.all <- struct{}{}
		}
		have = now
	}
	if ctx.Err() == nil {
		select {
		case w.failed <- err:
		default:
		}
	}
}

// wait waits until every watch has what is wanted.
func (w *watchers) wait(ctx context.Context, what string) error {
	select {
	case <-w.all:
		return nil
	case err := <-w.failed:
		return fmt.Errorf("a watch ended: %w", err)
	case <-time.After(watchPatience):
		return fmt.Errorf("only %d of %d watches have %s after %s", w.reached.Load(), w.open, what, watchPatience)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// change appends an event and returns how long it took to reach every watch.
func (w *watchers) change(ctx context.Context, log logv1.InteractionLogServiceClient, customer string, round int) (time.Duration, error) {
	head, err := log.GetHead(ctx, &logv1.GetHeadRequest{Customer: customer})
	if err != nil {
		return 0, err
	}
	w.reached.Store(0)
	w.wanted.Store(head.GetRevision() + 1)
	res, err := log.AppendEvents(ctx, &logv1.AppendEventsRequest{
		Customer: customer,
		Events:   []*logv1.Event{workload.Event(round, customer, workload.ID("watched", int64(round)))},
	})
	if err != nil {
		return 0, err
	}
	answered := time.Now()
	if res.GetRevision() != head.GetRevision()+1 {
		return 0, errors.New("somebody else writes to the customer that is watched")
	}
	err = w.wait(ctx, "the change")
	return time.Since(answered), err
}
