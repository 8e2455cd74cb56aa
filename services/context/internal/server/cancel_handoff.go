package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// CancelHandoff withdraws a handoff that is offered or accepted.
func (s *Server) CancelHandoff(ctx context.Context, req *contextv1.CancelHandoffRequest) (*contextv1.HandoffChange, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	ref, err := s.handoffOfName(ctx, p, req.GetName())
	if err != nil {
		return nil, err
	}
	e := header("", req.GetOrigin())
	e.Payload = &logv1.Event_HandoffCancelled{HandoffCancelled: &logv1.HandoffCancelled{HandoffId: ref.id, Reason: req.GetReason()}}
	return s.changeHandoff(ctx, p, ref, req.GetRequestId(), handoffStep{
		kind: "handoff-cancel", event: e, check: func(h *domain.Handoff) error { return h.CheckCancel(p.Now()) },
	})
}
