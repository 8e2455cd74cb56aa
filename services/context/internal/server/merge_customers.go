package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// MergeCustomers makes one customer of two, or says what would come of it.
func (s *Server) MergeCustomers(ctx context.Context, req *contextv1.MergeCustomersRequest) (*contextv1.MergeCustomersResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	if req.GetSurvivingCustomer() == req.GetMergedCustomer() {
		return nil, fault.New(fault.Invalid, reasonMergeWithItself, "a customer cannot be merged with itself").
			WithField("merged_customer", "must be another customer")
	}
	surviving, merged := projector.CustomerID(req.GetSurvivingCustomer()), projector.CustomerID(req.GetMergedCustomer())
	if req.GetDryRun() {
		return s.mergePreview(ctx, p, req, surviving, merged)
	}
	id, keyed, err := s.requestBase("merge", req.GetRequestId())
	if err != nil {
		return nil, err
	}
	u := &unite{
		s: s, p: p, id: id, keyed: keyed, surviving: surviving, merged: merged,
		header: header("", req.GetOrigin()), reason: req.GetReason(),
	}
	// What each said before tells where they differed; of a repetition only what there is now can be told.
	before, err := s.mergePair(ctx, p, surviving, merged, projector.Want{})
	if err != nil {
		return nil, err
	}
	done, err := u.run(ctx)
	if err != nil {
		return nil, err
	}
	resp := before.response(p)
	resp.Merge = mergeMessage(done.merge)
	resp.Revision, resp.ConsistencyToken = done.revision, tokenOf(p, surviving, done.revision)
	return resp, nil
}

// mergePreview says what would come of a merge.
func (s *Server) mergePreview(ctx context.Context, p *tenant, req *contextv1.MergeCustomersRequest, surviving, merged string) (*contextv1.MergeCustomersResponse, error) {
	pair, err := s.mergePair(ctx, p, surviving, merged, projector.Want{Full: true})
	if err != nil {
		return nil, err
	}
	against, err := collisions(p, &pair.surviving, &pair.merged)
	if err != nil {
		return nil, err
	}
	resp := pair.response(p)
	resp.Merge = mergeMessage(domain.Merge{Customer: merged, Reason: req.GetReason()})
	resp.Collisions = each(against, collisionMessage)
	return resp, nil
}

// mergePair is the two sides of a merge, each with those merged into it before.
type mergePair struct{ surviving, merged joined }

func (s *Server) mergePair(ctx context.Context, p *tenant, surviving, merged string, want projector.Want) (pair mergePair, err error) {
	if pair.surviving, err = s.read(ctx, p, surviving, want); err != nil {
		return pair, err
	}
	pair.merged, err = s.read(ctx, p, merged, want)
	return pair, err
}

// response says what the two come to together. When they are one already, it is what that one is.
func (m *mergePair) response(p *tenant) *contextv1.MergeCustomersResponse {
	dict, now := p.Dictionary(), p.Now()
	together := m.surviving.State
	var conflicts []domain.SlotConflict
	if m.surviving.root != m.merged.root {
		states := append(m.surviving.states(), m.merged.states()...)
		together = domain.Join(states[0], states[1:]...)
		conflicts = domain.SlotConflicts(m.surviving.View(dict), m.merged.View(dict), now)
	}
	identifiers := domain.JoinIdentifiers(m.surviving.State.IdentifierValues(), m.merged.State.IdentifierValues())
	return &contextv1.MergeCustomersResponse{
		Identifiers:       each(identifiers, identifierMessage),
		Conflicts:         each(conflicts, conflictMessage),
		FactsTotal:        int32(domain.BuildContext(domain.NewView(together, dict), domain.Unrestricted, domain.ViewFull, now).FactsTotal),
		InteractionsTotal: together.InteractionsTotal,
		OpenCases:         int32(len(together.OpenCases)),
		Revision:          m.surviving.own.State.Revision,
		ConsistencyToken:  tokenOf(p, m.surviving.root, m.surviving.own.State.Revision),
	}
}
