package projector

import (
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// judged reports whether an event may call for another one: detect has a case for its kind.
func judged(c *domain.Event) bool {
	switch c.Payload.(type) {
	case domain.QuestionAsked, domain.VerificationAttempted:
		return true
	}
	return false
}

// detect returns the event that an event calls for, nil for none. The view is that of the state before. Whoever detects
// it has to make the same event with the same id, so that it is recorded once.
func detect(v *domain.View, ev *logv1.Event, c *domain.Event) *logv1.Event {
	switch p := c.Payload.(type) {
	case domain.QuestionAsked:
		return detectRepeat(v, ev, c, p)
	case domain.VerificationAttempted:
		if d, ok := domain.DetectDoubleVerification(v, domain.AttemptOf(c, p)); ok {
			return DoubleVerificationEvent(d, ev)
		}
	}
	return nil
}

func detectRepeat(v *domain.View, ev *logv1.Event, c *domain.Event, asked domain.QuestionAsked) *logv1.Event {
	repeat, ok := domain.DetectRepeat(v, domain.Question{
		EventID: c.EventID, Slot: asked.Slot, Scope: asked.Scope, Purpose: asked.Purpose, Asker: domain.AskerOf(c), OccurredAt: c.OccurredAt,
	})
	if !ok {
		return nil
	}
	return RepeatEvent(domain.RepeatEventID(c.EventID), repeat, ev)
}

// RepeatEvent returns the event that tells that a question was a repeat. It takes the header of the question: when,
// where and in which interaction.
func RepeatEvent(id string, r domain.Repeat, question *logv1.Event) *logv1.Event {
	return &logv1.Event{
		EventId:       id,
		OccurredAt:    question.GetOccurredAt(),
		InteractionId: question.GetInteractionId(),
		CaseId:        question.GetCaseId(),
		Channel:       question.GetChannel(),
		Actor:         &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_SYSTEM, Id: "context"},
		Source:        "throughline-context",
		Payload: &logv1.Event_RepeatDetected{RepeatDetected: &logv1.RepeatDetected{
			QuestionEventId:   r.QuestionEventID,
			Slot:              r.Slot,
			Scope:             r.Scope,
			SlotId:            r.SlotID,
			FactEventId:       r.FactEventID,
			FactChannel:       logv1.Channel(r.FactChannel),
			FactInteractionId: r.FactInteractionID,
			FactTime:          wire.Timestamp(r.FactTime),
		}},
	}
}
