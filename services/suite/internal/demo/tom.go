package demo

import (
	"context"
	"errors"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// tom is the next one she is passed to, and does not look at the screen.
func (s *story) tom(ctx context.Context) error {
	s.scene("4. One transfer too many", "Maria has a question about a fee. Anna passes her on to Tom, who does not look at the screen.")
	anna, tom := desk("Anna"), desk("Tom")
	anna.interaction, tom.interaction = s.call2, s.call2

	s.call("CreateHandoff, AcceptHandoff", "The second transfer, on the same call. No token is needed.")
	offer, err := s.context.CreateHandoff(ctx, &contextv1.CreateHandoffRequest{
		Customer: s.customer, To: tom.actor, Target: "fees", TargetChannel: tom.channel,
		TransferKind: logv1.TransferKind_TRANSFER_KIND_WARM, Reason: "a question about a fee", Origin: s.origin(anna),
	})
	if err != nil {
		return err
	}
	handoff := offer.GetHandoff().GetName()
	taken, err := s.context.AcceptHandoff(ctx, &contextv1.AcceptHandoffRequest{Name: handoff, Origin: s.origin(tom)})
	if err != nil {
		return err
	}
	s.token = taken.GetConsistencyToken()
	s.result("hop %d, from %s to %s", taken.GetHandoff().GetHop(), taken.GetHandoff().GetFrom().GetId(), taken.GetHandoff().GetAcceptedBy().GetId())

	desktop, err := s.watch(ctx, tom)
	if err != nil {
		return err
	}
	defer desktop.close()
	if err := s.tomAsks(ctx, tom, desktop); err != nil {
		return err
	}
	return s.tomEnds(ctx, tom, handoff)
}

// tomAsks asks for what is known, and checks what was checked. It is noticed, and seen by who watches.
func (s *story) tomAsks(ctx context.Context, tom *place, desktop *watch) error {
	const prompt = "Could you tell me your account number?"
	s.call("RecordQuestion", "He asks for what the IVR was told.")
	s.says(tom.name, prompt)
	asked, err := s.ask(ctx, tom, "account_ref", prompt, logv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT)
	if err != nil {
		return err
	}
	if !asked.GetRepeat() {
		return errors.New("the repeat was not noticed")
	}
	from := asked.GetKnownFact().GetProvenance()
	s.result("A REPEAT: %s was stated to %s, as %s of %s", asked.GetKnownFact().GetDisplayName(), channelName(from.GetChannel()), from.GetSlot(), from.GetScope())

	s.call("RecordVerification", "He checks what the chat has checked.")
	s.says(tom.name, "And your date of birth, to be sure that it is you?")
	again, err := s.verify(ctx, tom, "date-of-birth")
	if err != nil {
		return err
	}
	if !again.GetDoubleVerification() {
		return errors.New("the double verification was not noticed")
	}
	valid := again.GetValidVerification()
	s.result("A DOUBLE VERIFICATION: %s, passed in %s, is good until %s", valid.GetMethod(), channelName(valid.GetChannel()),
		clockTime(valid.GetExpireTime()))

	s.call("WatchContext", "A supervisor's desktop has been watching, and is told at once.")
	return s.told(desktop, again.GetRevision())
}

// tomEnds reads what was there all along, and ends the call.
func (s *story) tomEnds(ctx context.Context, tom *place, handoff string) error {
	s.call("AcknowledgeHandoff, CompleteHandoff, AppendEvents", "He looks, at last, and ends the call.")
	read, err := s.context.AcknowledgeHandoff(ctx, &contextv1.AcknowledgeHandoffRequest{
		Name: handoff, ReadSlots: []string{"customer_name", "account_ref"}, Scope: tom.scope, Origin: s.origin(tom),
	})
	if err != nil {
		return err
	}
	done, err := s.context.CompleteHandoff(ctx, &contextv1.CompleteHandoffRequest{Name: read.GetHandoff().GetName(), Origin: s.origin(tom)})
	if err != nil {
		return err
	}
	ended, err := s.log.AppendEvents(ctx, &logv1.AppendEventsRequest{
		Customer: s.customer, Events: []*logv1.Event{s.ended(tom, logv1.InteractionOutcome_INTERACTION_OUTCOME_COMPLETED, "")},
	})
	if err != nil {
		return err
	}
	h := done.GetHandoff()
	s.token = ended.GetConsistencyToken()
	s.result("read: %s; asked again: %s; never looked at: %s", strings.Join(h.GetReadSlots(), ", "),
		strings.Join(h.GetAskedAgainSlots(), ", "), strings.Join(h.GetUnreadSlots(), ", "))
	return nil
}
