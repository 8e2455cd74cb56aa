package server

import (
	"context"

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

// clearance returns the highest sensitivity that the caller's roles may see: everything where nobody has to say who he
// is.
func clearance(ctx context.Context) domain.Sensitivity {
	c := auth.CallerOf(ctx)
	if c.SeesAll() {
		return domain.FullClearance
	}
	return domain.Sensitivity(c.Clearance())
}
