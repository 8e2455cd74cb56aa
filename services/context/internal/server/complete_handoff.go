package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// CompleteHandoff brings an accepted handoff to its end.
func (s *Server) CompleteHandoff(ctx context.Context, req *contextv1.CompleteHandoffRequest) (*contextv1.HandoffChange, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	ref, err := s.handoffOfName(ctx, p, req.GetName())
	if err != nil {
		return nil, err
	}
	e := header("", req.GetOrigin())
	e.Payload = &logv1.Event_HandoffCompleted{HandoffCompleted: &logv1.HandoffCompleted{HandoffId: ref.id}}
	return s.changeHandoff(ctx, p, ref, req.GetRequestId(), handoffStep{
		kind: "handoff-complete", event: e, check: func(h *domain.Handoff) error { return h.CheckComplete(p.Now()) },
	})
}
