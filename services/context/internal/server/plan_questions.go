package server

import (
	"cmp"
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// PlanQuestions says for each slot whether to use its value, to have it confirmed, to ask, or that it is withheld.
func (s *Server) PlanQuestions(ctx context.Context, req *contextv1.PlanQuestionsRequest) (*contextv1.PlanQuestionsResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	customer := projector.CustomerID(req.GetCustomer())
	want, err := wantOf(p.Name(), customer, req.GetConsistency())
	if err != nil {
		return nil, err
	}
	j := nobody(customer)
	var freshness *contextv1.Freshness
	if !reserved(customer) {
		if j, err = s.read(ctx, p, customer, want); err != nil {
			return nil, err
		}
		if err := known(j.Reading); err != nil {
			return nil, err
		}
		freshness = freshnessOf(j.Reading)
	}
	now := wire.Time(req.GetAsOfTime())
	if now.IsZero() {
		now = p.Now()
	}
	requests := make([]domain.SlotRequest, len(req.GetSlots()))
	for i, r := range req.GetSlots() {
		requests[i] = domain.SlotRequest{Slot: r.GetSlot(), Scope: cmp.Or(r.GetScope(), req.GetScope())}
	}
	plans := domain.Plan(j.View(p.Dictionary()), askerOf(ctx, req.GetAsker()), now, requests)
	return &contextv1.PlanQuestionsResponse{
		Plans:            each(plans, planMessage),
		Revision:         j.State.Revision,
		ConsistencyToken: tokenOf(p, j.root, j.State.Revision),
		Freshness:        freshness,
	}, nil
}
