package server_test

import (
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// TestFromIVRToAgent is the story that the service exists for.
func TestFromIVRToAgent(t *testing.T) {
	n := run(t)
	ctx := n.ctx()
	must(n.CreateSlot(ctx, &contextv1.CreateSlotRequest{SlotId: "account_number", Slot: &contextv1.Slot{
		DisplayName: "Account number", Aliases: []*contextv1.SlotAlias{{Name: "acct_no", Scope: "ivr"}},
	}}))(t)
	who := must(n.ResolveCustomer(ctx, &contextv1.ResolveCustomerRequest{
		Identifiers:     []*logv1.Identifier{phone("+1 202 555 0123")},
		PlatformContact: &contextv1.PlatformContact{Platform: "genesys", ContactId: "call-1"},
		Channel:         logv1.Channel_CHANNEL_IVR,
		Direction:       logv1.Direction_DIRECTION_INBOUND,
	}))(t)
	if !who.GetCreated() || !who.GetInteractionCreated() || who.GetRevision() != 2 {
		t.Errorf("first contact: %v", who)
	}
	facts := must(n.RecordFacts(ctx, &contextv1.RecordFactsRequest{
		Customer: who.GetCustomer(), Scope: "ivr", RequestId: "r1",
		Facts:  []*contextv1.FactInput{{Slot: "acct_no", Value: "A-17"}},
		Origin: &contextv1.Origin{InteractionId: who.GetInteractionId(), Channel: logv1.Channel_CHANNEL_IVR},
	}))(t)
	if got := facts.GetSlotIds(); len(got) != 1 || got[0] != "account_number" {
		t.Errorf("slot ids %v", got)
	}
	plan := must(n.PlanQuestions(ctx, &contextv1.PlanQuestionsRequest{
		Customer: who.GetCustomer(), Slots: []*contextv1.SlotRequest{{Slot: "Account Number"}, {Slot: "pin"}},
	}))(t)
	if p := plan.GetPlans()[0]; p.GetDecision() != contextv1.Decision_DECISION_USE || p.GetValue() != "A-17" {
		t.Errorf("plan %v", p)
	}
	if p := plan.GetPlans()[1]; p.GetDecision() != contextv1.Decision_DECISION_ASK {
		t.Errorf("plan %v", p)
	}
	q := must(n.RecordQuestion(ctx, &contextv1.RecordQuestionRequest{
		Customer: who.GetCustomer(), Slot: "account_number", RequestId: "q1",
		Origin: &contextv1.Origin{Channel: logv1.Channel_CHANNEL_CHAT},
	}))(t)
	if !q.GetRepeat() || q.GetKnownFact().GetValue() != "A-17" {
		t.Errorf("question: %v", q)
	}
	pop := must(n.GetContext(ctx, &contextv1.GetContextRequest{
		Identifier: phone("202-555-0123"), DefaultRegion: "US",
		Consistency: &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: q.GetConsistencyToken()}},
	}))(t)
	if len(pop.GetFacts()) != 1 || pop.GetRepeats().GetRepeats() != 1 || len(pop.GetLiveInteractions()) != 1 || len(pop.GetDoNotAsk()) != 1 {
		t.Errorf("context: %v", pop)
	}
	if pop.GetFreshness().GetAsOfTime() == nil || pop.GetRevision() != q.GetRevision() {
		t.Errorf("freshness: %v", pop)
	}
	n.followed()
	if got := len(n.log.Events(who.GetCustomer())); got != 5 {
		t.Errorf("%d events, want 5", got)
	}
}
