package server_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
)

// Clients compete for handoffs on two replicas, over a log of which some appends end without telling whether they were
// done; some retry by their request id, others give up. What they saw can be put in one order, in which a handoff goes
// the ways of the contract's picture, and one receiver gets the customer.
func TestHandoffsAreLinearizable(t *testing.T) {
	const clients, rounds, offers = 12, 15, 8
	w := newWorld(t)
	flaky := func(o *projectorOptions) { o.Log = &unsureLog{InteractionLogServiceClient: w.logRPC} }
	nodes := []*node{w.start(memstore.New(), flaky), w.start(memstore.New(), flaky)}
	for _, n := range nodes {
		n.ready()
	}
	w.append(c1, stated("s", "city", "Oslo"))
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	begun := time.Now()
	var mu sync.Mutex
	var history []porcupine.Operation
	for round := range rounds {
		made := make([]*contextv1.CreateHandoffResponse, offers)
		for i := range made {
			made[i] = eventuallyOffered(t, nodes[i%2], fmt.Sprintf("%d-%d", round, i))
		}
		var all sync.WaitGroup
		for client := range clients {
			rng := rand.New(rand.NewPCG(seed, uint64(round*clients+client)))
			c := &contender{node: nodes[client%2], rng: rng, begun: begun, id: round*clients + client}
			all.Go(func() {
				for range 2 {
					c.step(made[rng.IntN(offers)])
				}
				mu.Lock()
				defer mu.Unlock()
				history = append(history, c.history...)
			})
		}
		all.Wait()
	}
	seen := map[string]int{}
	for _, op := range history {
		seen[op.Output.(string)]++
	}
	t.Logf("%d operations: %v", len(history), seen)
	for _, outcome := range []string{outcomeDone, outcomeTaken, outcomeUnknown} {
		if seen[outcome] == 0 {
			t.Errorf("the history shows no %s", outcome)
		}
	}
	model := handoffModel()
	switch result, info := porcupine.CheckOperationsVerbose(model.ToModel(), history, time.Minute); result {
	case porcupine.Ok:
	case porcupine.Unknown:
		t.Error("the check took too long")
	case porcupine.Illegal:
		path := t.ArtifactDir() + "/history.html"
		t.Errorf("the history is not linearizable (seed %d); see %s: %v", seed, path, porcupine.VisualizePath(model.ToModel(), info, path))
	}
	for _, e := range w.log.Events(c1) {
		if a := e.GetHandoffAccepted(); a != nil && a.GetBy().GetId() == "" {
			t.Errorf("nobody accepted: %v", e)
		}
	}
}

// unsureLog is a log of which every seventh append fails: before it is done, or after.
type unsureLog struct {
	logv1.InteractionLogServiceClient
	calls atomic.Int64
}

func (l *unsureLog) AppendEvents(ctx context.Context, req *logv1.AppendEventsRequest, opts ...grpc.CallOption) (*logv1.AppendEventsResponse, error) {
	n := l.calls.Add(1)
	if n%14 == 0 {
		return nil, status.Error(codes.Unavailable, "it was not done")
	}
	resp, err := l.InteractionLogServiceClient.AppendEvents(ctx, req, opts...)
	if n%7 == 0 {
		return nil, status.Error(codes.Unavailable, "it may have been done")
	}
	return resp, err
}

func eventuallyOffered(t *testing.T, n *node, id string) *contextv1.CreateHandoffResponse {
	t.Helper()
	var last error
	for range 50 {
		resp, err := n.CreateHandoff(n.ctx(), &contextv1.CreateHandoffRequest{Customer: c1, RequestId: id})
		if err == nil {
			return resp
		}
		last = err
	}
	t.Fatal(last)
	return nil
}

// What a client sees of a step.
const (
	outcomeDone    = "done"
	outcomeTaken   = "taken"    // by somebody else
	outcomeNotOpen = "not open" // any more, or not yet
	outcomeUnknown = "unknown"
)

// handoffAttempt is a step that a client asks for. The same id is the same request.
type handoffAttempt struct{ handoff, step, id string }

type contender struct {
	*node
	rng     *rand.Rand
	begun   time.Time
	id      int
	n       int
	history []porcupine.Operation
}

// step takes one step, and mostly takes it again while its outcome is unknown.
func (c *contender) step(made *contextv1.CreateHandoffResponse) {
	c.n++
	in := handoffAttempt{
		handoff: made.GetHandoff().GetName(), id: fmt.Sprintf("%d-%d", c.id, c.n),
		step: []string{"accept", "accept", "accept", "decline", "cancel", "complete"}[c.rng.IntN(6)],
	}
	for {
		call := time.Since(c.begun).Nanoseconds()
		out := c.do(in, made.GetToken())
		returned := time.Since(c.begun).Nanoseconds()
		if out == outcomeUnknown {
			returned = math.MaxInt64
		}
		c.history = append(c.history, porcupine.Operation{ClientId: c.id, Input: in, Call: call, Output: out, Return: returned})
		if out != outcomeUnknown {
			return
		}
		// An operation of unknown outcome never ends: what follows is another client's.
		c.id += 100_000
		if c.rng.IntN(4) == 0 {
			return
		}
	}
}

func (c *contender) do(in handoffAttempt, token string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var err error
	switch in.step {
	case "accept":
		_, err = c.AcceptHandoff(ctx, &contextv1.AcceptHandoffRequest{Token: token, RequestId: in.id, Origin: originIn("i"+in.id, in.id)})
	case "decline":
		_, err = c.DeclineHandoff(ctx, &contextv1.DeclineHandoffRequest{Name: in.handoff, RequestId: in.id})
	case "cancel":
		_, err = c.CancelHandoff(ctx, &contextv1.CancelHandoffRequest{Name: in.handoff, RequestId: in.id})
	case "complete":
		_, err = c.CompleteHandoff(ctx, &contextv1.CompleteHandoffRequest{Name: in.handoff, RequestId: in.id})
	}
	switch reason := reasonOf(err); {
	case err == nil:
		return outcomeDone
	case reason == "HANDOFF_ALREADY_ACCEPTED":
		return outcomeTaken
	case reason == "HANDOFF_NOT_OPEN":
		return outcomeNotOpen
	}
	return outcomeUnknown
}

// handoffPlace is where a handoff stands, and which requests brought it there.
type handoffPlace struct{ state, accepted, ended string }

func handoffModel() *porcupine.NondeterministicModel {
	return &porcupine.NondeterministicModel{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			parts := map[string][]porcupine.Operation{}
			for _, op := range history {
				h := op.Input.(handoffAttempt).handoff
				parts[h] = append(parts[h], op)
			}
			var all [][]porcupine.Operation
			for _, p := range parts {
				all = append(all, p)
			}
			return all
		},
		Init:              func() []any { return []any{handoffPlace{state: "offered"}} },
		Step:              func(s, in, out any) []any { return nextPlaces(s.(handoffPlace), in.(handoffAttempt), out.(string)) },
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %v", in, out) },
	}
}

// nextPlaces returns where a step with this outcome can lead.
func nextPlaces(p handoffPlace, in handoffAttempt, out string) []any {
	after, want := p, outcomeNotOpen
	switch {
	case in.id == p.accepted || in.id == p.ended:
		want = outcomeDone // a repetition
	case p.state == "offered" && in.step == "accept":
		after, want = handoffPlace{state: "accepted", accepted: in.id}, outcomeDone
	case p.state == "offered" && in.step != "complete", p.state == "accepted" && (in.step == "cancel" || in.step == "complete"):
		after, want = handoffPlace{state: in.step, accepted: p.accepted, ended: in.id}, outcomeDone
	case (p.state == "accepted" || p.state == "complete") && (in.step == "accept" || in.step == "decline"):
		want = outcomeTaken
	}
	switch out {
	case outcomeUnknown:
		return []any{p, after}
	case want:
		return []any{after}
	}
	return nil
}
