package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// AcceptHandoff takes the customer over. The event names the receiver's interaction: verifications passed before the
// handoff keep their worth there.
func (s *Server) AcceptHandoff(ctx context.Context, req *contextv1.AcceptHandoffRequest) (*contextv1.HandoffChange, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	ref, err := s.handoffOf(ctx, p, req.GetName(), req.GetToken())
	if err != nil {
		return nil, err
	}
	e := header("", req.GetOrigin())
	e.Payload = &logv1.Event_HandoffAccepted{HandoffAccepted: &logv1.HandoffAccepted{
		HandoffId: ref.id, By: req.GetOrigin().GetActor(), InteractionId: req.GetOrigin().GetInteractionId(),
	}}
	return s.changeHandoff(ctx, p, ref, req.GetRequestId(), handoffStep{
		kind: "handoff-accept", event: e, check: func(h *domain.Handoff) error { return h.CheckAccept(p.Now()) },
	})
}
