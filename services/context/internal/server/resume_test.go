package server_test

import (
	"fmt"
	"testing"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// told appends what happened in an interaction straight to the log, as a platform does.
func (n *node) told(customer, interaction string, payloads ...*logv1.Event) {
	n.t.Helper()
	for _, e := range payloads {
		e.EventId = fmt.Sprintf("%s-%d", interaction, len(n.log.Events(customer)))
		e.InteractionId, e.Channel = interaction, logv1.Channel_CHANNEL_IVR
		n.append(customer, e)
	}
	n.followed()
}

// A call drops in the queue. When it rings again from the same telephone, the IVR can offer to go on.
func TestDroppedCallRingsAgain(t *testing.T) {
	n := run(t)
	ada := phone("+12025550123")
	first := n.resolve(call("call-1", ada))
	if len(first.GetResumeCandidates()) != 0 || len(first.GetOpenCases()) != 0 {
		t.Errorf("the first contact has something to go on with: %v", first)
	}
	n.told(first.GetCustomer(), first.GetInteractionId(),
		&logv1.Event{Payload: &logv1.Event_IntentDetected{IntentDetected: &logv1.IntentDetected{Intent: "lost card"}}},
		&logv1.Event{Payload: &logv1.Event_InteractionSegmentChanged{InteractionSegmentChanged: &logv1.InteractionSegmentChanged{
			State: logv1.SegmentState_SEGMENT_STATE_QUEUED, Queue: "cards",
		}}},
	)
	if again := n.resolve(call("call-1", ada)); len(again.GetResumeCandidates()) != 0 {
		t.Errorf("a retransmission offers the contact itself: %v", again.GetResumeCandidates())
	}
	n.told(first.GetCustomer(), first.GetInteractionId(), &logv1.Event{Payload: &logv1.Event_InteractionEnded{InteractionEnded: &logv1.InteractionEnded{
		Outcome: logv1.InteractionOutcome_INTERACTION_OUTCOME_ABANDONED,
	}}})
	n.clock.Advance(4 * time.Minute)

	second := n.resolve(call("call-2", ada))
	got := second.GetResumeCandidates()
	if len(got) != 1 || got[0].GetInteractionId() != first.GetInteractionId() || got[0].GetCase() != "" || got[0].GetTopic() != "lost card" {
		t.Fatalf("offered: %v", got)
	}
	if got[0].GetLikelihood() <= 0.8 || got[0].GetExplanation() !=
		"Very likely: the call about 'lost card' broke off 4 minutes ago in the queue, in the same channel; nothing else is open." {
		t.Errorf("%v", got[0])
	}
	if f := got[0].GetFactors(); len(f) != 4 || f[0].GetKind() != contextv1.ResumeFactorKind_RESUME_FACTOR_KIND_BROKEN_OFF || f[0].GetWeight() != 1.5 {
		t.Errorf("factors: %v", f)
	}
	// The platform asks again, and says by now what the call is about: the offer comes again, from memory.
	n.log.ResetCalls()
	retransmitted := call("call-2", ada)
	retransmitted.Intent = "opening hours"
	again := n.resolve(retransmitted).GetResumeCandidates()
	if len(again) != 1 || again[0].GetInteractionId() != first.GetInteractionId() || again[0].GetLikelihood() >= got[0].GetLikelihood() {
		t.Errorf("offered again: %v", again)
	}
	if calls := n.log.Calls("ListEvents") + n.log.Calls("AppendEvents"); calls != 0 {
		t.Errorf("%d calls to the log", calls)
	}

	// The agent makes a case of it in this call: from now on that is what it is about.
	opened := n.open(&contextv1.OpenCaseRequest{
		Customer: second.GetCustomer(), CaseId: "T-17", Case: &contextv1.Case{Subject: "Lost card", Intent: "lost card"},
		Origin: &contextv1.Origin{InteractionId: second.GetInteractionId(), Channel: logv1.Channel_CHANNEL_VOICE},
	})
	during := n.resolve(call("call-2", ada))
	if len(during.GetOpenCases()) != 1 || during.GetOpenCases()[0].GetName() != opened.GetCase().GetName() {
		t.Errorf("open cases: %v", during.GetOpenCases())
	}
	for _, c := range during.GetResumeCandidates() {
		if c.GetCase() != "" {
			t.Errorf("the case of this very call is offered: %v", c)
		}
	}
	// Next day, by chat from the web site, with nothing but an e-mail address that is linked meanwhile.
	n.told(second.GetCustomer(), second.GetInteractionId(), &logv1.Event{Payload: &logv1.Event_InteractionEnded{InteractionEnded: &logv1.InteractionEnded{
		Outcome: logv1.InteractionOutcome_INTERACTION_OUTCOME_COMPLETED,
	}}})
	n.resolve(call("", ada, email("ada@example.com")))
	n.clock.Advance(20 * time.Hour)
	chat := call("chat-1", email("ada@example.com"))
	chat.Channel, chat.Intent = logv1.Channel_CHANNEL_CHAT, "lost card"
	next := n.resolve(chat)
	if got := next.GetResumeCandidates(); len(got) == 0 || got[0].GetCase() != opened.GetCase().GetName() ||
		got[0].GetInteractionId() != second.GetInteractionId() || got[0].GetLikelihood() < 0.8 {
		t.Errorf("next day: %v", got)
	}
	must(n.ResolveCase(n.ctx(), &contextv1.ResolveCaseRequest{Name: opened.GetCase().GetName()}))(t)
	if done := n.resolve(chat); len(done.GetOpenCases()) != 0 || len(done.GetResumeCandidates()) != 0 {
		t.Errorf("after it was resolved: %v", done)
	}
}

// A new contact that names the customer for the first time by another identifier waits for the log anyway; what it may be
// about is in that answer, too.
func TestResumeOnTheFirstContactOfAnIdentifier(t *testing.T) {
	n := run(t)
	who := n.resolve(call("call-1", phone("+12025550123"))).GetCustomer()
	n.open(&contextv1.OpenCaseRequest{Customer: who, Case: &contextv1.Case{Subject: "A parcel"}})
	n.clock.Advance(time.Hour)
	got := n.resolve(call("call-2", phone("+12025550123"), email("ada@example.com")))
	if len(got.GetOpenCases()) != 1 || len(got.GetResumeCandidates()) != 1 || got.GetResumeCandidates()[0].GetCase() != got.GetOpenCases()[0].GetName() {
		t.Errorf("%v", got)
	}
}
