package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
)

// GetCase returns a case.
func (s *Server) GetCase(ctx context.Context, req *contextv1.GetCaseRequest) (*contextv1.Case, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	customer, id := caseIDs(req.GetName())
	customer, err = s.holderOf(ctx, p, customer, hasCase(id))
	if err != nil {
		return nil, err
	}
	r, err := p.Read(ctx, customer, projector.Want{})
	if err != nil {
		return nil, err
	}
	c, err := r.State.Case(id)
	if err != nil {
		return nil, err
	}
	return caseMessage(customer, c, p.Now()), nil
}
