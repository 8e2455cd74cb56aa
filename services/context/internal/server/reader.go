package server

import (
	"context"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// reader is one call's way to what is known: it answers with what there is, and remembers what may be missing.
type reader struct {
	*tenant
	server *Server
	// full says that the caller would rather have no answer than one that may lack something.
	full bool
	// nameless says that the slot dictionary could not be read. Nobody knows then what is sensitive, so nothing is told
	// that the dictionary or its policy has a say in.
	nameless bool
}

// reader returns a reader for the caller's tenant, once it has its dictionary or cannot have it in time.
func (s *Server) reader(ctx context.Context, c *contextv1.Consistency) (*reader, error) {
	r := &reader{tenant: s.projector.Tenant(auth.Tenant(ctx)), server: s, full: c.GetFullyConsistent()}
	err := r.WaitDictionary(ctx)
	if err != nil && (r.full || !passing(ctx, err)) {
		return nil, err
	}
	r.nameless = err != nil
	return r, nil
}

// passing reports whether an error is about the state of things, so that an answer without what it kept back is better
// than none.
func passing(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (fault.KindOf(err) == fault.Unavailable || fault.KindOf(err) == fault.Timeout)
}

// read returns what is known of a customer and of those merged into it. It is the empty state where nothing is, with the
// reading saying whether there may be something.
func (r *reader) read(ctx context.Context, customer string, want projector.Want) (joined, error) {
	if reserved(customer) {
		return nobody(customer), nil
	}
	return r.server.read(ctx, r.tenant, customer, want)
}

// seen returns what the slots of a state mean. While the dictionary is not known nothing may be told of them, so nothing
// is known: better to ask once too often than to tell a secret.
func (r *reader) seen(cur *projector.Current) *domain.View {
	if r.nameless {
		return domain.NewView(nil, nil)
	}
	return cur.View(r.Dictionary())
}

// lookup returns the owner of a key.
func (r *reader) lookup(ctx context.Context, key domain.IdentifierKey) (domain.Owner, error) {
	owners, err := r.Lookup(ctx, []domain.IdentifierKey{key})
	if err != nil {
		return domain.Owner{}, err
	}
	return owners[0], nil
}

// byIdentifier returns the customer whom an identifier names.
func (r *reader) byIdentifier(ctx context.Context, identifier *logv1.Identifier, region string) (string, error) {
	id, err := wire.Identifier(identifier).Normalise(region)
	if err != nil {
		return "", inField(err, "identifier.value")
	}
	notFound := fault.New(fault.NotFound, reasonIdentifierNotFound, "no customer has this identifier").With("type", id.Type.String())
	if policy := r.Dictionary().Policy(); policy.Identity.Blocks(id) {
		return "", notFound
	}
	owner, err := r.lookup(ctx, id.Key())
	if err != nil {
		return "", err
	}
	if owner.Customer == "" {
		return "", notFound
	}
	return owner.Customer, nil
}

// byContact returns the customer and the interaction that a platform's contact, "platform:id", is.
func (r *reader) byContact(ctx context.Context, contact string) (customer, interaction string, err error) {
	platform, id, ok := strings.Cut(contact, ":")
	if !ok || platform == "" || id == "" {
		return "", "", fault.New(fault.Invalid, domain.ReasonInvalidIdentifier, "a platform contact is written platform:id")
	}
	owner, err := r.lookup(ctx, domain.ContactKey(platform, id))
	if err != nil {
		return "", "", err
	}
	if owner.Customer == "" {
		return "", "", fault.New(fault.NotFound, reasonIdentifierNotFound, "no customer has this contact")
	}
	return owner.Customer, owner.InteractionID, nil
}

// why says why an answer may lack something; unspecified when nothing is known to be missing.
func (r *reader) why(got joined) contextv1.IncompleteReason {
	if why := incompleteReason(got.Why); why != contextv1.IncompleteReason_INCOMPLETE_REASON_UNSPECIFIED {
		return why
	}
	if r.nameless {
		return contextv1.IncompleteReason_INCOMPLETE_REASON_NO_DICTIONARY
	}
	return contextv1.IncompleteReason_INCOMPLETE_REASON_UNSPECIFIED
}

// freshness says what an answer rests on.
func (r *reader) freshness(got joined) *contextv1.Freshness {
	f := freshnessOf(got.Reading)
	f.Reason = r.why(got)
	f.Degraded = f.GetReason() != contextv1.IncompleteReason_INCOMPLETE_REASON_UNSPECIFIED
	return f
}

// lostWhy says why a customer could not be looked up.
func (r *reader) lostWhy() contextv1.IncompleteReason {
	if r.server.projector.Ready() != nil {
		return contextv1.IncompleteReason_INCOMPLETE_REASON_BUILDING
	}
	return contextv1.IncompleteReason_INCOMPLETE_REASON_LOG_UNREACHABLE
}
