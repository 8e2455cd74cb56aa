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
	for range maxResolveAttempts {
		resp, err := s.resolve(ctx, p, req)
		if fault.ReasonOf(err) != domain.ReasonCustomerErased {
			return resp, err
		}
		// The store has named one who was erased. It does so no more, now that this is known here.
	}
	return nil, contention()
}

// maxResolveAttempts bounds how often identifiers are looked up again because they named who was erased.
const maxResolveAttempts = 5

func (s *Server) resolve(ctx context.Context, p *tenant, req *contextv1.ResolveCustomerRequest) (*contextv1.ResolveCustomerResponse, error) {
	r := &resolution{s: s, p: p, req: req}
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
	owners, err := r.lookup(ctx)
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
	r.claim, err = p.Claim(ctx, domain.ClaimRequest{
		Keys: r.keys, NewCustomer: newCustomer, Now: p.Now(), Roots: r.roots,
	})
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
	s   *Server
	p   *tenant
	req *contextv1.ResolveCustomerRequest

	ids     []domain.Identifier    // of the request, normalised, in its order
	keys    []domain.IdentifierKey // of these that take part, each once, and of the contact
	unused  map[domain.IdentifierKey]domain.MatchOutcome
	contact string            // the platform's contact id, normalised; empty when none was given
	roots   map[string]string // whom the owners are merged into
	claim   domain.ClaimResult
	states  map[string]*domain.State // of the customers concerned, once they are told
	bound   map[string]bool          // visitors merged into the customer
	begunAs string                   // the interaction's id when it was found further back in the log
}

// parse normalises the identifiers.
func (r *resolution) parse() error {
	policy := r.p.Dictionary().Policy()
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
		switch {
		case policy.Identity.Blocks(id):
			r.leaveOut(id.Key(), domain.Blocked)
		case !slices.Contains(r.keys, id.Key()):
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
	owners, err := r.lookup(ctx)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(owners, func(o domain.Owner) bool { return o.Customer == "" }) {
		return nil, nil
	}
	r.claim = domain.ClaimRequest{Keys: r.keys, Roots: r.roots}.Decide(owners)
	r.states = map[string]*domain.State{}
	if err := r.readStates(ctx); err != nil {
		return nil, err
	}
	for customer, state := range r.states {
		if len(r.untold(customer, state)) > 0 {
			return nil, nil
		}
	}
	visitors, err := r.visitors(ctx)
	if err != nil || len(visitors) > 0 {
		return nil, err
	}
	return r.response(ctx, r.states[r.claim.Customer].Revision, false)
}

// complete tells the log what it does not know of the claim yet, and answers.
func (r *resolution) complete(ctx context.Context) (*contextv1.ResolveCustomerResponse, error) {
	r.states = map[string]*domain.State{}
	begun, revision, err := r.completeIn(ctx, r.claim.Customer)
	if err != nil {
		return nil, err
	}
	if err := r.readStates(ctx); err != nil {
		return nil, err
	}
	for customer, state := range r.states {
		// What a merged customer's history was not told, because a call was cut off.
		if customer == r.claim.Customer || len(r.untold(customer, state)) == 0 {
			continue
		}
		began, _, err := r.completeIn(ctx, customer)
		if err != nil {
			return nil, err
		}
		begun = begun || began
	}
	merged, err := r.bind(ctx)
	if err != nil {
		return nil, err
	}
	return r.response(ctx, max(revision, merged), begun)
}

// completeIn tells the log what it does not know of the claims that concern one customer's history. It says whether this
// call began the interaction, and the customer's revision.
func (r *resolution) completeIn(ctx context.Context, customer string) (begun bool, revision int64, err error) {
	w, err := r.p.Writer(ctx, customer)
	if err != nil {
		return false, 0, err
	}
	defer w.Close()
	untold := r.untold(customer, w.Current().State)
	if slices.ContainsFunc(untold, func(k domain.KeyClaim) bool { return k.Outcome != domain.Linked }) {
		// An earlier call has claimed it. Either the log knows by now, or that call was cut off.
		if err := w.CatchUp(ctx); err != nil {
			return false, 0, err
		}
		untold = r.untold(customer, w.Current().State)
	}
	if untold, err = r.startedBefore(ctx, w, untold); err != nil {
		return false, 0, err
	}
	created := customer == r.claim.Customer && !r.claim.Repeated && w.Current().State.Revision == 0
	if begun, revision, err = r.tell(ctx, w, untold); err != nil {
		return false, 0, err
	}
	r.claim.Created = r.claim.Created || created
	r.states[customer] = w.Current().State
	return begun, max(revision, w.Current().State.Revision), nil
}

// home is the customer in whose history a claim is told: new ones in that of the customer found, known ones where they
// were told before, although that customer may be merged into the other by now.
func (r *resolution) home(k domain.KeyClaim) string {
	if k.Outcome == domain.Matched {
		return k.Owner.Customer
	}
	return r.claim.Customer
}

// readStates reads what is not read yet of the histories in which the claims are told.
func (r *resolution) readStates(ctx context.Context) error {
	read := func(customer string) error {
		if r.states[customer] != nil {
			return nil
		}
		cur, err := r.p.Read(ctx, customer, projector.Want{})
		if err == nil {
			r.states[customer] = cur.State
		}
		return err
	}
	if err := read(r.claim.Customer); err != nil {
		return err
	}
	for _, k := range r.claim.Keys {
		if err := read(r.home(k)); err != nil {
			return err
		}
	}
	return nil
}

// untold returns the claims that belong into a customer's history and of which a state of it knows nothing.
func (r *resolution) untold(customer string, state *domain.State) []domain.KeyClaim {
	var out []domain.KeyClaim
	for _, k := range r.claim.Keys {
		switch {
		case k.Outcome == domain.Conflicting || r.home(k) != customer:
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
