package demo

import (
	"context"
	"errors"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

var errCardKept = errors.New("the card number was not masked: this suite must not be used")

// agent finishes the matter, over gRPC.
func (s *story) agent(ctx context.Context) error {
	s.scene("3. The agent, over gRPC", "Maria is put through by telephone. Anna's desktop opens with the call.")
	p := s.desk()

	s.call("ContextService/ResolveCustomer", "Who calls from "+phone+"?")
	who, err := s.context.ResolveCustomer(ctx, &contextv1.ResolveCustomerRequest{
		Identifiers:     []*interactionlogv1.Identifier{{Type: interactionlogv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: phone}},
		PlatformContact: &contextv1.PlatformContact{Platform: "demo-telephony", ContactId: "call-2"},
		Channel:         p.channel, Direction: interactionlogv1.Direction_DIRECTION_INBOUND, OccurredAt: s.tick(),
	})
	if err != nil {
		return err
	}
	s.resolved(p, who)

	s.call("ContextService/GetContext", "The screen pop.")
	known, err := s.context.GetContext(ctx, &contextv1.GetContextRequest{Customer: s.customer, Consistency: s.fresh()})
	if err != nil {
		return err
	}
	s.pop(known)

	s.call("ContextService/PlanQuestions", "What may Anna ask for? The form on her desktop has six fields.")
	plan, err := s.context.PlanQuestions(ctx, &contextv1.PlanQuestionsRequest{
		Customer: s.customer, Scope: p.scope, Consistency: s.fresh(),
		Slots: needs("account_ref", "callback_number", "customer_name", "invoice_address", "effective_date", "confirmation_email"),
	})
	if err != nil {
		return err
	}
	spared := s.planned(plan)

	s.call("ContextService/RecordQuestion", "Four fields are filled; Anna confirms one and asks for one.")
	if err := s.avoid(ctx, p, spared); err != nil {
		return err
	}
	if _, err := s.ask(ctx, p, "effective_date", "From the first of May, is that right?", interactionlogv1.QuestionPurpose_QUESTION_PURPOSE_CONFIRM); err != nil {
		return err
	}
	s.says("Maria", "Yes.")
	if _, err := s.ask(ctx, p, "confirmation_email", "Where may I send the confirmation?", interactionlogv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT); err != nil {
		return err
	}
	s.says("Maria", email)

	return s.finish(ctx, p)
}

// desk is the agent's place.
func (s *story) desk() *place {
	return &place{
		name: "Anna", scope: "desk", channel: interactionlogv1.Channel_CHANNEL_VOICE,
		actor: &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_AGENT, Id: "anna"},
	}
}

// finish records the answers and closes the matter.
func (s *story) finish(ctx context.Context, p *place) error {
	s.call("ContextService/RecordFacts", "The day is confirmed, the e-mail address is new.")
	facts, err := s.context.RecordFacts(ctx, &contextv1.RecordFactsRequest{
		Customer: s.customer, Scope: p.scope, Origin: s.origin(p),
		Facts: []*contextv1.FactInput{
			{Slot: "effective_date", Value: moveDate, Action: contextv1.FactAction_FACT_ACTION_CONFIRM, Origin: interactionlogv1.FactOrigin_FACT_ORIGIN_CUSTOMER},
			{Slot: "confirmation_email", Value: email, Origin: interactionlogv1.FactOrigin_FACT_ORIGIN_CUSTOMER},
		},
	})
	if err != nil {
		return err
	}
	s.result("stored, revision %d", facts.GetRevision())

	s.call("ContextService/RecordFacts", "A PIN is another matter. A desktop that tries to record one is refused:")
	_, err = s.context.RecordFacts(ctx, &contextv1.RecordFactsRequest{
		Customer: s.customer, Scope: p.scope, Origin: s.origin(p), Facts: []*contextv1.FactInput{{Slot: "telephone_pin", Value: "0000"}},
	})
	if err == nil {
		return errors.New("a PIN was stored: this suite must not be used")
	}
	s.refused(err)

	s.call("InteractionLogService/AppendEvents", "The flow is completed, and the call ends.")
	flow := s.event(p)
	flow.Payload = &interactionlogv1.Event_FlowEnded{FlowEnded: &interactionlogv1.FlowEnded{
		FlowRunId: "change-1", Outcome: interactionlogv1.FlowOutcome_FLOW_OUTCOME_COMPLETED,
	}}
	return s.append(ctx, flow, s.ended(p, interactionlogv1.InteractionOutcome_INTERACTION_OUTCOME_COMPLETED))
}
