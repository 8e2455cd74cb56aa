package server

import (
	"context"
	"slices"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

func (r *resolution) response(ctx context.Context, revision int64, begun bool) (*contextv1.ResolveCustomerResponse, error) {
	resp := &contextv1.ResolveCustomerResponse{
		Customer:           customerName(r.claim.Customer),
		Created:            r.claim.Created,
		InteractionId:      r.interactionID(r.states[r.contactHome()]),
		InteractionCreated: begun,
		Revision:           revision,
		ConsistencyToken:   tokenOf(r.p, r.claim.Customer, revision),
	}
	for _, id := range r.ids {
		m := &contextv1.IdentifierMatch{Identifier: wire.IdentifierMessage(id)}
		if outcome, unused := r.unused[id.Key()]; unused {
			m.Outcome = contextv1.MatchOutcome(outcome)
			resp.Matches = append(resp.Matches, m)
			continue
		}
		at := slices.IndexFunc(r.claim.Keys, func(k domain.KeyClaim) bool { return k.Key == id.Key() })
		k := r.claim.Keys[at]
		outcome, err := r.outcome(ctx, k, resp.InteractionId)
		if err != nil {
			return nil, err
		}
		m.Outcome = contextv1.MatchOutcome(outcome)
		if outcome == domain.Conflicting {
			m.ConflictingCustomer = customerName(r.rootOf(k.Owner.Customer))
		}
		resp.Matches = append(resp.Matches, m)
	}
	return resp, r.addMatters(ctx, resp)
}

// addMatters says what the contact may be about. Its own interaction is no matter to go on with, in retransmissions either.
func (r *resolution) addMatters(ctx context.Context, resp *contextv1.ResolveCustomerResponse) error {
	j, err := r.s.read(ctx, r.p, r.claim.Customer, projector.Want{})
	if err != nil {
		return err
	}
	now := r.p.Now()
	for _, c := range j.State.OpenCases {
		resp.OpenCases = append(resp.OpenCases, j.caseMessage(c, now))
	}
	contact := domain.Asker{
		Channel: domain.Channel(r.req.GetChannel()), InteractionID: resp.GetInteractionId(), Intent: r.req.GetIntent(),
	}
	for _, candidate := range domain.Resume(j.State, contact, now) {
		resp.ResumeCandidates = append(resp.ResumeCandidates, j.resumeMessage(&candidate))
	}
	return nil
}

// outcome is what became of an identifier. A retransmission gets the answer of the first time: what was linked in the
// contact's interaction counts as linked again, and what was bound by the contact as bound.
func (r *resolution) outcome(ctx context.Context, k domain.KeyClaim, interactionID string) (domain.MatchOutcome, error) {
	switch {
	case k.Outcome == domain.Conflicting && r.bound[r.rootOf(k.Owner.Customer)]:
		return domain.Bound, nil
	case !r.claim.Repeated || k.Outcome != domain.Matched:
		return k.Outcome, nil
	case k.Owner.Customer != r.claim.Customer:
		j, err := r.s.read(ctx, r.p, r.claim.Customer, projector.Want{})
		if err != nil {
			return 0, err
		}
		id := r.bindID(k.Owner.Customer, 0)
		if slices.ContainsFunc(j.State.Merges, func(m domain.Merge) bool { return m.ID == id }) {
			return domain.Bound, nil
		}
	}
	for _, l := range r.states[r.home(k)].Identifiers {
		if l.Identifier.Key() == k.Key && l.InteractionID == interactionID {
			return domain.Linked, nil
		}
	}
	return k.Outcome, nil
}

// contactHome is the customer in whose history the contact's interaction is.
func (r *resolution) contactHome() string {
	for _, k := range r.claim.Keys {
		if k.Key.Type == domain.IdentifierPlatformContact {
			return r.home(k)
		}
	}
	return r.claim.Customer
}

// interactionID returns the id of the contact's interaction: the one under which the log has it, or else the one that
// it gets.
func (r *resolution) interactionID(state *domain.State) string {
	c := r.req.GetPlatformContact()
	if c == nil {
		return ""
	}
	if x := r.interaction(state); x != nil {
		return x.ID
	}
	if r.begunAs != "" {
		return r.begunAs
	}
	return domain.ContactInteractionID(c.GetPlatform(), r.contact)
}
