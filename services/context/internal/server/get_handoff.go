package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
)

// GetHandoff returns a handoff, by its name as it stands, and by a token only while that can be used.
func (s *Server) GetHandoff(ctx context.Context, req *contextv1.GetHandoffRequest) (*contextv1.Handoff, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	ref, err := s.handoffOf(ctx, p, req.GetName(), req.GetToken())
	if err != nil {
		return nil, err
	}
	want, err := wantOf(p.Name(), ref.customer, req.GetConsistency())
	if err != nil {
		return nil, err
	}
	// The token may be of one with whom the customer is one, such as of the context in which the handoff was found.
	all, err := s.read(ctx, p, ref.customer, want)
	if err != nil {
		return nil, err
	}
	h, err := readHandoff(ctx, p, ref, projector.Want{Full: want.Full})
	if err != nil {
		return nil, err
	}
	h = among(all.State, h)
	now := p.Now()
	if req.GetName() == "" {
		if err := h.CheckLook(now); err != nil {
			return nil, err
		}
	}
	return handoffMessage(ref.customer, h, now), nil
}
