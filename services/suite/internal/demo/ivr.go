package demo

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// ivr identifies the caller and takes the account number, over gRPC.
func (s *story) ivr(ctx context.Context) error {
	s.scene("1. The IVR, over gRPC", "Maria has moved, and the bill should move with her. She calls. The IVR has her number and nothing else.")
	p := &place{
		name: "IVR", scope: "ivr", channel: interactionlogv1.Channel_CHANNEL_IVR,
		actor: &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_IVR, Id: "ivr-1"},
	}

	s.call("ContextService/ResolveCustomer", "Who calls from "+phone+"? This also begins the interaction, once for this call.")
	who, err := s.context.ResolveCustomer(ctx, &contextv1.ResolveCustomerRequest{
		Identifiers:     []*interactionlogv1.Identifier{{Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: phone}},
		Origin:          interactionlogv1.LinkOrigin_LINK_ORIGIN_PLATFORM,
		PlatformContact: &contextv1.PlatformContact{Platform: "demo-telephony", ContactId: "call-1"},
		Channel:         p.channel, Direction: interactionlogv1.Direction_DIRECTION_INBOUND, OccurredAt: s.tick(),
	})
	if err != nil {
		return err
	}
	s.resolved(p, who)

	s.call("InteractionLogService/AppendEvents", "She presses 2 for billing; the flow billing_address_change begins.")
	if err := s.ivrMenu(ctx, p); err != nil {
		return err
	}

	s.call("ContextService/PlanQuestions", "What may the IVR ask for?")
	plan, err := s.context.PlanQuestions(ctx, &contextv1.PlanQuestionsRequest{
		Customer: s.customer, Scope: p.scope, Slots: needs("acct_no"), Consistency: s.fresh(),
	})
	if err != nil {
		return err
	}
	s.planned(plan)

	s.call("ContextService/RecordQuestion", "So it asks, and says that it did.")
	if _, err := s.ask(ctx, p, "acct_no", "Please say your account number.", interactionlogv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT); err != nil {
		return err
	}
	s.says("Maria", account)

	s.call("ContextService/RecordFacts", "The answer, and the number she calls from, each under the IVR's own name for it.")
	facts, err := s.context.RecordFacts(ctx, &contextv1.RecordFactsRequest{
		Customer: s.customer, Scope: p.scope, Origin: s.origin(p),
		Facts: []*contextv1.FactInput{
			{Slot: "acct_no", Value: account, Origin: interactionlogv1.FactOrigin_FACT_ORIGIN_CUSTOMER},
			{Slot: "ani", Value: phone, Origin: interactionlogv1.FactOrigin_FACT_ORIGIN_PLATFORM},
		},
	})
	if err != nil {
		return err
	}
	s.result("stored under slots %s and %s, revision %d", facts.GetSlotIds()[0], facts.GetSlotIds()[1], facts.GetRevision())

	s.call("InteractionLogService/AppendEvents", "An address is easier typed than spoken: the IVR sends her a link to the chat and ends.")
	return s.append(ctx, s.ended(p, interactionlogv1.InteractionOutcome_INTERACTION_OUTCOME_TRANSFERRED))
}

func (s *story) ivrMenu(ctx context.Context, p *place) error {
	menu, flow := s.event(p), s.event(p)
	menu.Payload = &interactionlogv1.Event_MenuSelected{MenuSelected: &interactionlogv1.MenuSelected{Menu: "main", Option: "billing", Digits: "2"}}
	flow.Payload = &interactionlogv1.Event_FlowStarted{FlowStarted: &interactionlogv1.FlowStarted{FlowRunId: "change-1", FlowId: "billing_address_change"}}
	return s.append(ctx, menu, flow)
}

// append stores events over gRPC.
func (s *story) append(ctx context.Context, events ...*interactionlogv1.Event) error {
	got, err := s.log.AppendEvents(ctx, &interactionlogv1.AppendEventsRequest{Customer: s.customer, Events: events})
	if err != nil {
		return err
	}
	s.token = got.GetConsistencyToken()
	s.result("stored, revision %d", got.GetRevision())
	return nil
}

// ask records a question that was asked, over gRPC.
func (s *story) ask(ctx context.Context, p *place, slot, prompt string, why interactionlogv1.QuestionPurpose) (*contextv1.RecordQuestionResponse, error) {
	s.says(p.name, prompt)
	got, err := s.context.RecordQuestion(ctx, &contextv1.RecordQuestionRequest{
		Customer: s.customer, Slot: slot, Scope: p.scope, Action: contextv1.QuestionAction_QUESTION_ACTION_ASKED,
		Purpose: why, Prompt: prompt, Origin: s.origin(p),
	})
	if err != nil {
		return nil, err
	}
	s.token = got.GetConsistencyToken()
	if got.GetRepeat() {
		s.result("A REPEAT: this was known.")
	} else {
		s.result("recorded; no repeat")
	}
	return got, nil
}

// avoid records questions that were not asked, over gRPC.
func (s *story) avoid(ctx context.Context, p *place, slots []string) error {
	for _, slot := range slots {
		got, err := s.context.RecordQuestion(ctx, &contextv1.RecordQuestionRequest{
			Customer: s.customer, Slot: slot, Scope: p.scope, Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED, Origin: s.origin(p),
		})
		if err != nil {
			return err
		}
		s.notAsked(got)
	}
	return nil
}

func (s *story) notAsked(got *contextv1.RecordQuestionResponse) {
	s.token = got.GetConsistencyToken()
	f := got.GetKnownFact()
	s.avoided = append(s.avoided, f.GetDisplayName())
	s.result("not asked: %s, known from %s", f.GetDisplayName(), channelName(f.GetProvenance().GetChannel()))
}

// channelName is a channel as people say it.
func channelName(c interactionlogv1.Channel) string {
	switch c {
	case interactionlogv1.Channel_CHANNEL_IVR:
		return "the IVR"
	case interactionlogv1.Channel_CHANNEL_VIRTUAL_ASSISTANT:
		return "the chat"
	default:
		return "the telephone"
	}
}
