package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// CheckVerification says whether the customer's verifications are enough for an action, or for what the caller demands.
func (s *Server) CheckVerification(ctx context.Context, req *contextv1.CheckVerificationRequest) (*contextv1.CheckVerificationResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	customer := projector.CustomerID(req.GetCustomer())
	want, err := wantOf(p.Name(), customer, req.GetConsistency())
	if err != nil {
		return nil, err
	}
	policy := p.Dictionary().Policy()
	demand, err := demandOf(&policy, req)
	if err != nil {
		return nil, err
	}
	j := nobody(customer)
	if !reserved(customer) {
		if j, err = s.read(ctx, p, customer, want); err != nil {
			return nil, err
		}
		// The answer has no room to say that it may be wrong, so that it is none if it would be a guess.
		if j.State.Revision == 0 || j.short {
			if err := j.Err(); err != nil {
				return nil, err
			}
		}
	}
	state := j.State
	now := p.Now()
	standing := state.Standing(&policy, askerOf(ctx, req.GetAsker()), now)
	check := domain.CheckVerification(standing, demand, now)
	resp := &contextv1.CheckVerificationResponse{
		Sufficient:       check.Sufficient,
		Missing:          each(check.Missing, missingMessage),
		Requirement:      wire.RequirementMessage(demand),
		SufficientUntil:  wire.Timestamp(check.Until),
		Status:           statusMessage(standing, state),
		Revision:         state.Revision,
		ConsistencyToken: tokenOf(p, j.root, state.Revision),
	}
	if check.Passport != nil {
		resp.Verification = verificationMessage(*check.Passport)
	}
	return resp, nil
}

// demandOf returns what is demanded: by the policy's action, or by the caller.
func demandOf(p *domain.Policy, req *contextv1.CheckVerificationRequest) (domain.Requirement, error) {
	if req.GetRequirement() == nil {
		return p.Verification.Action(req.GetAction())
	}
	r := wire.Requirement(req.GetRequirement())
	if wrong := r.Check("requirement"); len(wrong) > 0 {
		f := fault.New(fault.Invalid, fault.InvalidRequest, "the requirement is not valid")
		f.Fields = wrong
		return r, f
	}
	return r, nil
}

func missingMessage(m *domain.MissingVerification) *contextv1.MissingVerification {
	return &contextv1.MissingVerification{Gap: contextv1.VerificationGap(m.Gap), Explanation: m.Explanation}
}
