package server

import (
	"context"
	"time"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/auth"
)

// askerOf returns who asks: what the caller is cleared for, where it serves the customer, and for what.
func askerOf(ctx context.Context, a *contextv1.Asker) domain.Asker {
	return domain.Asker{
		Clearance:     clearance(ctx),
		Channel:       domain.Channel(a.GetChannel()),
		InteractionID: a.GetInteractionId(),
		Purpose:       a.GetPurpose(),
		Intent:        a.GetIntent(),
	}
}

// looksBack reports whether the caller may see a moment of the past as it was: a service may, to play recordings. Others
// would revive a verification or a consent by asking about the time when it held.
func looksBack(ctx context.Context) bool {
	return auth.CallerOf(ctx).HasRole(commonv1.Role_ROLE_SERVICE)
}

// heldAt returns by which moment is judged what the caller may be shown when the question is about another one.
func heldAt(ctx context.Context, asked, now time.Time) time.Time {
	if looksBack(ctx) {
		return asked
	}
	return now
}

// clearance returns the highest sensitivity that the caller's roles may see: everything where nobody has to say who he
// is.
func clearance(ctx context.Context) domain.Sensitivity {
	c := auth.CallerOf(ctx)
	if c.SeesAll() {
		return domain.FullClearance
	}
	return domain.Sensitivity(c.Clearance())
}
