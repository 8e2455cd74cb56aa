package server

import (
	"context"
	"errors"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// errNothingDue says that no offer has lapsed, or that the log knows already.
var errNothingDue = errors.New("nothing is due")

// ExpireDue tells the log of the customer's offers that nobody took in time: what a projector does when a timer has
// passed. The events say nothing that depends on who tells it or when, so it does not matter how many do.
func ExpireDue(ctx context.Context, w *projector.Writer) error {
	_, err := w.Append(ctx, func(cur *projector.Current) ([]*logv1.Event, error) {
		var events []*logv1.Event
		for _, h := range cur.State.LapsedHandoffs(w.Tenant().Now()) {
			events = append(events, expired(h))
		}
		if len(events) == 0 {
			return nil, errNothingDue
		}
		return events, nil
	})
	if errors.Is(err, errNothingDue) {
		return nil
	}
	return err
}

func expired(h *domain.Handoff) *logv1.Event {
	return &logv1.Event{
		EventId:       domain.HandoffExpiredEventID(h.ID),
		OccurredAt:    wire.Timestamp(h.ExpireTime),
		InteractionId: h.InteractionID,
		CaseId:        h.CaseID,
		Channel:       logv1.Channel(h.Channel),
		Actor:         &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_SYSTEM, Id: "context"},
		Source:        "throughline-context",
		Payload:       &logv1.Event_HandoffExpired{HandoffExpired: &logv1.HandoffExpired{HandoffId: h.ID}},
	}
}
