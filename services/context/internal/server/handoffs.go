package server

import (
	"cmp"
	"context"
	"strings"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/domain/uui"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
)

// handoffRef names a handoff.
type handoffRef struct{ customer, id string }

const handoffsInName = "/handoffs/"

func (r handoffRef) name() string { return customerName(r.customer) + handoffsInName + r.id }

// handoffOfName returns the handoff that a name says, whose form the contract's rules have checked: by the name of the
// customer in whose history it is.
func (s *Server) handoffOfName(ctx context.Context, p *tenant, name string) (handoffRef, error) {
	customer, id, _ := strings.Cut(name, handoffsInName)
	holder, err := s.holderOf(ctx, p, projector.CustomerID(customer), hasHandoff(id))
	return handoffRef{customer: holder, id: id}, err
}

// handoffOf returns the handoff that a request names, or has a token of.
func (s *Server) handoffOf(ctx context.Context, p *tenant, name, token string) (handoffRef, error) {
	if name != "" {
		return s.handoffOfName(ctx, p, name)
	}
	return s.handoffOfToken(ctx, p, token)
}

// handoffOfToken returns the handoff of a token, in any rendering. What is no token of the tenant's is refused without a
// look anywhere.
//
// A call that was transferred more than once may carry the tokens of all its hops, in an order that depends on the
// gateways. The one still open is meant.
func (s *Server) handoffOfToken(ctx context.Context, p *tenant, text string) (handoffRef, error) {
	tokens := uui.Tokens(text)
	if len(tokens) == 0 {
		return handoffRef{}, domain.NoHandoffToken()
	}
	var keys []domain.IdentifierKey
	for _, t := range tokens {
		if id, ok := s.tokens.Open(p.Name(), t); ok {
			keys = append(keys, domain.HandoffKey(id))
		}
	}
	if len(keys) == 0 {
		return handoffRef{}, domain.HandoffNotFound()
	}
	refs, err := handoffOwners(ctx, p, keys)
	if err != nil {
		return handoffRef{}, err
	}
	return meant(ctx, p, refs), nil
}

// meant returns the handoff that is open, or else the one offered last. One that cannot be read is for the caller to read
// again, and to fail.
func meant(ctx context.Context, p *tenant, refs []handoffRef) handoffRef {
	best := refs[0]
	if len(refs) == 1 {
		return best
	}
	var newest *domain.Handoff
	for _, ref := range refs {
		h, err := readHandoff(ctx, p, ref, projector.Want{})
		switch {
		case err != nil:
		case h.CheckLook(p.Now()) == nil:
			return ref
		case newest == nil || cmp.Or(h.OfferTime.Compare(newest.OfferTime), cmp.Compare(h.Revision, newest.Revision)) > 0:
			best, newest = ref, h
		}
	}
	return best
}

// handoffOwners finds the customers behind handoffs. A token that holds was made for an offer that the log has. If it is
// not known here, another process has just made it: the follower will come by.
func handoffOwners(ctx context.Context, p *tenant, keys []domain.IdentifierKey) ([]handoffRef, error) {
	refs, err := lookupHandoffs(ctx, p, keys)
	if err != nil || len(refs) > 0 {
		return refs, err
	}
	if err := p.WaitCaughtUp(ctx); err != nil {
		return nil, err
	}
	refs, err = lookupHandoffs(ctx, p, keys)
	if err == nil && len(refs) == 0 {
		err = domain.HandoffNotFound()
	}
	return refs, err
}

func lookupHandoffs(ctx context.Context, p *tenant, keys []domain.IdentifierKey) ([]handoffRef, error) {
	owners, err := p.Lookup(ctx, keys)
	if err != nil {
		return nil, err
	}
	var refs []handoffRef
	for i, o := range owners {
		if o.Customer != "" {
			refs = append(refs, handoffRef{customer: o.Customer, id: keys[i].Value})
		}
	}
	return refs, nil
}

// readHandoff returns a handoff. One that is not known here may be so to the log.
func readHandoff(ctx context.Context, p *tenant, ref handoffRef, want projector.Want) (*domain.Handoff, error) {
	r, err := p.Read(ctx, ref.customer, want)
	if err != nil {
		return nil, err
	}
	h, err := r.State.Handoff(ref.id)
	if err == nil || r.Full {
		return h, err
	}
	if r, err = p.Read(ctx, ref.customer, projector.Want{Full: true}); err != nil {
		return nil, err
	}
	return r.State.Handoff(ref.id)
}

// among returns a handoff as all who are one with its customer have it: they were asked, too. One that they have too many
// of is as its own customer has it.
func among(all *domain.State, h *domain.Handoff) *domain.Handoff {
	if joined, err := all.Handoff(h.ID); err == nil {
		return joined
	}
	return h
}

// handoffCustomer returns the customer behind a token, in any rendering, and the interaction in which the customer was
// offered: whoever has the token stands there, as far as verifications are concerned. It is HANDOFF_NOT_OPEN once the
// handoff was accepted or has ended. Looking does not use the token up.
func (s *Server) handoffCustomer(ctx context.Context, p *tenant, token string) (customer, interaction string, err error) {
	ref, err := s.handoffOfToken(ctx, p, token)
	if err != nil {
		return "", "", err
	}
	h, err := readHandoff(ctx, p, ref, projector.Want{})
	if err == nil {
		err = h.CheckLook(p.Now())
	}
	if err != nil {
		return "", "", err
	}
	return ref.customer, h.InteractionID, nil
}
