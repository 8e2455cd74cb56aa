package server

import (
	"cmp"
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// PlanQuestions says for each slot whether to use its value, to have it confirmed, or to ask.
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
	cur := &projector.Current{State: &domain.State{}}
	var freshness *contextv1.Freshness
	if !reserved(customer) {
		r, err := p.Read(ctx, customer, want)
		if err != nil {
			return nil, err
		}
		if err := known(r); err != nil {
			return nil, err
		}
		cur, freshness = r.Current, freshnessOf(r)
	}
	now := wire.Time(req.GetAsOfTime())
	if now.IsZero() {
		now = p.Now()
	}
	requests := make([]domain.SlotRequest, len(req.GetSlots()))
	for i, r := range req.GetSlots() {
		requests[i] = domain.SlotRequest{Slot: r.GetSlot(), Scope: cmp.Or(r.GetScope(), req.GetScope())}
	}
	plans := domain.Plan(cur.View(p.Dictionary()), now, requests)
	return &contextv1.PlanQuestionsResponse{
		Plans:            each(plans, planMessage),
		Revision:         cur.State.Revision,
		ConsistencyToken: tokenOf(p, customer, cur.State.Revision),
		Freshness:        freshness,
	}, nil
}
