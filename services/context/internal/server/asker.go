package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// askerOf returns who asks.
func askerOf(_ context.Context, a *contextv1.Asker) domain.Asker {
	return domain.Asker{
		Clearance: domain.SensitivitySensitive, Channel: domain.Channel(a.GetChannel()), InteractionID: a.GetInteractionId(),
		Purpose: a.GetPurpose(), Intent: a.GetIntent(),
	}
}
