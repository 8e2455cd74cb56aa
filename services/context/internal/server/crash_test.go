package server_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// crash ends a process after a number of effects: whatever it tries to write to the store or the log from then on does
// not happen. The last effect may happen without the process hearing of it.
type crash struct {
	left   atomic.Int64
	after  bool // the last effect happens
	Killed chan struct{}
	once   sync.Once
}

func newCrash(effects int64, after bool) *crash {
	c := &crash{after: after, Killed: make(chan struct{})}
	c.left.Store(effects)
	return c
}

func (c *crash) do(effect func() error) error {
	left := c.left.Add(-1)
	if left > 0 {
		return effect()
	}
	c.once.Do(func() { close(c.Killed) })
	if left == 0 && c.after {
		_ = effect()
	}
	return fault.New(fault.Unavailable, fault.ServiceUnavailable, "the process is dead")
}

type crashStore struct {
	domain.Store
	*crash
}

func (s crashStore) Save(ctx context.Context, p domain.Progress) error {
	return s.do(func() error { return s.Store.Save(ctx, p) })
}

func (s crashStore) Bind(ctx context.Context, tenant string, b []domain.Binding) error {
	return s.do(func() error { return s.Store.Bind(ctx, tenant, b) })
}

type crashLog struct {
	logv1.InteractionLogServiceClient
	*crash
}

func (l crashLog) AppendEvents(ctx context.Context, req *logv1.AppendEventsRequest, opts ...grpc.CallOption) (resp *logv1.AppendEventsResponse, err error) {
	err = l.do(func() error {
		resp, err = l.InteractionLogServiceClient.AppendEvents(ctx, req, opts...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

var crashCustomers = []string{"customers/a", "customers/b", "customers/c"}

// TestCrashesLoseNothing lets a node follow random events that others write, kills it at random moments, starts it
// again on what it has stored, and in the end compares with what the log alone says.
func TestCrashesLoseNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		store := memstore.New()
		events := 0
		for range rapid.IntRange(1, 4).Draw(rt, "lives") {
			c := newCrash(int64(rapid.IntRange(1, 12).Draw(rt, "effects")), rapid.Bool().Draw(rt, "unheard"))
			n := w.startCrashing(store, c, rapid.Bool().Draw(rt, "slow"))
			for range rapid.IntRange(1, 12).Draw(rt, "events") {
				events++
				w.append(draw(rt, crashCustomers), randomEvent(rt, events))
				if rapid.IntRange(0, 5).Draw(rt, "cut") == 0 {
					w.log.CutTails()
				}
				if rapid.IntRange(0, 5).Draw(rt, "read") == 0 {
					_, _ = n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: draw(rt, crashCustomers), Consistency: fully()})
				}
			}
			if rapid.Bool().Draw(rt, "until it dies") {
				select {
				case <-c.Killed:
				case <-time.After(20 * time.Millisecond): // it may have nothing more to write
				}
			}
			c.left.Store(0) // dead by now, if not before
			n.stop()
		}
		last := w.start(store)
		last.settle()
		w.checkAgainstTheLog(rt, last)

		before := w.log.Customers()
		appended := w.log.Calls("AppendEvents")
		rebuilt := w.start(memstore.New())
		rebuilt.settle()
		w.checkAgainstTheLog(rt, rebuilt)
		if diff := cmp.Diff(before, w.log.Customers()); diff != "" {
			rt.Fatalf("customers:\n%s", diff)
		}
		if got := w.log.Calls("AppendEvents"); got != appended {
			rt.Fatalf("a rebuild appended %d times what the log had already", got-appended)
		}
		for _, n := range []*node{last, rebuilt} {
			n.stop()
		}
	})
}

func draw[T any](rt *rapid.T, from []T) T { return rapid.SampledFrom(from).Draw(rt, "choice") }

func randomEvent(rt *rapid.T, i int) *logv1.Event {
	slot := draw(rt, []string{"city", "name"})
	switch rapid.IntRange(0, 5).Draw(rt, "kind") {
	case 0:
		return stated(fmt.Sprint("e", i), slot, draw(rt, []string{"x", "y"}))
	case 1:
		return &logv1.Event{EventId: fmt.Sprint("e", i), Payload: &logv1.Event_FactRetracted{FactRetracted: &logv1.FactRetracted{Slot: slot}}}
	case 2, 3:
		return attempt(fmt.Sprint("e", i), draw(rt, []logv1.VerificationResult{passed, failed, unavailable}))
	default:
		return asked(fmt.Sprint("e", i), slot)
	}
}

func (w *world) startCrashing(store domain.Store, c *crash, slow bool) *node {
	return w.start(crashStore{store, c}, func(o *projector.Options) {
		o.Log = crashLog{w.logRPC, c}
		if slow {
			o.SaveEvery = 50 * time.Millisecond
		}
	})
}

// settle waits until the node has applied all of the log, and its own reactions.
func (n *node) settle() {
	n.t.Helper()
	n.ready()
	n.eventually("nothing is owed any more", func() bool {
		n.followed()
		return n.view.Backlog() == 0
	})
	n.followed()
}

// checkAgainstTheLog compares a node with a fold of the log, and the repeats and double verifications in the log with those
// that there ought to be.
func (w *world) checkAgainstTheLog(rt *rapid.T, n *node) {
	for _, customer := range crashCustomers {
		events := w.log.Events(customer)
		if len(events) == 0 {
			continue
		}
		state := &domain.State{}
		want, got := map[string]int{}, map[string]int{}
		for _, e := range events {
			if q := e.GetQuestionAsked(); q != nil {
				_, repeat := domain.DetectRepeat(domain.NewView(state, nil), domain.Question{
					EventID: e.GetEventId(), Slot: q.GetSlot(), Asker: domain.Unrestricted, OccurredAt: wire.Time(e.GetOccurredAt()),
				})
				if repeat {
					want[domain.RepeatEventID(e.GetEventId())]++
				}
			}
			ev := wire.Event(e)
			if a, ok := ev.Payload.(domain.VerificationAttempted); ok {
				if _, double := domain.DetectDoubleVerification(domain.NewView(state, nil), domain.AttemptOf(&ev, a)); double {
					want[domain.DoubleVerificationEventID(ev.EventID)]++
				}
			}
			if e.GetRepeatDetected() != nil || e.GetDoubleVerificationDetected() != nil {
				got[e.GetEventId()]++
			}
			var err error
			if state, err = domain.Apply(state, ev); err != nil {
				rt.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("findings about %s (-want +got):\n%s", customer, diff)
		}
		r, err := n.view.Tenant(auth.DefaultTenant).Read(n.ctx(), projector.CustomerID(customer), projector.Want{})
		if err != nil {
			rt.Fatal(err)
		}
		if !r.State.Equal(state) {
			rt.Fatalf("state of %s: got %+v, want %+v", customer, r.State, state)
		}
	}
}

// TestRebuildGivesTheSameAnswers runs the whole service, throws the store away, and asks again.
func TestRebuildGivesTheSameAnswers(t *testing.T) {
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/city", Aliases: []*contextv1.SlotAlias{{Name: "town"}}})
	customers := map[string]bool{}
	for i := range 12 {
		n.clock.Advance(time.Minute)
		who := n.resolve(call(fmt.Sprint("c-", i), phone(fmt.Sprintf("+1202555%04d", i%5+100))))
		customers[who.GetCustomer()] = true
		must(n.RecordFacts(n.ctx(), &contextv1.RecordFactsRequest{
			Customer: who.GetCustomer(), Scope: []string{"ivr", "bot"}[i%2], RequestId: fmt.Sprint("r", i),
			Facts:  []*contextv1.FactInput{fact("town", fmt.Sprint("Oslo", i%3)), fact(fmt.Sprint("slot", i), "x")},
			Origin: &contextv1.Origin{InteractionId: who.GetInteractionId()},
		}))(t)
		must(n.RecordQuestion(n.ctx(), &contextv1.RecordQuestionRequest{Customer: who.GetCustomer(), Slot: "city", Scope: "bot"}))(t)
		n.append(who.GetCustomer(), asked(fmt.Sprint("direct-", i), "town"))
	}
	n.slot(&contextv1.Slot{Name: "slots/place", Aliases: []*contextv1.SlotAlias{{Name: "slot3"}}})
	n.settle()
	other := n.start(memstore.New())
	other.settle()
	appends := n.log.Calls("AppendEvents")
	for customer := range customers {
		req := &contextv1.GetContextRequest{Customer: customer}
		fresh := protocmp.IgnoreFields(&contextv1.CustomerContext{}, "freshness", "sections")
		if diff := cmp.Diff(must(n.GetContext(n.ctx(), req))(t), must(other.GetContext(n.ctx(), req))(t), protocmp.Transform(), fresh); diff != "" {
			t.Errorf("context of %s (-before +after):\n%s", customer, diff)
		}
		plan := &contextv1.PlanQuestionsRequest{Customer: customer, Scope: "ivr", Slots: []*contextv1.SlotRequest{
			{Slot: "town"}, {Slot: "city"}, {Slot: "place"}, {Slot: "slot1"}, {Slot: "slot2", Scope: "bot"},
		}}
		if diff := cmp.Diff(must(n.PlanQuestions(n.ctx(), plan))(t), must(other.PlanQuestions(n.ctx(), plan))(t), protocmp.Transform()); diff != "" {
			t.Errorf("plan of %s (-before +after):\n%s", customer, diff)
		}
	}
	for i := range 5 {
		req := call("", phone(fmt.Sprintf("+1202555%04d", i+100)))
		if diff := cmp.Diff(n.resolve(req), other.resolve(req), protocmp.Transform()); diff != "" {
			t.Errorf("phone %d (-before +after):\n%s", i, diff)
		}
	}
	if got := n.log.Calls("AppendEvents"); got != appends {
		t.Errorf("the rebuild appended %d times", got-appends)
	}
}
