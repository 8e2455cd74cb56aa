package demo

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// menu is the IVR's place.
func menu() *place {
	return &place{
		name: "IVR", scope: "ivr", channel: logv1.Channel_CHANNEL_IVR,
		actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_IVR, Id: "ivr-1"},
	}
}

// ivr identifies the caller, opens a case and takes the account number, over gRPC. The call drops.
func (s *story) ivr(ctx context.Context) error {
	s.scene("1. The IVR, over gRPC", "Maria has moved, and her bills should, too. She calls. The IVR has her number, and nothing else.")
	p := menu()
	s.call("ResolveCustomer", "Who calls from "+phone+"? The interaction begins, too.")
	who, err := s.context.ResolveCustomer(ctx, &contextv1.ResolveCustomerRequest{
		Identifiers:     []*logv1.Identifier{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: phone}},
		Origin:          logv1.LinkOrigin_LINK_ORIGIN_PLATFORM,
		PlatformContact: &contextv1.PlatformContact{Platform: "demo-telephony", ContactId: "call-1"},
		Channel:         p.channel, Direction: logv1.Direction_DIRECTION_INBOUND, OccurredAt: s.tick(),
	})
	if err != nil {
		return err
	}
	s.resolved(p, who)

	s.call("OpenCase", "She presses 2, for a new address. The matter gets a number.")
	opened, err := s.context.OpenCase(ctx, &contextv1.OpenCaseRequest{
		Customer: s.customer, CaseId: caseID, Origin: s.origin(p),
		Case: &contextv1.Case{Subject: subject, Intent: changeAction},
	})
	if err != nil {
		return err
	}
	s.result("case %s: %s", opened.GetCase().GetCaseId(), opened.GetCase().GetSubject())

	s.token = opened.GetConsistencyToken()

	const prompt = "Please say your account number."
	s.call("RecordQuestion, RecordFacts", "The question, and the answer, under the IVR's own names.")
	s.talk(p.name, prompt, "Maria", account)
	if _, err := s.ask(ctx, p, "acct_no", prompt, logv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT); err != nil {
		return err
	}
	facts, err := s.facts(ctx, p, said("acct_no", account),
		&contextv1.FactInput{Slot: "ani", Value: phone, Origin: logv1.FactOrigin_FACT_ORIGIN_PLATFORM})
	if err != nil {
		return err
	}
	s.result("stored as %s and %s, revision %d", facts.GetSlotIds()[0], facts.GetSlotIds()[1], facts.GetRevision())

	s.call("AppendEvents", "She waits in the queue. The IVR texts her a link to the chat. The call drops.")
	queued := s.event(p)
	queued.Payload = &logv1.Event_InteractionSegmentChanged{InteractionSegmentChanged: &logv1.InteractionSegmentChanged{
		State: logv1.SegmentState_SEGMENT_STATE_QUEUED, Queue: "billing",
	}}
	return s.append(ctx, queued, s.ended(p, logv1.InteractionOutcome_INTERACTION_OUTCOME_ABANDONED, "connection-lost"))
}
