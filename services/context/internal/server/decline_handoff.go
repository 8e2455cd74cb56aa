package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// DeclineHandoff refuses an offered handoff.
func (s *Server) DeclineHandoff(ctx context.Context, req *contextv1.DeclineHandoffRequest) (*contextv1.HandoffChange, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	ref, err := s.handoffOfName(ctx, p, req.GetName())
	if err != nil {
		return nil, err
	}
	e := header("", req.GetOrigin())
	e.Payload = &logv1.Event_HandoffDeclined{HandoffDeclined: &logv1.HandoffDeclined{HandoffId: ref.id, Reason: req.GetReason()}}
	return s.changeHandoff(ctx, p, ref, req.GetRequestId(), handoffStep{
		kind: "handoff-decline", event: e, check: func(h *domain.Handoff) error { return h.CheckDecline(p.Now()) },
	})
}
