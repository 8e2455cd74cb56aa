package server_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
)

const (
	flatKnown       = contextv1.FlatStatus_FLAT_STATUS_KNOWN
	flatUnknown     = contextv1.FlatStatus_FLAT_STATUS_UNKNOWN
	flatUnreadable  = contextv1.FlatStatus_FLAT_STATUS_UNREADABLE
	flatUnavailable = contextv1.FlatStatus_FLAT_STATUS_UNAVAILABLE
)

func (n *node) flat(req *contextv1.GetFlatContextRequest) *contextv1.FlatContext {
	n.t.Helper()
	return must(n.GetFlatContext(n.ctx(), req))(n.t)
}

func TestGetFlatContext(t *testing.T) { synctest.Test(t, testGetFlatContext) }

func testGetFlatContext(t *testing.T) {
	n := run(t)
	who := n.resolve(call("c-1", phone("+12025550123")))
	n.record(&contextv1.RecordFactsRequest{Customer: who.GetCustomer(), Facts: []*contextv1.FactInput{fact("city", "Oslo")}})
	n.followed()
	n.eventually("nothing is missing", func() bool {
		return !n.flat(&contextv1.GetFlatContextRequest{Customer: who.GetCustomer()}).GetDegraded()
	})
	handed := must(n.CreateHandoff(n.ctx(), &contextv1.CreateHandoffRequest{Customer: who.GetCustomer(), Target: "billing", Summary: "Knows what to do."}))(t)
	n.followed()
	city := map[string]string{"slot_city": "Oslo", "decision_city": "use"}
	askCity := map[string]string{"slot_city": "", "decision_city": "ask"}
	for name, tt := range map[string]struct {
		req    *contextv1.GetFlatContextRequest
		status contextv1.FlatStatus
		want   map[string]string
	}{
		"by customer":          {&contextv1.GetFlatContextRequest{Customer: who.GetCustomer()}, flatKnown, city},
		"by identifier":        {&contextv1.GetFlatContextRequest{Identifier: phone("2025550123"), DefaultRegion: "US"}, flatKnown, city},
		"by contact":           {&contextv1.GetFlatContextRequest{PlatformContact: "genesys:c-1"}, flatKnown, city},
		"by a handoff's token": {&contextv1.GetFlatContextRequest{HandoffToken: handed.GetToken()}, flatKnown, map[string]string{"slot_city": "Oslo", "handoff_id": handed.GetHandoff().GetName()[len(who.GetCustomer()+"/handoffs/"):]}},
		"by another's token":   {&contextv1.GetFlatContextRequest{HandoffToken: token.NewSigner(testKey).Token("north", token.DeriveID("x"))}, flatUnknown, nil},
		"by no token":          {&contextv1.GetFlatContextRequest{HandoffToken: "x" + handed.GetToken()}, flatUnreadable, nil},
		"the customer first":   {&contextv1.GetFlatContextRequest{Customer: who.GetCustomer(), PlatformContact: "none"}, flatKnown, city},
		"other slots":          {&contextv1.GetFlatContextRequest{Customer: who.GetCustomer(), Slots: []string{"street"}}, flatKnown, map[string]string{"decision_street": "ask", "slot_city": ""}},
		"an unknown customer":  {&contextv1.GetFlatContextRequest{Customer: "customers/nobody", Slots: []string{"city"}}, flatUnknown, askCity},
		"a reserved customer":  {&contextv1.GetFlatContextRequest{Customer: "customers/_slots"}, flatUnknown, nil},
		"an unknown number":    {&contextv1.GetFlatContextRequest{Identifier: phone("+12025550199"), Slots: []string{"city"}}, flatUnknown, askCity},
		"no number at all":     {&contextv1.GetFlatContextRequest{Identifier: phone("anonymous"), Slots: []string{"city"}}, flatUnreadable, askCity},
		"no region":            {&contextv1.GetFlatContextRequest{Identifier: phone("2025550123")}, flatUnreadable, nil},
		"an unknown contact":   {&contextv1.GetFlatContextRequest{PlatformContact: "genesys:c-2"}, flatUnknown, nil},
		"an odd contact":       {&contextv1.GetFlatContextRequest{PlatformContact: "genesys"}, flatUnreadable, nil},
		"nothing says who":     {&contextv1.GetFlatContextRequest{}, flatUnreadable, nil},
	} {
		got := n.flat(tt.req)
		if got.GetStatus() != tt.status || got.GetDegraded() || got.GetTruncated() {
			t.Errorf("%s: got %v", name, got)
		}
		for key, want := range tt.want {
			if got.GetValues()[key] != want {
				t.Errorf("%s: %s: got %q, want %q", name, key, got.GetValues()[key], want)
			}
		}
		if (tt.status == flatKnown) != (got.GetValues()["customer"] != "") {
			t.Errorf("%s: customer %q", name, got.GetValues()["customer"])
		}
	}
	if _, err := n.GetFlatContext(n.ctx(), &contextv1.GetFlatContextRequest{Customer: "nobody"}); reasonOf(err) != "INVALID_REQUEST" {
		t.Errorf("got %v", err)
	}
}

// slowBy is how long a call takes in the trouble called slow.
const slowBy = 300 * time.Millisecond

// An answer comes before the deadline, whatever the log does, and says what it may lack.
func TestAnswersComeInTime(t *testing.T) {
	for name, begin := range map[string]func(*logfake.Log){
		"down": (*logfake.Log).Down, "slow": func(l *logfake.Log) { l.Slow(slowBy) }, "paused": (*logfake.Log).Pause,
	} {
		inBubble(t, name, func(t *testing.T) {
			w := newWorld(t)
			store := memstore.New()
			warm := w.start(store)
			warm.ready()
			who := warm.resolve(call("c-1", phone("+12025550123"))).GetCustomer()
			warm.record(&contextv1.RecordFactsRequest{Customer: who, Facts: []*contextv1.FactInput{fact("city", "Oslo")}})
			warm.followed()
			warm.stop()
			begin(w.log)
			t.Cleanup(w.log.Resume)
			cold := w.start(store)
			for _, deadline := range []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, 800 * time.Millisecond} {
				in := func(do func(context.Context) error) {
					t.Helper()
					ctx, cancel := context.WithTimeout(t.Context(), deadline)
					defer cancel()
					if err := do(ctx); err != nil {
						t.Errorf("%v: %v", deadline, err)
					}
				}
				for _, customer := range []string{who, "customers/nobody"} {
					in(func(ctx context.Context) error {
						got, err := cold.GetContext(ctx, &contextv1.GetContextRequest{Customer: customer})
						if err == nil && (got.GetCustomer() != customer || len(got.GetSections()) != 15 || name != "slow" && !got.GetFreshness().GetDegraded()) {
							t.Errorf("%v: got %v", deadline, got)
						}
						return tolerate(err, name == "slow", "CUSTOMER_NOT_FOUND")
					})
					in(func(ctx context.Context) error {
						got, err := cold.PlanQuestions(ctx, &contextv1.PlanQuestionsRequest{Customer: customer, Slots: []*contextv1.SlotRequest{{Slot: "city"}}})
						if err == nil && name != "slow" && (got.GetPlans()[0].GetDecision() != contextv1.Decision_DECISION_ASK || !got.GetFreshness().GetDegraded()) {
							t.Errorf("%v: got %v", deadline, got)
						}
						return err
					})
					in(func(ctx context.Context) error {
						got, err := cold.GetFlatContext(ctx, &contextv1.GetFlatContextRequest{Customer: customer, Slots: []string{"city"}})
						if err == nil && name != "slow" && (got.GetValues()["decision_city"] != "ask" || !got.GetDegraded() || (customer == who) != (got.GetStatus() == flatKnown)) {
							t.Errorf("%v: got %v", deadline, got)
						}
						return err
					})
				}
				in(func(ctx context.Context) error {
					got, err := cold.GetFlatContext(ctx, &contextv1.GetFlatContextRequest{Identifier: phone("+12025550199")})
					if err == nil && name != "slow" && got.GetStatus() != flatUnavailable {
						t.Errorf("%v: got %v", deadline, got)
					}
					return err
				})
			}
		})
	}
}

// inBubble runs a test in a time of its own.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// tolerate takes an error for none where it may be right.
func tolerate(err error, may bool, reason string) error {
	if may && reasonOf(err) == reason {
		return nil
	}
	return err
}

// Without the dictionary nobody knows what is sensitive, so no values are told.
func TestNoValuesWithoutTheDictionary(t *testing.T) {
	w := newWorld(t)
	store := memstore.New()
	warm := w.start(store)
	warm.ready()
	warm.append(c1, stated("e1", "city", "Oslo"), verified("e2", logv1.VerificationLevel_VERIFICATION_LEVEL_MULTI_FACTOR))
	warm.followed()
	warm.stop()
	w.log.Down()
	cold := w.start(store, func(o *projectorOptions) { o.ReadyWait = 10 * time.Millisecond })
	got := must(cold.pop(nil))(t)
	if len(got.GetFacts())+len(got.GetDoNotAsk())+len(got.GetVerifications()) > 0 || got.GetRevision() != 2 || !got.GetFreshness().GetDegraded() {
		t.Errorf("got %v", got)
	}
	for _, s := range got.GetSections() {
		if s.GetSection() == contextv1.ContextSection_CONTEXT_SECTION_FACTS && s.GetReason() != contextv1.IncompleteReason_INCOMPLETE_REASON_NO_DICTIONARY {
			t.Errorf("facts are %v", s)
		}
	}
	if flat := cold.flat(&contextv1.GetFlatContextRequest{Customer: c1}); flat.GetValues()["slot_city"] != "" || flat.GetValues()["verified"] != "" || flat.GetStatus() != flatKnown {
		t.Errorf("got %v", flat)
	}
}

func verified(id string, level logv1.VerificationLevel) *logv1.Event {
	return &logv1.Event{
		EventId: id, Channel: logv1.Channel_CHANNEL_IVR,
		Payload: &logv1.Event_VerificationAttempted{VerificationAttempted: &logv1.VerificationAttempted{
			Method: "otp-sms", Level: level, Result: logv1.VerificationResult_VERIFICATION_RESULT_PASSED,
		}},
	}
}

// What a caller gets does not depend on who asked before.
func TestAskersDoNotShareWhatIsNotForAll(t *testing.T) {
	n := run(t)
	must(n.CreateSlot(n.ctx(), &contextv1.CreateSlotRequest{SlotId: "balance", Slot: &contextv1.Slot{
		Sensitivity: commonv1.Sensitivity_SENSITIVITY_PERSONAL, MinVerification: logv1.VerificationLevel_VERIFICATION_LEVEL_MULTI_FACTOR,
	}}))(t)
	n.append(c1, stated("e1", "balance", "12"), verified("e2", logv1.VerificationLevel_VERIFICATION_LEVEL_MULTI_FACTOR), &logv1.Event{
		EventId: "e3", Payload: &logv1.Event_ConsentChanged{ConsentChanged: &logv1.ConsentChanged{
			Purpose: "marketing", Status: logv1.ConsentStatus_CONSENT_STATUS_DENIED,
		}},
	})
	n.followed()
	pop := func(view contextv1.ContextView, a *contextv1.Asker) *contextv1.CustomerContext {
		return must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: c1, View: view, Asker: a}))(t)
	}
	inChat := &contextv1.Asker{Channel: logv1.Channel_CHANNEL_CHAT}
	ads := &contextv1.Asker{Purpose: "marketing"}
	for range 2 {
		if got := pop(0, nil); got.GetFacts()[0].GetValue() != "12" || got.GetView() != contextv1.ContextView_CONTEXT_VIEW_FULL || got.GetBrief() == nil {
			t.Errorf("got %v", got)
		}
		if got := pop(0, inChat); got.GetFacts()[0].GetValue() != "***" || got.GetFacts()[0].GetWithheld() != contextv1.WithheldReason_WITHHELD_REASON_VERIFICATION_TOO_LOW ||
			got.GetVerificationStatus().GetEffectiveLevel() != logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR {
			t.Errorf("in the chat: %v", got)
		}
		if got := pop(0, ads); len(got.GetFacts()) != 0 || len(got.GetConsents()) != 1 || got.GetIdentity() != nil || got.GetVerificationStatus() != nil {
			t.Errorf("for marketing: %v", got)
		}
		if got := pop(contextv1.ContextView_CONTEXT_VIEW_IVR, nil); len(got.GetFacts()) != 0 || got.GetBrief() != nil || len(got.GetVerifications()) != 1 || len(got.GetSections()) != 5 {
			t.Errorf("for an IVR: %v", got)
		}
		if got := pop(0, &contextv1.Asker{Purpose: "service", Intent: "x"}); got.GetFacts()[0].GetValue() != "12" {
			t.Errorf("for service: %v", got)
		}
	}
	plan := must(n.PlanQuestions(n.ctx(), &contextv1.PlanQuestionsRequest{Customer: c1, Slots: []*contextv1.SlotRequest{{Slot: "balance"}}, Asker: inChat}))(t)
	want := &contextv1.SlotPlan{
		Slot: "balance", SlotId: "balance", Decision: contextv1.Decision_DECISION_WITHHOLD, Sensitivity: commonv1.Sensitivity_SENSITIVITY_PERSONAL,
		Reason:      contextv1.DecisionReason_DECISION_REASON_VERIFICATION_TOO_LOW,
		Explanation: "Withheld: the customer is single factor; verify to multi factor and ask again.",
	}
	if diff := cmp.Diff(want, plan.GetPlans()[0], protocmp.Transform()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// A secret is known by the verification that stands for it.
func TestAVerificationStandsForASecret(t *testing.T) {
	n := run(t)
	must(n.CreateSlot(n.ctx(), &contextv1.CreateSlotRequest{SlotId: "pin", Slot: &contextv1.Slot{Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET}}))(t)
	n.append(c1, verified("e1", logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR))
	n.followed()
	p := must(n.PlanQuestions(n.ctx(), &contextv1.PlanQuestionsRequest{Customer: c1, Slots: []*contextv1.SlotRequest{{Slot: "pin"}}}))(t).GetPlans()[0]
	if p.GetDecision() != contextv1.Decision_DECISION_USE || p.GetReason() != contextv1.DecisionReason_DECISION_REASON_VERIFIED || p.GetVerification().GetEventId() != "e1" || p.GetValue() != "" {
		t.Errorf("got %v", p)
	}
	q := must(n.RecordQuestion(n.ctx(), &contextv1.RecordQuestionRequest{Customer: c1, Slot: "pin"}))(t)
	if q.GetRepeat() {
		t.Error("asking for a secret is a repeat")
	}
	if flat := n.flat(&contextv1.GetFlatContextRequest{Customer: c1}); flat.GetValues()["decision_pin"] != "use" || flat.GetValues()["verified"] != "single_factor" {
		t.Errorf("got %v", flat)
	}
}

// What was withheld from whoever asked is no repeat.
func TestAskingForWhatIsWithheldIsNoRepeat(t *testing.T) {
	n := run(t)
	must(n.CreateSlot(n.ctx(), &contextv1.CreateSlotRequest{SlotId: "account", Slot: &contextv1.Slot{Sensitivity: commonv1.Sensitivity_SENSITIVITY_SENSITIVE}}))(t)
	n.append(c1, stated("e1", "account", "A-1"))
	n.followed()
	ask := func(id string, kind logv1.ActorKind) *contextv1.RecordQuestionRequest {
		return &contextv1.RecordQuestionRequest{Customer: c1, Slot: "account", RequestId: id, Origin: &contextv1.Origin{Actor: &logv1.Actor{Kind: kind}}}
	}
	for range 2 { // the second time it is a request that comes again
		if must(n.RecordQuestion(n.ctx(), ask("b", logv1.ActorKind_ACTOR_KIND_BOT)))(t).GetRepeat() {
			t.Error("the bot could not know")
		}
		if !must(n.RecordQuestion(n.ctx(), ask("a", logv1.ActorKind_ACTOR_KIND_AGENT)))(t).GetRepeat() {
			t.Error("the agent knew")
		}
	}
	// Questions that others wrote to the log are judged alike.
	byBot, byAgent := asked("q1", "account"), asked("q2", "account")
	byBot.Actor, byAgent.Actor = &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_BOT}, &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT}
	n.append(c1, byBot, byAgent)
	n.eventually("the agent's repeat is recorded", func() bool { return n.repeats() == 2 })
	n.followed()
	if got := n.repeats(); got != 2 {
		t.Errorf("%d repeats, want the agent's two", got)
	}
}

func (n *node) repeats() int {
	count := 0
	for _, e := range n.log.Events(c1) {
		if e.GetRepeatDetected() != nil {
			count++
		}
	}
	return count
}
