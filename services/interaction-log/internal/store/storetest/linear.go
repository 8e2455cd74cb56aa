package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// RunLinearizable lets clients compete for a few customers through a domain.Log,
// with expected revisions, retries and commits whose outcome nobody learns, and
// has porcupine check that what they saw can be put in one order.
func RunLinearizable(t *testing.T, h Harness) {
	const clients, calls, customers = 12, 60, 3
	flaky := &flaky{Store: h.New(t, 2)}
	l, err := domain.NewLog(context.Background(), flaky, domain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var (
		mu      sync.Mutex
		history []porcupine.Operation
		all     sync.WaitGroup
	)
	begun := time.Now()
	for client := range clients {
		all.Go(func() {
			c := &contender{log: l, rng: rand.New(rand.NewPCG(seed, uint64(client))), begun: begun, id: client} //nolint:gosec // no secret
			for i := range calls {
				c.call(i, rand.New(rand.NewPCG(seed, uint64(i))).IntN(customers)) //nolint:gosec // no secret
			}
			mu.Lock()
			defer mu.Unlock()
			history = append(history, c.history...)
		})
	}
	all.Wait()
	unknown := 0
	for _, op := range history {
		if op.Output.(output).unknown {
			unknown++
		}
	}
	t.Logf("%d operations, %d of unknown outcome", len(history), unknown)
	if unknown == 0 || len(history) < clients*calls {
		t.Error("the history shows too little")
	}
	model := linearModel()
	switch result, info := porcupine.CheckOperationsVerbose(model.ToModel(), history, time.Minute); result {
	case porcupine.Ok:
	case porcupine.Unknown:
		t.Error("the check took too long")
	case porcupine.Illegal:
		path := t.ArtifactDir() + "/history.html"
		t.Errorf("the history is not linearizable (seed %d); see %s: %v", seed, path, porcupine.VisualizePath(model.ToModel(), info, path))
	}
}

// flaky is a store of which some appends end in an error that does not tell
// whether the events are stored.
type flaky struct {
	domain.Store
	mu    sync.Mutex
	calls int
}

var errUnknown = errors.New("the outcome is unknown")

// Append implements domain.Store.
func (f *flaky) Append(ctx context.Context, batches []*domain.Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	switch {
	case f.calls%23 == 0:
		return errUnknown
	case f.calls%17 == 0:
		return errors.Join(errUnknown, f.Store.Append(ctx, batches))
	}
	return f.Store.Append(ctx, batches)
}

// input is what a client asks for: to append n events to a customer if it is at a
// revision, or, when n is 0, where its head is.
type input struct {
	customer int
	id       string // of the first event
	n        int64
	expected int64 // -1 for any
}

// output is what a client saw.
type output struct {
	unknown  bool
	mismatch bool
	first    int64 // revision of the first event
	head     int64
}

type contender struct {
	log     *domain.Log
	rng     *rand.Rand
	begun   time.Time
	id      int
	seen    [8]int64 // the last known revision of each customer
	history []porcupine.Operation
}

// call does one operation, and does it again for as long as its outcome is
// unknown.
func (c *contender) call(i, customer int) {
	in := input{customer: customer, expected: -1}
	if c.rng.IntN(5) > 0 {
		in.n, in.id = 1+c.rng.Int64N(3), fmt.Sprintf("%d-%d", c.id, i)
		if c.rng.IntN(4) > 0 {
			in.expected = c.seen[customer]
		}
	}
	for {
		call := time.Since(c.begun).Nanoseconds()
		out := c.do(in)
		returned := time.Since(c.begun).Nanoseconds()
		if out.unknown {
			returned = math.MaxInt64
		}
		c.history = append(c.history, porcupine.Operation{ClientId: c.id, Input: in, Call: call, Output: out, Return: returned})
		if !out.unknown {
			c.seen[customer] = out.head
			return
		}
		// A client that does not know the outcome of its operation never ends it:
		// what follows is another client's.
		c.id += 1000
	}
}

func (c *contender) do(in input) output {
	key := Customer(fmt.Sprint(in.customer))
	if in.n == 0 {
		head, err := c.log.Head(context.Background(), key)
		return output{head: head.Revision, unknown: err != nil}
	}
	var events []*domain.Event
	for i := range in.n {
		events = append(events, Event(key, fmt.Sprintf("%s-%d", in.id, i), "x"))
	}
	b := Batch(events...)
	if in.expected >= 0 {
		b.Expected = &in.expected
	}
	switch err := c.log.Append(context.Background(), b); {
	case err == nil:
		return output{first: b.Results[0].Revision, head: b.Head}
	case fault.ReasonOf(err) == domain.ReasonRevisionMismatch:
		return output{mismatch: true, head: b.Head}
	}
	return output{unknown: true}
}

// state is a customer: its revision, and the appends that succeeded with their
// first revisions.
type state struct {
	head int64
	done string
}

func linearModel() *porcupine.NondeterministicModel {
	return &porcupine.NondeterministicModel{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			parts := map[int][]porcupine.Operation{}
			for _, op := range history {
				customer := op.Input.(input).customer
				parts[customer] = append(parts[customer], op)
			}
			var all [][]porcupine.Operation
			for _, p := range parts {
				all = append(all, p)
			}
			return all
		},
		Init: func() []any { return []any{state{}} },
		Step: func(s, in, out any) []any { return step(s.(state), in.(input), out.(output)) },
		DescribeOperation: func(in, out any) string {
			return fmt.Sprintf("%+v -> %+v", in, out)
		},
	}
}

// step returns the states that an operation with this outcome can lead to.
func step(s state, in input, out output) []any {
	if in.n == 0 {
		if out.unknown || out.head == s.head {
			return []any{s}
		}
		return nil
	}
	if i := strings.Index(s.done, " "+in.id+"="); i >= 0 {
		// A replay.
		var first int64
		_, _ = fmt.Sscanf(s.done[i+len(in.id)+2:], "%d", &first)
		if out.unknown || !out.mismatch && out.first == first && out.head == s.head {
			return []any{s}
		}
		return nil
	}
	if in.expected >= 0 && in.expected != s.head {
		if out.unknown || out.mismatch && out.head == s.head {
			return []any{s}
		}
		return nil
	}
	after := state{head: s.head + in.n, done: s.done + fmt.Sprintf(" %s=%d", in.id, s.head+1)}
	switch {
	case out.unknown:
		return []any{s, after}
	case !out.mismatch && out.first == s.head+1 && out.head == after.head:
		return []any{after}
	}
	return nil
}
