package server_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/aip"
)

func (n *node) pop(c *contextv1.Consistency) (*contextv1.CustomerContext, error) {
	return n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: c1, Consistency: c})
}

func fully() *contextv1.Consistency {
	return &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}}
}

func atLeast(token string) *contextv1.Consistency {
	return &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: token}}
}

// unfollowed makes a node that reads the log at the start, and then hears nothing more of it by itself.
func unfollowed(t *testing.T) *node {
	n := newWorld(t).start(memstore.New())
	n.append(c1, stated("e1", "city", "Oslo"))
	n.ready()
	n.followed()
	n.log.Intercept(func(_ context.Context, method string) error {
		if method == "TailEvents" || method == "ListShards" {
			return logfake.Unavailable()
		}
		return nil
	})
	n.log.CutTails()
	n.eventually("the tail is cut", func() bool { return n.log.Calls("TailEvents") > 0 })
	return n
}

func TestWarmReadCallsNobody(t *testing.T) {
	n := unfollowed(t)
	must(n.pop(nil))(t)
	count := func() int { return n.log.Calls("ListEvents") + n.log.Calls("AppendEvents") + n.log.Calls("GetHead") }
	before := count()
	first := must(n.pop(nil))(t)
	must(n.PlanQuestions(n.ctx(), &contextv1.PlanQuestionsRequest{Customer: c1, Slots: []*contextv1.SlotRequest{{Slot: "city"}}}))(t)
	must(n.pop(atLeast(first.GetConsistencyToken())))(t)
	if got := count() - before; got != 0 {
		t.Errorf("%d calls", got)
	}
	if first.GetFreshness().GetFullyConsistent() || len(first.GetFacts()) != 1 {
		t.Errorf("got %v", first)
	}
}

func TestConsistency(t *testing.T) {
	n := unfollowed(t)
	old := must(n.pop(nil))(t)
	n.append(c1, stated("e2", "name", "Ada"))
	newer := aip.EncodeToken("default", aip.Position{Customer: "c1", Revision: 2})
	if got := must(n.pop(nil))(t); got.GetRevision() != 1 {
		t.Errorf("the fastest answer has revision %d", got.GetRevision())
	}
	if got := must(n.pop(atLeast(old.GetConsistencyToken())))(t); got.GetRevision() != 1 {
		t.Errorf("as fresh as before: revision %d", got.GetRevision())
	}
	if got := must(n.pop(atLeast(newer)))(t); got.GetRevision() != 2 {
		t.Errorf("as fresh as the token: revision %d", got.GetRevision())
	}
	n.append(c1, stated("e3", "age", "36"))
	n.clock.Advance(time.Minute)
	full := must(n.pop(fully()))(t)
	if full.GetRevision() != 3 || !full.GetFreshness().GetFullyConsistent() || !full.GetFreshness().GetAsOfTime().AsTime().Equal(n.clock.Now()) {
		t.Errorf("fully consistent: %v", full)
	}
	n.clock.Advance(time.Minute)
	if got := must(n.pop(nil))(t).GetFreshness(); got.GetFullyConsistent() || !got.GetAsOfTime().AsTime().Equal(n.clock.Now().Add(-time.Minute)) {
		t.Errorf("a minute later: %v", got)
	}
	_, err := n.pop(atLeast(aip.EncodeToken("default", aip.Position{Customer: "c1", Revision: 99})))
	wantReason(t, err, "INVALID_CONSISTENCY_TOKEN")
}

func TestAsOfTimeFollowsTheLog(t *testing.T) {
	n := run(t)
	n.append(c1, stated("e1", "city", "Oslo"))
	n.followed()
	now := n.clock.Advance(time.Hour)
	n.eventually("the answer is as of now", func() bool {
		return must(n.pop(nil))(t).GetFreshness().GetAsOfTime().AsTime().Equal(now)
	})
}

func TestLogDown(t *testing.T) {
	n := run(t)
	n.append(c1, stated("e1", "city", "Oslo"))
	who := n.resolve(call("c-1", phone("+12025550123")))
	n.followed()
	asOf := must(n.pop(nil))(t).GetFreshness().GetAsOfTime().AsTime()
	n.log.Down()
	n.clock.Advance(time.Hour)
	got := must(n.pop(nil))(t)
	if len(got.GetFacts()) != 1 || got.GetFreshness().GetAsOfTime().AsTime().Before(asOf) || got.GetFreshness().GetAsOfTime().AsTime().Equal(n.clock.Now()) {
		t.Errorf("a warm read: %v", got)
	}
	if again := n.resolve(call("", phone("+12025550123"))); again.GetCustomer() != who.GetCustomer() {
		t.Errorf("a known caller: %v", again)
	}
	for name, try := range map[string]func() error{
		"facts":         func() error { _, err := n.RecordFacts(n.ctx(), facts("r1", fact("a", "b"))); return err },
		"a new contact": func() error { _, err := n.ResolveCustomer(n.ctx(), call("c-2", phone("+12025550124"))); return err },
		"all there is":  func() error { _, err := n.pop(fully()); return err },
		"a slot":        func() error { return createSlot(n, &contextv1.Slot{Name: "slots/x"}) },
	} {
		if err := try(); reasonOf(err) != "UNAVAILABLE" {
			t.Errorf("%s: %v", name, err)
		}
	}
	unknown := must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: "customers/c9"}))(t)
	if unknown.GetCustomer() != "customers/c9" || unknown.GetRevision() != 0 || !unknown.GetFreshness().GetDegraded() {
		t.Errorf("an unknown one: %v", unknown)
	}
	n.log.Up()
	n.record(facts("r1", fact("a", "b")))
	if again := n.resolve(call("c-2", phone("+12025550124"))); !again.GetCreated() || !again.GetInteractionCreated() {
		t.Errorf("the retry: %v", again)
	}
	n.followed()
	if got := must(n.pop(nil))(t); len(got.GetFacts()) != 2 {
		t.Errorf("afterwards: %v", got)
	}
}

// A cold customer comes from the store; when the log cannot be reached, that has to do.
func TestColdReadFromTheStore(t *testing.T) {
	w := newWorld(t)
	store := memstore.New()
	n := w.start(store)
	n.ready()
	n.record(facts("", fact("city", "Oslo")))
	n.followed()
	n.stop()
	w.log.Intercept(func(_ context.Context, method string) error {
		if method == "TailEvents" {
			return logfake.Unavailable()
		}
		return nil
	})
	w.log.ResetCalls()
	cold := w.start(store)
	// It has its dictionary, but nothing more.
	w.eventually("the node tries to follow", func() bool { return w.log.Calls("TailEvents") > 0 })
	w.log.Down()
	got := must(cold.pop(nil))(t)
	if len(got.GetFacts()) != 1 {
		t.Errorf("got %v", got)
	}
	// Nobody claims that this is known to be complete: it was, when its newest event was recorded.
	if at := got.GetFreshness().GetAsOfTime().AsTime(); !at.Equal(got.GetRevisionTime().AsTime()) {
		t.Errorf("as of %v, newest event %v", at, got.GetRevisionTime().AsTime())
	}
}

// Without the dictionary nothing is recorded, because it could be a secret.
func TestNothingIsRecordedWithoutTheDictionary(t *testing.T) {
	w := newWorld(t)
	store := memstore.New()
	w.log.Down()
	n := w.start(store, func(o *projectorOptions) { o.ReadyWait = 10 * time.Millisecond })
	_, err := n.RecordFacts(n.ctx(), facts("r1", fact("pin", "1234")))
	wantReason(t, err, "UNAVAILABLE")
	_, err = n.pop(fully())
	wantReason(t, err, "UNAVAILABLE")
	_, err = n.ListSlots(n.ctx(), &contextv1.ListSlotsRequest{})
	wantReason(t, err, "UNAVAILABLE")
}

// While the view is built for the first time, a customer is never half known.
func TestNobodyIsHalfKnownWhileTheViewIsBuilt(t *testing.T) {
	w := newWorld(t)
	for i := range 50 {
		w.append(c1, stated(fmt.Sprint("e", i), fmt.Sprint("slot", i), "x"))
	}
	w.log.Intercept(func(_ context.Context, method string) error {
		if method == "TailEvents" {
			return logfake.Unavailable()
		}
		return nil
	})
	n := w.start(memstore.New())
	if got := must(n.pop(nil))(t); len(got.GetFacts()) != 50 {
		t.Errorf("%d facts", len(got.GetFacts()))
	}
}

// The kept answer ends when time changes it, and is the same as one built anew.
func TestKeptAnswerEndsInTime(t *testing.T) {
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/city", MaxAge: durationpb.New(time.Hour), ExpireAfter: durationpb.New(2 * time.Hour)})
	n.append(c1, stated("e1", "city", "Oslo"), stated("e2", "name", "Ada"))
	n.followed()
	status := func() contextv1.FactStatus {
		for _, f := range must(n.pop(nil))(t).GetFacts() {
			if f.GetSlotId() == "city" {
				return f.GetStatus()
			}
		}
		return contextv1.FactStatus_FACT_STATUS_UNSPECIFIED
	}
	for _, c := range []struct {
		after time.Duration
		want  contextv1.FactStatus
	}{
		{0, contextv1.FactStatus_FACT_STATUS_FRESH},
		{time.Hour, contextv1.FactStatus_FACT_STATUS_FRESH},
		{time.Nanosecond, contextv1.FactStatus_FACT_STATUS_STALE},
		{time.Hour, contextv1.FactStatus_FACT_STATUS_UNSPECIFIED},
		{-2 * time.Hour, contextv1.FactStatus_FACT_STATUS_FRESH}, // clocks go back at times
	} {
		n.clock.Advance(c.after)
		for range 2 {
			if got := status(); got != c.want {
				t.Errorf("at %v: %v, want %v", n.clock.Now(), got, c.want)
			}
		}
	}
}

// An answer has every field where a client expects it, also after being sent on.
func TestAnswerIsAnOrdinaryMessage(t *testing.T) {
	n := run(t)
	n.append(c1, stated("e1", "city", "Oslo"))
	n.followed()
	got := must(n.pop(nil))(t)
	if len(got.ProtoReflect().GetUnknown()) != 0 {
		t.Error("the client sees unknown fields")
	}
	b, err := proto.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var again contextv1.CustomerContext
	if err := proto.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, &again, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if got.GetCustomer() != c1 || got.GetConsistencyToken() == "" || got.GetFreshness() == nil || got.GetBrief() == nil {
		t.Errorf("got %v", got)
	}
}

func TestPlanAsOfAnotherTime(t *testing.T) {
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/city", MaxAge: durationpb.New(time.Hour)})
	n.append(c1, stated("e1", "city", "Oslo"))
	n.followed()
	n.clock.Advance(24 * time.Hour)
	plan := func(at time.Time) *contextv1.SlotPlan {
		req := &contextv1.PlanQuestionsRequest{Customer: c1, Slots: []*contextv1.SlotRequest{{Slot: "city"}}}
		if !at.IsZero() {
			req.AsOfTime = timestamppb.New(at)
		}
		return must(n.PlanQuestions(n.ctx(), req))(t).GetPlans()[0]
	}
	if got := plan(time.Time{}); got.GetDecision() != contextv1.Decision_DECISION_CONFIRM {
		t.Errorf("now: %v", got)
	}
	if got := plan(n.clock.Now().Add(-24 * time.Hour)); got.GetDecision() != contextv1.Decision_DECISION_USE {
		t.Errorf("then: %v", got)
	}
}

func TestPlanOfAnUnknownCustomerAsksForAll(t *testing.T) {
	n := run(t)
	for _, customer := range []string{"customers/nobody", "customers/_slots"} {
		got := must(n.PlanQuestions(n.ctx(), &contextv1.PlanQuestionsRequest{
			Customer: customer, Slots: []*contextv1.SlotRequest{{Slot: "city"}, {Slot: "name"}},
		}))(t)
		for _, p := range got.GetPlans() {
			if p.GetDecision() != contextv1.Decision_DECISION_ASK || p.GetReason() != contextv1.DecisionReason_DECISION_REASON_UNKNOWN {
				t.Errorf("%s: %v", customer, p)
			}
		}
		if got.GetRevision() != 0 {
			t.Errorf("revision %d", got.GetRevision())
		}
	}
}

func TestDirectEventsAreSeen(t *testing.T) {
	n := run(t)
	for i := range 20 {
		n.append(c1, &logv1.Event{
			EventId: fmt.Sprint("m", i), InteractionId: "i1",
			Payload: &logv1.Event_MessageSent{MessageSent: &logv1.MessageSent{Text: "hello"}},
		})
	}
	n.followed()
	if got := must(n.pop(nil))(t); got.GetRevision() != 20 {
		t.Errorf("revision %d", got.GetRevision())
	}
}
