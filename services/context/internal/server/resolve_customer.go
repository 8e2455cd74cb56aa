package server

import (
	"context"
	"fmt"
	"slices"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// ResolveCustomer finds the customer behind identifiers, or makes one.
//
// Two things are made durable, in this order: the claim, in the store, which decides who the customer is; and the events
// that tell the log about it. The ids of the events derive from the claim, so a call that is cut off in between is
// completed by the next one, with the same events. Nothing is answered before both are done.
func (s *Server) ResolveCustomer(ctx context.Context, req *contextv1.ResolveCustomerRequest) (*contextv1.ResolveCustomerResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	r := &resolution{p: p, req: req}
	if err := r.parse(); err != nil {
		return nil, err
	}
	// What is known already, and told, needs no lock and no write.
	if resp, err := r.known(ctx); resp != nil || err != nil {
		return resp, err
	}
	unlock, err := s.claims.lock(ctx, r.keys)
	if err != nil {
		return nil, err
	}
	defer func() { unlock() }()
	owners, err := p.Lookup(ctx, r.keys)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(owners, func(o domain.Owner) bool { return o.Customer != "" }) {
		// The customer exists, so nothing has to happen in order: claims of many callers may share a disk sync.
		unlock()
		unlock = func() {}
	}
	newCustomer := ""
	if req.CreateMissing == nil || req.GetCreateMissing() {
		if newCustomer, err = domain.NewCustomerID(s.rand); err != nil {
			return nil, fault.New(fault.Internal, fault.InternalError, "no randomness: %w", err)
		}
	}
	r.claim, err = p.Claim(ctx, domain.ClaimRequest{Keys: r.keys, NewCustomer: newCustomer, Now: p.Now()})
	if err != nil {
		return nil, err
	}
	if r.claim.Customer == "" {
		return nil, identifierNotFound()
	}
	return r.complete(ctx)
}

func identifierNotFound() error {
	return fault.New(fault.NotFound, reasonIdentifierNotFound, "no customer has these identifiers, and none may be made")
}

// resolution is one call of ResolveCustomer.
type resolution struct {
	p   *tenant
	req *contextv1.ResolveCustomerRequest

	ids     []domain.Identifier    // of the request, normalised, in its order
	keys    []domain.IdentifierKey // of these, each once, and of the contact
	contact string                 // the platform's contact id, normalised; empty when none was given
	claim   domain.ClaimResult
	begunAs string // the interaction's id when it was found further back in the log
}

// parse normalises the identifiers.
func (r *resolution) parse() error {
	for i, m := range r.req.GetIdentifiers() {
		path := fmt.Sprintf("identifiers[%d].value", i)
		id := wire.Identifier(m)
		if id.Type == domain.IdentifierPlatformContact {
			return fault.New(fault.Invalid, domain.ReasonInvalidIdentifier, "a platform contact names one interaction, not a person").
				With("type", id.Type.String()).WithField(path, "give it as platform_contact")
		}
		id, err := id.Normalise(r.req.GetDefaultRegion())
		if err == nil {
			err = checkStorable(id)
		}
		if err != nil {
			return inField(err, path)
		}
		r.ids = append(r.ids, id)
		if !slices.Contains(r.keys, id.Key()) {
			r.keys = append(r.keys, id.Key())
		}
	}
	if c := r.req.GetPlatformContact(); c != nil {
		id, err := domain.Identifier(domain.ContactKey(c.GetPlatform(), c.GetContactId())).Normalise("")
		if err == nil {
			err = checkStorable(id)
		}
		if err != nil {
			return inField(err, "platform_contact.contact_id")
		}
		r.contact = strings.TrimPrefix(id.Value, c.GetPlatform()+":")
		r.keys = append(r.keys, id.Key())
	}
	if len(r.keys) == 0 {
		return fault.New(fault.Invalid, reasonNothingToResolve, "neither an identifier nor a platform contact is given").
			WithField("identifiers", "give at least one, or a platform_contact")
	}
	return nil
}

// checkStorable refuses card numbers, which are never stored. Telephone numbers are told from them by their form.
func checkStorable(id domain.Identifier) error {
	if id.Type == domain.IdentifierPhone || !holdsCardNumber(id.Value) {
		return nil
	}
	return fault.New(fault.Invalid, domain.ReasonInvalidIdentifier, "the value looks like a payment card number, and those are never stored").
		With("type", id.Type.String())
}

// known answers when all keys have an owner already and the log has been told of them; nil otherwise.
func (r *resolution) known(ctx context.Context) (*contextv1.ResolveCustomerResponse, error) {
	owners, err := r.p.Lookup(ctx, r.keys)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(owners, func(o domain.Owner) bool { return o.Customer == "" }) {
		return nil, nil
	}
	r.claim = domain.ClaimRequest{Keys: r.keys}.Decide(owners)
	cur, err := r.p.Read(ctx, r.claim.Customer, projector.Want{})
	if err != nil {
		return nil, err
	}
	if len(r.untold(cur.State)) > 0 {
		return nil, nil
	}
	return r.response(cur.State, cur.State.Revision, false), nil
}

// complete tells the log what it does not know of the claim yet, and answers.
func (r *resolution) complete(ctx context.Context) (*contextv1.ResolveCustomerResponse, error) {
	w, err := r.p.Writer(ctx, r.claim.Customer)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	untold := r.untold(w.Current().State)
	if slices.ContainsFunc(untold, func(k domain.KeyClaim) bool { return k.Outcome != domain.Linked }) {
		// An earlier call has claimed it. Either the log knows by now, or that call was cut off.
		if err := w.CatchUp(ctx); err != nil {
			return nil, err
		}
		untold = r.untold(w.Current().State)
	}
	if untold, err = r.startedBefore(ctx, w, untold); err != nil {
		return nil, err
	}
	before := w.Current().State
	created := r.claim.Created || !r.claim.Repeated && before.Revision == 0
	begun, revision, err := r.tell(ctx, w, untold)
	if err != nil {
		return nil, err
	}
	r.claim.Created = created
	resp := r.response(w.Current().State, max(revision, w.Current().State.Revision), begun)
	return resp, nil
}

// untold returns the claims of which a state knows nothing.
func (r *resolution) untold(state *domain.State) []domain.KeyClaim {
	var out []domain.KeyClaim
	for _, k := range r.claim.Keys {
		switch {
		case k.Outcome == domain.Conflicting:
		case k.Outcome == domain.Linked:
			out = append(out, k)
		case k.Key.Type == domain.IdentifierPlatformContact:
			if r.interaction(state) == nil {
				out = append(out, k)
			}
		case !linkedIn(state, k):
			out = append(out, k)
		}
	}
	return out
}

// linkedIn reports whether a state has the identifier, or has had it: a full state drops the oldest ones.
func linkedIn(state *domain.State, k domain.KeyClaim) bool {
	n := len(state.Identifiers)
	if slices.ContainsFunc(state.Identifiers, func(l domain.LinkedIdentifier) bool { return l.Identifier.Key() == k.Key }) {
		return true
	}
	return n >= domain.MaxIdentifiers && k.Owner.Since.Before(state.RevisionTime) &&
		state.Identifiers[n-1].LinkTime.After(k.Owner.Since)
}

// interaction returns the contact's interaction, nil when a state does not have it.
func (r *resolution) interaction(state *domain.State) *domain.Interaction {
	c := r.req.GetPlatformContact()
	for _, list := range [][]*domain.Interaction{state.Open, state.Ended} {
		for _, x := range list {
			if x.Platform == c.GetPlatform() && x.PlatformContactID == r.contact {
				return x
			}
		}
	}
	return nil
}

func (r *resolution) response(state *domain.State, revision int64, begun bool) *contextv1.ResolveCustomerResponse {
	resp := &contextv1.ResolveCustomerResponse{
		Customer:           customerName(r.claim.Customer),
		Created:            r.claim.Created,
		InteractionId:      r.interactionID(state),
		InteractionCreated: begun,
		Revision:           revision,
		ConsistencyToken:   tokenOf(r.p, r.claim.Customer, revision),
	}
	for _, id := range r.ids {
		at := slices.IndexFunc(r.claim.Keys, func(k domain.KeyClaim) bool { return k.Key == id.Key() })
		k := r.claim.Keys[at]
		m := &contextv1.IdentifierMatch{
			Identifier: wire.IdentifierMessage(id),
			Outcome:    contextv1.MatchOutcome(r.outcome(state, k, resp.InteractionId)),
		}
		if k.Outcome == domain.Conflicting {
			m.ConflictingCustomer = customerName(k.Owner.Customer)
		}
		resp.Matches = append(resp.Matches, m)
	}
	r.addMatters(resp, state)
	return resp
}

// addMatters says what the contact may be about. Its own interaction is no matter to go on with, in retransmissions either.
func (r *resolution) addMatters(resp *contextv1.ResolveCustomerResponse, state *domain.State) {
	now := r.p.Now()
	for _, c := range state.OpenCases {
		resp.OpenCases = append(resp.OpenCases, caseMessage(r.claim.Customer, c, now))
	}
	contact := domain.Asker{
		Channel: domain.Channel(r.req.GetChannel()), InteractionID: resp.GetInteractionId(), Intent: r.req.GetIntent(),
	}
	for _, candidate := range domain.Resume(state, contact, now) {
		resp.ResumeCandidates = append(resp.ResumeCandidates, resumeMessage(r.claim.Customer, candidate))
	}
}

// outcome is what became of an identifier. A retransmission gets the answer of the first time: what was linked in the
// contact's interaction counts as linked again.
func (r *resolution) outcome(state *domain.State, k domain.KeyClaim, interactionID string) domain.MatchOutcome {
	if !r.claim.Repeated || k.Outcome != domain.Matched {
		return k.Outcome
	}
	for _, l := range state.Identifiers {
		if l.Identifier.Key() == k.Key && l.InteractionID == interactionID {
			return domain.Linked
		}
	}
	return k.Outcome
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
