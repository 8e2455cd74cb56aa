package server

import (
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// verificationMessage returns a verification, as it counts for an asker, as message.
func verificationMessage(j domain.JudgedPassport) *contextv1.Verification {
	return &contextv1.Verification{
		EventId:        j.EventID,
		Method:         j.Method,
		Level:          logv1.VerificationLevel(j.Level),
		EffectiveLevel: logv1.VerificationLevel(j.Effective),
		Scopes:         j.Scopes,
		Channel:        logv1.Channel(j.Channel),
		InteractionId:  j.InteractionID,
		Actor:          actorMessage(j.Actor),
		VerifyTime:     wire.Timestamp(j.Time),
		ExpireTime:     wire.Timestamp(j.ValidUntil),
		Valid:          j.Valid,
		LoweredBecause: j.Explain(),
	}
}

// statusMessage returns how surely a customer is identified as message.
func statusMessage(s domain.Standing, st *domain.State) *contextv1.VerificationStatus {
	return &contextv1.VerificationStatus{
		EffectiveLevel:   logv1.VerificationLevel(s.Level),
		ValidUntil:       wire.Timestamp(s.ValidUntil),
		FailedAttempts:   st.FailedChecks.Count,
		LastFailedTime:   wire.Timestamp(st.FailedChecks.Time),
		LastFailedMethod: st.FailedChecks.Method,
	}
}
