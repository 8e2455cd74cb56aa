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
	r, err := s.reader(ctx, req.GetConsistency())
	if err != nil {
		return nil, err
	}
	customer := projector.CustomerID(req.GetCustomer())
	want, err := wantOf(r.Name(), customer, req.GetConsistency())
	if err != nil {
		return nil, err
	}
	got, err := r.read(ctx, customer, want)
	if err != nil {
		return nil, err
	}
	now := r.Now()
	at := cmp.Or(wire.Time(req.GetAsOfTime()), now)
	requests := make([]domain.SlotRequest, len(req.GetSlots()))
	for i, slot := range req.GetSlots() {
		requests[i] = domain.SlotRequest{Slot: slot.GetSlot(), Scope: cmp.Or(slot.GetScope(), req.GetScope())}
	}
	plans := domain.PlanBack(r.seen(got.Current), askerOf(ctx, req.GetAsker()), at, heldAt(ctx, at, now), requests)
	return &contextv1.PlanQuestionsResponse{
		Plans:            each(plans, planMessage),
		Revision:         got.State.Revision,
		ConsistencyToken: tokenOf(r.tenant, got.root, got.State.Revision),
		Freshness:        r.freshness(got),
	}, nil
}
