package client

import (
	"context"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Actor is a participant: who did it.
type Actor struct {
	// What kind of participant it is.
	Kind ActorKind
	// Its id in its own system: an agent's login, a bot's name. At most 128 bytes. Empty where the kind says it all.
	ID string
}

// Identifier is a typed value that names a customer.
type Identifier struct {
	// The kind of value.
	Type IdentifierType
	// The value, 1 to 256 bytes. In requests as the system has it; in answers and events in its normal form.
	Value string
}

// PlatformContact is a platform's call, chat or contact.
type PlatformContact struct {
	// The platform: "genesys", "amazon-connect", "sip". 1 to 64 characters of lower-case letters, digits and "-".
	Platform string
	// Its own id of the call, chat or contact: 1 to 190 bytes.
	ContactID string
}

// ResolveRequest says what is known of who the customer is.
type ResolveRequest struct {
	// What is known of the customer's identity, at most 20 identifiers. May be empty when a platform contact is given:
	// an anonymous caller.
	Identifiers []Identifier
	// Region by which telephone numbers without country code are read, as an ISO 3166-1 code: "US".
	DefaultRegion string
	// Whether to fail with IDENTIFIER_NOT_FOUND instead of making a customer when there is none.
	MustExist bool `wire:"-"`
	// How it is known that the identifiers name the customer.
	Origin LinkOrigin
	// The platform's call, chat or contact. When given, the interaction is begun, unless it was before.
	PlatformContact PlatformContact
	// The channel of the interaction.
	Channel Channel
	// Who started the interaction.
	Direction Direction
	// When the contact happened; the server's time when absent.
	OccurredAt time.Time
	// Language of the customer as a BCP 47 tag. At most 35 bytes.
	Locale string
	// Whether to merge, reversibly, an anonymous visitor (a customer with no other identifiers than WEB_VISITOR and
	// DEVICE) found by one identifier into the customer found by another.
	BindAnonymous bool
	// What the customer wants, as an intent's id, when it is known: helps to say which open case the contact is about.
	// At most 128 bytes.
	Intent string
}

// Resolution is the customer found or made.
type Resolution struct {
	// The customer: "customers/{id}".
	Customer string
	// Whether the customer was made by this call, or by the call this one repeats.
	Created bool
	// What became of each identifier, in the order of the request.
	Matches []IdentifierMatch
	// The interaction, when a platform contact was given.
	InteractionID string
	// Whether the interaction was begun by this call; false for a retransmission.
	InteractionCreated bool
	// The customer's newest revision.
	Revision int64
	// Give it to later reads to see at least this.
	ConsistencyToken string
	// "Is this about the same thing?" The open matters that the contact may be about, the likeliest first. At most 5.
	ResumeCandidates []ResumeCandidate
	// The customer's open cases, touched last first. At most 20.
	OpenCases []Case
}

// IdentifierMatch is what became of one identifier of a request.
type IdentifierMatch struct {
	// The identifier, normalised.
	Identifier Identifier
	// What became of it.
	Outcome MatchOutcome
	// The customer it names, in case of a conflict.
	ConflictingCustomer string
}

// Resolve finds the customer behind identifiers, or makes a new one. Any number of parallel first calls with one
// identifier get one customer. With a platform contact it also begins the interaction, once: a retransmission gets the
// same answer and creates nothing.
//
// Identifiers not yet known are linked to the customer found. When they name different customers, the one named by the
// strongest answers (CRM_ID, ACCOUNT, PHONE, EMAIL, SOCIAL, DEVICE, WEB_VISITOR, in this order) and the others are
// reported as MatchConflict; nothing is merged.
//
// Errors: INVALID_IDENTIFIER, REGION_REQUIRED, NOTHING_TO_RESOLVE, IDENTIFIER_NOT_FOUND (with MustExist), CONTENTION,
// UNAVAILABLE.
func (c *Client) Resolve(ctx context.Context, r ResolveRequest) (*Resolution, error) {
	req := &contextv1.ResolveCustomerRequest{}
	if r.MustExist {
		create := false
		req.CreateMissing = &create
	}
	if err := encode(req, r); err != nil {
		return nil, err
	}
	resp, err := invoke(ctx, c, c.context.ResolveCustomer, req)
	if err != nil {
		return nil, err
	}
	c.tokens.note(resp.GetCustomer(), resp.GetConsistencyToken(), resp.GetRevision())
	return decoded[Resolution](resp), nil
}
