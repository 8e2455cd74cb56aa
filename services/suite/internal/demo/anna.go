package demo

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// anna takes over, verifies nobody, and finishes the matter, over gRPC.
func (s *story) anna(ctx context.Context) error {
	s.scene("3. The agent, over gRPC", "The call rings on Anna's desktop. All it has is the header.")
	p := desk("Anna")
	for _, part := range []func(context.Context, *place) error{s.annaPop, s.annaAccept, s.annaCheck, s.annaAsk, s.annaPromise} {
		if err := part(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// annaPop shows what an agent sees before picking up.
func (s *story) annaPop(ctx context.Context, p *place) error {
	s.call("GetContext", "Who is it, and what has happened? By the header, before she picks up.")
	known, err := s.context.GetContext(ctx, &contextv1.GetContextRequest{
		HandoffToken: s.handoffToken, View: contextv1.ContextView_CONTEXT_VIEW_AGENT, Asker: p.asker(), Consistency: s.fresh(),
	})
	if err != nil {
		return err
	}
	for _, item := range known.GetBrief().GetItems() {
		s.result("%s", item.GetText())
	}
	return nil
}

// annaAccept picks up.
func (s *story) annaAccept(ctx context.Context, p *place) error {
	s.call("ResolveCustomer, AcceptHandoff, AcknowledgeHandoff", "She picks up, and reads on.")
	who, err := s.context.ResolveCustomer(ctx, &contextv1.ResolveCustomerRequest{
		Identifiers:     []*logv1.Identifier{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: phone}},
		PlatformContact: &contextv1.PlatformContact{Platform: "demo-telephony", ContactId: "call-2"},
		Channel:         p.channel, Direction: logv1.Direction_DIRECTION_INBOUND, OccurredAt: s.tick(),
	})
	if err != nil {
		return err
	}
	p.interaction = who.GetInteractionId()
	s.call2 = p.interaction
	taken, err := s.context.AcceptHandoff(ctx, &contextv1.AcceptHandoffRequest{Token: s.handoffToken, Origin: s.origin(p)})
	if err != nil {
		return err
	}
	s.handoff = taken.GetHandoff().GetName()
	read, err := s.context.AcknowledgeHandoff(ctx, &contextv1.AcknowledgeHandoffRequest{
		Name: s.handoff, ReadAll: true, Origin: s.origin(p),
	})
	if err != nil {
		return err
	}
	s.token, s.annaTook = read.GetConsistencyToken(), read.GetHandoff().GetTimeToContext().AsDuration()
	s.result("hers, and nobody else's: the token is used. Time to context: %s", s.annaTook)
	return nil
}

// annaCheck shows that the passport came along, and that it would not have without a handoff.
func (s *story) annaCheck(ctx context.Context, p *place) error {
	s.call("CheckVerification", "Is the code from the chat enough to change the address on the telephone?")
	check := &contextv1.CheckVerificationRequest{
		Customer: s.customer, Demand: &contextv1.CheckVerificationRequest_Action{Action: changeAction}, Asker: p.asker(), Consistency: s.fresh(),
	}
	got, err := s.context.CheckVerification(ctx, check)
	if err != nil {
		return err
	}
	if !got.GetSufficient() {
		return errors.New("the verification did not come along")
	}
	s.result("yes, until %s: the passport counts in full, because she was handed over", clockTime(got.GetSufficientUntil()))
	check.Asker = &contextv1.Asker{Channel: p.channel}
	if got, err = s.context.CheckVerification(ctx, check); err != nil {
		return err
	}
	if got.GetSufficient() || len(got.GetMissing()) == 0 {
		return errors.New("any call would do")
	}
	s.result("of any other call: no. %s", got.GetMissing()[0].GetExplanation())
	return nil
}

// annaAsk confirms one value and asks for one.
func (s *story) annaAsk(ctx context.Context, p *place) error {
	s.call("PlanQuestions", "What may Anna ask for? The form on her desktop has five fields.")
	spared, err := s.plan(ctx, p, "account_ref", "invoice_address", "telephone_pin", "effective_date", "confirmation_email")
	if err != nil {
		return err
	}
	const day, mail = "From the first of May, is that right?", "Where may I send the confirmation?"
	s.call("RecordQuestion, RecordFacts", "Three questions saved, one value confirmed, one asked for.")
	s.talk(p.name, day, "Maria", "Yes.")
	s.talk(p.name, mail, "Maria", email)
	if err := s.avoid(ctx, p, spared); err != nil {
		return err
	}
	if _, err := s.ask(ctx, p, "effective_date", day, logv1.QuestionPurpose_QUESTION_PURPOSE_CONFIRM); err != nil {
		return err
	}
	if _, err := s.ask(ctx, p, "confirmation_email", mail, logv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT); err != nil {
		return err
	}
	confirmed := said("effective_date", moveDate)
	confirmed.Action = contextv1.FactAction_FACT_ACTION_CONFIRM
	facts, err := s.facts(ctx, p, confirmed, said("confirmation_email", email))
	if err != nil {
		return err
	}
	s.result("stored, revision %d", facts.GetRevision())
	return nil
}

// annaPromise promises something, with a day.
func (s *story) annaPromise(ctx context.Context, p *place) error {
	s.call("UpdateCase, CompleteHandoff", "A promise is noted with the case, and when it falls due.")
	s.talk("Maria", "And the bill that went to the old address?", p.name, "It comes within three days.")
	got, err := s.context.UpdateCase(ctx, &contextv1.UpdateCaseRequest{
		Case: &contextv1.Case{
			Name:    s.customer + "/cases/" + caseID,
			Promise: &contextv1.Promise{Text: "the last bill, once more, by post", DueTime: timestamppb.New(s.clock.Add(3 * 24 * time.Hour))},
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"promise"}}, Origin: s.origin(p),
	})
	if err != nil {
		return err
	}
	s.token = got.GetConsistencyToken()
	if _, err := s.context.CompleteHandoff(ctx, &contextv1.CompleteHandoffRequest{Name: s.handoff, Origin: s.origin(p)}); err != nil {
		return err
	}
	s.result("promised: %s, due %s", got.GetCase().GetPromise().GetText(), clockTime(got.GetCase().GetPromise().GetDueTime()))
	return nil
}
