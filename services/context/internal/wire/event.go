// Package wire converts between the contract's messages and the domain's types. Enumerations have the same numbers on
// both sides. Strings of messages are kept: messages are not reused.
package wire

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Time returns a message's time; the zero time when absent.
func Time(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// Timestamp returns a time as message; nil for the zero time.
func Timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// Event returns an event of the log.
func Event(e *logv1.Event) domain.Event {
	return domain.Event{
		EventID:       e.GetEventId(),
		Revision:      e.GetRevision(),
		OccurredAt:    Time(e.GetOccurredAt()),
		RecordedAt:    Time(e.GetRecordedAt()),
		InteractionID: e.GetInteractionId(),
		CaseID:        e.GetCaseId(),
		Channel:       domain.Channel(e.GetChannel()),
		Actor:         actor(e.GetActor()),
		Source:        e.GetSource(),
		Touchpoint:    e.GetTouchpoint(),
		Payload:       payload(e),
	}
}

// Events returns events of the log.
func Events(in []*logv1.Event) []domain.Event {
	out := make([]domain.Event, len(in))
	for i, e := range in {
		out[i] = Event(e)
	}
	return out
}

func actor(a *logv1.Actor) domain.Actor {
	return domain.Actor{Kind: domain.ActorKind(a.GetKind()), ID: a.GetId()}
}

// payload returns what happened. Kinds that the context does not look into are Other, and so are kinds that a newer log
// may have added.
func payload(e *logv1.Event) domain.Payload {
	switch p := e.GetPayload().(type) {
	case *logv1.Event_InteractionStarted:
		return interactionStarted(p.InteractionStarted)
	case *logv1.Event_InteractionEnded:
		return domain.InteractionEnded{
			Outcome: domain.InteractionOutcome(p.InteractionEnded.GetOutcome()),
			Reason:  p.InteractionEnded.GetReason(),
		}
	case *logv1.Event_InteractionSegmentChanged:
		return domain.InteractionSegmentChanged{
			State:       domain.SegmentState(p.InteractionSegmentChanged.GetState()),
			Queue:       p.InteractionSegmentChanged.GetQueue(),
			Participant: actor(p.InteractionSegmentChanged.GetParticipant()),
		}
	case *logv1.Event_MessageSent:
		return domain.MessageSent{Text: p.MessageSent.GetText()}
	case *logv1.Event_MenuSelected:
		return domain.MenuSelected{Menu: p.MenuSelected.GetMenu(), Option: p.MenuSelected.GetOption()}
	case *logv1.Event_IntentDetected:
		return domain.IntentDetected{Intent: p.IntentDetected.GetIntent()}
	case *logv1.Event_QuestionAsked:
		return domain.QuestionAsked{
			Slot:    p.QuestionAsked.GetSlot(),
			Scope:   p.QuestionAsked.GetScope(),
			Purpose: domain.QuestionPurpose(p.QuestionAsked.GetPurpose()),
		}
	case *logv1.Event_QuestionAvoided:
		return domain.QuestionAvoided{
			Slot:        p.QuestionAvoided.GetSlot(),
			Scope:       p.QuestionAvoided.GetScope(),
			FactEventID: p.QuestionAvoided.GetFactEventId(),
		}
	case *logv1.Event_RepeatDetected:
		return domain.RepeatDetected{
			QuestionEventID: p.RepeatDetected.GetQuestionEventId(),
			Slot:            p.RepeatDetected.GetSlot(),
			Scope:           p.RepeatDetected.GetScope(),
			SlotID:          p.RepeatDetected.GetSlotId(),
		}
	case *logv1.Event_FactStated:
		return factStated(p.FactStated)
	case *logv1.Event_FactConfirmed:
		return domain.FactConfirmed{
			Slot:        p.FactConfirmed.GetSlot(),
			Scope:       p.FactConfirmed.GetScope(),
			Value:       p.FactConfirmed.GetValue(),
			FactEventID: p.FactConfirmed.GetFactEventId(),
		}
	case *logv1.Event_FactRetracted:
		return domain.FactRetracted{
			Slot:  p.FactRetracted.GetSlot(),
			Scope: p.FactRetracted.GetScope(),
			Value: p.FactRetracted.GetValue(),
		}
	case *logv1.Event_FlowStarted:
		return domain.FlowStarted{
			FlowRunID: p.FlowStarted.GetFlowRunId(), FlowID: p.FlowStarted.GetFlowId(), Version: p.FlowStarted.GetFlowVersion(),
		}
	case *logv1.Event_StepEntered:
		return domain.StepEntered{FlowRunID: p.StepEntered.GetFlowRunId(), StepID: p.StepEntered.GetStepId()}
	case *logv1.Event_StepFailed:
		return domain.StepFailed{
			FlowRunID: p.StepFailed.GetFlowRunId(),
			StepID:    p.StepFailed.GetStepId(),
			Reason:    p.StepFailed.GetReason(),
		}
	case *logv1.Event_FlowEnded:
		return domain.FlowEnded{
			FlowRunID: p.FlowEnded.GetFlowRunId(),
			Outcome:   domain.FlowOutcome(p.FlowEnded.GetOutcome()),
		}
	case *logv1.Event_IdentifierLinked:
		return domain.IdentifierLinked{
			Identifier: Identifier(p.IdentifierLinked.GetIdentifier()),
			Origin:     domain.LinkOrigin(p.IdentifierLinked.GetOrigin()),
		}
	case *logv1.Event_IdentifierUnlinked:
		return domain.IdentifierUnlinked{Identifier: Identifier(p.IdentifierUnlinked.GetIdentifier())}
	case *logv1.Event_DispositionSet:
		return domain.DispositionSet{Code: p.DispositionSet.GetCode(), Note: p.DispositionSet.GetNote()}
	case *logv1.Event_NoteAdded:
		return domain.NoteAdded{Text: p.NoteAdded.GetText()}
	case *logv1.Event_CustomEvent:
		return custom(p.CustomEvent)
	default:
		return laterPayload(e)
	}
}

func interactionStarted(p *logv1.InteractionStarted) domain.InteractionStarted {
	return domain.InteractionStarted{
		Platform:          p.GetPlatform(),
		PlatformContactID: p.GetPlatformContactId(),
		Direction:         domain.Direction(p.GetDirection()),
		EntryPoint:        p.GetEntryPoint(),
		Locale:            p.GetLocale(),
		Subject:           p.GetSubject(),
	}
}

func factStated(p *logv1.FactStated) domain.FactStated {
	return domain.FactStated{
		Slot:         p.GetSlot(),
		Scope:        p.GetScope(),
		Value:        p.GetValue(),
		Confidence:   p.GetConfidence(),
		Origin:       domain.FactOrigin(p.GetOrigin()),
		Verification: domain.VerificationLevel(p.GetVerificationLevel()),
		ExpireTime:   Time(p.GetExpireTime()),
	}
}

// typeNumber is the event's EventType: the number of the field that its payload is in.
func typeNumber(e *logv1.Event) int32 {
	m := e.ProtoReflect()
	if f := m.WhichOneof(m.Descriptor().Oneofs().ByName("payload")); f != nil {
		return int32(f.Number())
	}
	return 0
}

// Identifier returns an identifier of a message.
func Identifier(id *logv1.Identifier) domain.Identifier {
	return domain.Identifier{Type: domain.IdentifierType(id.GetType()), Value: id.GetValue()}
}

// IdentifierMessage returns an identifier as message.
func IdentifierMessage(id domain.Identifier) *logv1.Identifier {
	return &logv1.Identifier{Type: logv1.IdentifierType(id.Type), Value: id.Value}
}
