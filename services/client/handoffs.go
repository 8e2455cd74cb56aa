package client

import (
	"context"
	"strings"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Handoff is a transfer of a customer, with context, from one participant to another.
type Handoff struct {
	// Resource name: "customers/{customer}/handoffs/{handoff_id}".
	Name string
	// The customer: "customers/{id}".
	Customer string
	// Where it stands.
	State HandoffState
	// Who hands over.
	From Actor
	// To whom; anyone of the target when its id is empty.
	To Actor
	// The queue, skill or system it is offered to.
	Target string
	// The channel it goes to.
	TargetChannel Channel
	// Whether the two sides speak first (warm), or not (cold).
	TransferKind TransferKind
	// Why.
	Reason string
	// What the giver wants the receiver to know.
	Summary string
	// The slots whose values are handed over: ids of the dictionary, or names where it has no entry.
	OfferedSlots []string
	// Those of them that the receiver has read.
	ReadSlots []string
	// Those that the receiver has no use for.
	DroppedSlots []string
	// Those that were neither read nor dropped: at the end of a handoff these were handed over for nothing.
	UnreadSlots []string
	// Those that the receiver asked the customer for all the same.
	AskedAgainSlots []string
	// When it was offered.
	OfferTime time.Time
	// When the offer lapses.
	ExpireTime time.Time
	// When it was accepted.
	AcceptTime time.Time
	// Who accepted it.
	AcceptedBy Actor
	// When the receiver read the context first.
	FirstReadTime time.Time
	// Time to context: from accepting to the first reading. Absent until then.
	TimeToContext time.Duration
	// When it ended: completed, declined, expired or cancelled.
	EndTime time.Time
	// Why it was declined or cancelled.
	EndReason string
	// The interaction in which it was offered.
	InteractionID string
	// The interaction in which the receiver goes on.
	ReceiverInteractionID string
	// The case it is about.
	CaseID string
	// The handoff that brought the customer to the giver: its resource name.
	PreviousHandoff string
	// Its place in a chain of transfers: 1 for the first.
	Hop int
}

// HandoffRequest says to whom a customer is handed over, and with what.
type HandoffRequest struct {
	// To whom; anyone of the target when its id, or all of it, is empty.
	To Actor
	// The queue, skill or system it is offered to. At most 128 bytes.
	Target string
	// The channel it goes to.
	TargetChannel Channel
	// Whether the two sides speak first (warm), or not (cold). COLD when unspecified.
	TransferKind TransferKind
	// Why. At most 256 bytes.
	Reason string
	// What the receiver should know. At most 4,096 bytes.
	Summary string
	// The slots whose values are handed over, by the giver's own names: at most 200, of 1 to 128 bytes. All that have a
	// value, the newest 200, when empty.
	OfferedSlots []string
	// How long it waits: at least 1 second; the policy's default when absent, and no longer than its bound.
	TTL time.Duration
	// The SIP URI for the Refer-To rendering. At most 512 bytes.
	ReferToURI string
	// The https URL for the URL rendering. At most 1,024 bytes.
	LandingURL string
}

// HandoffOffer is a new handoff and the token by which the receiver takes over.
type HandoffOffer struct {
	// The handoff.
	Handoff Handoff
	// The token: at most 48 characters of lower-case letters and digits. It can be used once, until the handoff expires,
	// by a caller of the same tenant. It is shown here only; the log keeps nothing that it could be made from.
	Token string
	// The token as other systems carry it.
	Renderings HandoffRenderings
	// The customer's newest revision.
	Revision int64
	// Give it to later reads to see at least this.
	ConsistencyToken string
}

// HandoffRenderings is the token as other systems carry it.
type HandoffRenderings struct {
	// Value of a SIP User-to-User header (RFC 7433), the token in hex: "7468...;encoding=hex". The hex part has at most
	// 96 characters, so the whole fits the 128 octets of ISDN.
	UserToUser string
	// Value of a SIP Refer-To header with the same as an escaped header, when a ReferToURI was given:
	// "<sip:agent@example.com?User-to-User=...>".
	ReferTo string
	// Value of a plain header, such as X-Throughline-Handoff: the token itself.
	Header string
	// The LandingURL of the request with the token as query parameter "handoff", when one was given.
	URL string
}

// HandoffChange is the answer of every change of a handoff but its creation.
type HandoffChange struct {
	// The handoff after the change.
	Handoff Handoff
	// The customer's newest revision.
	Revision int64
	// Give it to later reads to see at least this.
	ConsistencyToken string
}

// HandoffReading says which of the slots handed over were read.
type HandoffReading struct {
	// The slots read, by the receiver's own names: at most 200, of 1 to 128 bytes.
	ReadSlots []string
	// The slots that the receiver has no use for: as ReadSlots.
	DroppedSlots []string
	// When true, all offered slots not named as dropped were read.
	ReadAll bool
}

// handoffRef is a handoff by its name or by its token, whichever it is: only names begin with "customers/".
type handoffRef struct {
	Name  string
	Token string
}

func refOf(nameOrToken string) handoffRef {
	if strings.HasPrefix(nameOrToken, "customers/") {
		return handoffRef{Name: nameOrToken}
	}
	return handoffRef{Token: nameOrToken}
}

// customer returns the customer in a handoff's name, or "".
func (r handoffRef) customer() string {
	customer, _, _ := strings.Cut(r.Name, "/handoffs/")
	return customer
}

// Handoff offers the customer to another participant, with what is known. The place's actor is the giver, its interaction
// the one handed over, its scope that of the names of the slots. The answer has the token by which the receiver takes
// over.
//
// Errors: INVALID_REQUEST, CUSTOMER_NOT_FOUND, INVALID_HANDOFF, REQUEST_ID_REUSED, CONTENTION, UNAVAILABLE, and those of
// Append.
func (c *Customer) Handoff(ctx context.Context, h HandoffRequest, opts ...WriteOption) (*HandoffOffer, error) {
	req := &contextv1.CreateHandoffRequest{Customer: c.name, Scope: c.place.Scope}
	return change[HandoffOffer](ctx, c, c.client.context.CreateHandoff, req, opts, h)
}

// Handoff returns a handoff, by its name, its token or any rendering of the token: the value of a User-to-User or
// Refer-To header, a URL. Looking does not use the token up.
//
// Errors: INVALID_REQUEST, HANDOFF_NOT_FOUND, HANDOFF_NOT_OPEN (by a token that was used, or has expired),
// INVALID_CONSISTENCY_TOKEN (of AtLeast), UNAVAILABLE.
func (c *Client) Handoff(ctx context.Context, nameOrToken string, opts ...ReadOption) (*Handoff, error) {
	req, ref := &contextv1.GetHandoffRequest{}, refOf(nameOrToken)
	return ask[Handoff](ctx, c, ref.customer(), c.context.GetHandoff, req, opts,
		func(x *contextv1.Consistency) { req.Consistency = x }, ref)
}

// AcceptHandoff takes a customer over, by the handoff's name, its token or any rendering of the token. Exactly one
// receiver succeeds, however many try. The place's actor is the receiver, its interaction the one in which the receiver
// goes on; the customer is in the answer's Handoff.
//
// A receiver that may have to repeat the call itself gives the same WithRequestID, and gets the answer of the first time.
//
// Errors: INVALID_REQUEST, HANDOFF_NOT_FOUND, HANDOFF_ALREADY_ACCEPTED, HANDOFF_NOT_OPEN, REQUEST_ID_REUSED, CONTENTION,
// UNAVAILABLE.
func (c *Client) AcceptHandoff(ctx context.Context, nameOrToken string, p Place, opts ...WriteOption) (*HandoffChange, error) {
	ref := refOf(nameOrToken)
	changed, err := change[HandoffChange](ctx, c.Customer(ref.customer()).At(p), c.context.AcceptHandoff,
		&contextv1.AcceptHandoffRequest{}, opts, ref)
	if err == nil && ref.customer() == "" {
		c.tokens.note(changed.Handoff.Customer, changed.ConsistencyToken, changed.Revision)
	}
	return changed, err
}

// AcknowledgeHandoff says which of the slots handed over were read, and which are of no use. It may be called again as
// more is read. handoff is its name.
//
// Errors: INVALID_REQUEST, HANDOFF_NOT_FOUND, HANDOFF_NOT_OPEN, SLOT_NOT_OFFERED, REQUEST_ID_REUSED, CONTENTION,
// UNAVAILABLE.
func (c *Customer) AcknowledgeHandoff(ctx context.Context, handoff string, r HandoffReading, opts ...WriteOption) (*HandoffChange, error) {
	req := &contextv1.AcknowledgeHandoffRequest{Name: handoff, Scope: c.place.Scope}
	return change[HandoffChange](ctx, c, c.client.context.AcknowledgeHandoff, req, opts, r)
}

// CompleteHandoff brings an accepted handoff to its end: the receiver has the customer's matter in hand.
//
// Errors: INVALID_REQUEST, HANDOFF_NOT_FOUND, HANDOFF_NOT_OPEN, REQUEST_ID_REUSED, CONTENTION, UNAVAILABLE.
func (c *Customer) CompleteHandoff(ctx context.Context, handoff string, opts ...WriteOption) (*HandoffChange, error) {
	return change[HandoffChange](ctx, c, c.client.context.CompleteHandoff, &contextv1.CompleteHandoffRequest{Name: handoff}, opts)
}

// DeclineHandoff refuses an offered handoff. The reason has at most 256 bytes.
//
// Errors: as for CompleteHandoff, and HANDOFF_ALREADY_ACCEPTED.
func (c *Customer) DeclineHandoff(ctx context.Context, handoff, reason string, opts ...WriteOption) (*HandoffChange, error) {
	req := &contextv1.DeclineHandoffRequest{Name: handoff, Reason: reason}
	return change[HandoffChange](ctx, c, c.client.context.DeclineHandoff, req, opts)
}

// CancelHandoff withdraws a handoff that is offered or accepted: the giver keeps the customer. The reason has at most
// 256 bytes.
//
// Errors: as for CompleteHandoff.
func (c *Customer) CancelHandoff(ctx context.Context, handoff, reason string, opts ...WriteOption) (*HandoffChange, error) {
	req := &contextv1.CancelHandoffRequest{Name: handoff, Reason: reason}
	return change[HandoffChange](ctx, c, c.client.context.CancelHandoff, req, opts)
}
