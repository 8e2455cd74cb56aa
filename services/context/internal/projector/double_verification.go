package projector

import (
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// DoubleVerificationEvent returns the event that tells that a verification was one too many. It takes the header of the
// verification: when, where and in which interaction.
func DoubleVerificationEvent(d domain.DoubleVerification, attempt *logv1.Event) *logv1.Event {
	return &logv1.Event{
		EventId:       domain.DoubleVerificationEventID(d.VerificationEventID),
		OccurredAt:    attempt.GetOccurredAt(),
		InteractionId: attempt.GetInteractionId(),
		CaseId:        attempt.GetCaseId(),
		Channel:       attempt.GetChannel(),
		Actor:         &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_SYSTEM, Id: "context"},
		Source:        "throughline-context",
		Payload: &logv1.Event_DoubleVerificationDetected{DoubleVerificationDetected: &logv1.DoubleVerificationDetected{
			VerificationEventId:   d.VerificationEventID,
			Method:                d.Method,
			PassportEventId:       d.Passport.EventID,
			PassportMethod:        d.Passport.Method,
			PassportLevel:         logv1.VerificationLevel(d.Passport.Effective),
			PassportChannel:       logv1.Channel(d.Passport.Channel),
			PassportInteractionId: d.Passport.InteractionID,
			PassportTime:          wire.Timestamp(d.Passport.Time),
		}},
	}
}
