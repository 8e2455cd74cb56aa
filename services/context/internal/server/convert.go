package server

import (
	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

func each[A, B any](in []A, one func(*A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i := range in {
		out[i] = one(&in[i])
	}
	return out
}

func linkedIdentifier(l *domain.LinkedIdentifier) *contextv1.LinkedIdentifier {
	return &contextv1.LinkedIdentifier{
		Identifier: wire.IdentifierMessage(l.Identifier),
		Origin:     logv1.LinkOrigin(l.Origin),
		LinkTime:   wire.Timestamp(l.LinkTime),
	}
}

func actorMessage(a domain.Actor) *logv1.Actor {
	if a == (domain.Actor{}) {
		return nil
	}
	return &logv1.Actor{Kind: logv1.ActorKind(a.Kind), Id: a.ID}
}

func provenance(p *domain.Provenance) *contextv1.Provenance {
	if p == nil {
		return nil
	}
	return &contextv1.Provenance{
		EventId:           p.EventID,
		Slot:              p.Slot,
		Scope:             p.Scope,
		Channel:           logv1.Channel(p.Channel),
		InteractionId:     p.InteractionID,
		Actor:             actorMessage(p.Actor),
		Time:              wire.Timestamp(p.Time),
		Confidence:        p.Confidence,
		VerificationLevel: logv1.VerificationLevel(p.Verification),
		Confirmed:         p.Confirmed,
		Origin:            logv1.FactOrigin(p.Origin),
	}
}

func factMessage(f *domain.Fact) *contextv1.Fact {
	return &contextv1.Fact{
		SlotId:       f.SlotID,
		DisplayName:  f.DisplayName,
		Value:        f.Value,
		Status:       contextv1.FactStatus(f.Status),
		Provenance:   provenance(&f.Provenance),
		FreshUntil:   wire.Timestamp(f.FreshUntil),
		Sensitivity:  commonv1.Sensitivity(f.Sensitivity),
		Alternatives: each(f.Alternatives, alternative),
		Withheld:     withheldReason(f.Withheld),
	}
}

func alternative(a *domain.Alternative) *contextv1.AlternativeValue {
	return &contextv1.AlternativeValue{
		Value: a.Value, Provenance: provenance(&a.Provenance), Sensitivity: commonv1.Sensitivity(a.Sensitivity),
	}
}

func withheldReason(r domain.DecisionReason) contextv1.WithheldReason {
	switch r {
	case domain.ReasonNotCleared:
		return contextv1.WithheldReason_WITHHELD_REASON_NOT_CLEARED
	case domain.ReasonVerificationTooLow:
		return contextv1.WithheldReason_WITHHELD_REASON_VERIFICATION_TOO_LOW
	case domain.ReasonConsentMissing:
		return contextv1.WithheldReason_WITHHELD_REASON_CONSENT_MISSING
	default:
		return contextv1.WithheldReason_WITHHELD_REASON_UNSPECIFIED
	}
}

func interactionMessage(p **domain.Interaction) *contextv1.InteractionSummary {
	x := *p
	return &contextv1.InteractionSummary{
		InteractionId:       x.ID,
		Channel:             logv1.Channel(x.Channel),
		Direction:           logv1.Direction(x.Direction),
		Platform:            x.Platform,
		StartTime:           wire.Timestamp(x.StartTime),
		EndTime:             wire.Timestamp(x.EndTime),
		LastEventTime:       wire.Timestamp(x.LastEventTime),
		Outcome:             logv1.InteractionOutcome(x.Outcome),
		Topic:               x.Topic,
		Disposition:         x.Disposition,
		LastParticipant:     actorMessage(x.LastParticipant),
		FlowId:              x.FlowID,
		StepId:              x.StepID,
		Messages:            x.Messages,
		Questions:           x.Questions,
		Repeats:             x.Repeats,
		LastCustomerMessage: x.LastCustomerMessage,
	}
}

func planMessage(p *domain.SlotPlan) *contextv1.SlotPlan {
	return &contextv1.SlotPlan{
		Slot:         p.Slot,
		Scope:        p.Scope,
		SlotId:       p.SlotID,
		Decision:     contextv1.Decision(p.Decision),
		Reason:       contextv1.DecisionReason(p.Reason),
		Value:        p.Value,
		Provenance:   provenance(p.Provenance),
		Alternatives: each(p.Alternatives, alternative),
		Sensitivity:  commonv1.Sensitivity(p.Sensitivity),
		Explanation:  p.Explanation,
		Verification: standsFor(p.Verification),
	}
}

// standsFor returns the verification that stands for a secret.
func standsFor(j *domain.JudgedPassport) *contextv1.Verification {
	if j == nil {
		return nil
	}
	return verificationMessage(*j)
}
