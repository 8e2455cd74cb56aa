package server

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// GetPolicy returns the tenant's policy, as far as it was stated.
func (s *Server) GetPolicy(ctx context.Context, _ *contextv1.GetPolicyRequest) (*contextv1.Policy, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	return policyOf(p.Dictionary()), nil
}

// UpdatePolicy changes the tenant's policy.
func (s *Server) UpdatePolicy(ctx context.Context, req *contextv1.UpdatePolicyRequest) (*contextv1.Policy, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	dict, err := p.DictionaryWrite(ctx, func(d *domain.Dictionary) (*logv1.Event, error) {
		have := policyOf(d)
		if err := aip.CheckEtag(req.GetPolicy().GetEtag(), have.GetEtag(), reasonETagMismatch); err != nil {
			return nil, err
		}
		if err := aip.Update(have, req.GetPolicy(), req.GetUpdateMask().GetPaths()); err != nil {
			return nil, err
		}
		return s.policyChanged(wire.Policy(have))
	})
	if err != nil {
		return nil, err
	}
	return policyOf(dict), nil
}

// policyChanged returns the event that makes the policy what it is from now on. The log keeps no card numbers, so that
// one that is blocked would never be met.
func (s *Server) policyChanged(policy domain.Policy) (*logv1.Event, error) {
	policy, err := domain.CheckPolicy(policy)
	if err != nil {
		return nil, below("policy", err)
	}
	for i, b := range policy.Identity.Blocked {
		if err := checkStorable(b.Identifier); err != nil {
			return nil, fault.New(fault.Invalid, domain.ReasonInvalidPolicy, "the policy is not valid").
				WithField(fmt.Sprintf("policy.identity.blocked[%d].identifier.value", i), "looks like a payment card number")
		}
	}
	id, err := s.randomID()
	if err != nil {
		return nil, err
	}
	e, err := wire.PolicyChanged("policy-"+id, policy)
	if err != nil {
		return nil, fault.New(fault.Internal, fault.InternalError, "a policy does not marshal: %w", err)
	}
	if n := proto.Size(e.GetCustomEvent().GetAttributes()); n > maxEntryBytes {
		return nil, fault.New(fault.Invalid, domain.ReasonInvalidPolicy, "the policy is too large: %d bytes of at most %d", n, maxEntryBytes).
			WithField("policy", "fewer or shorter rules and blocked identifiers are needed")
	}
	return e, nil
}

func policyOf(d *domain.Dictionary) *contextv1.Policy {
	return wire.PolicyMessage(d.Policy(), d.Version())
}
