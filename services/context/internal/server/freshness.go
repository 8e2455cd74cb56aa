package server

import (
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// freshnessOf says what an answer rests on.
func freshnessOf(r projector.Reading) *contextv1.Freshness {
	return &contextv1.Freshness{
		FullyConsistent: r.Full, AsOfTime: wire.Timestamp(r.AsOf), Degraded: !r.Complete, Reason: incompleteReason(r.Why),
	}
}

func incompleteReason(w projector.Why) contextv1.IncompleteReason {
	switch w {
	case projector.Complete:
	case projector.LogUnreachable:
		return contextv1.IncompleteReason_INCOMPLETE_REASON_LOG_UNREACHABLE
	case projector.LogSlow:
		return contextv1.IncompleteReason_INCOMPLETE_REASON_LOG_SLOW
	case projector.Behind:
		return contextv1.IncompleteReason_INCOMPLETE_REASON_BEHIND
	case projector.Building:
		return contextv1.IncompleteReason_INCOMPLETE_REASON_BUILDING
	case projector.MemberMissing:
		return contextv1.IncompleteReason_INCOMPLETE_REASON_MERGED_CUSTOMER_MISSING
	}
	return contextv1.IncompleteReason_INCOMPLETE_REASON_UNSPECIFIED
}
