package client

import (
	"context"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// FlatContext is a context as a flat map of strings.
type FlatContext struct {
	// The values by key. Keys and values together have at most 32,768 bytes of UTF-8, each value at most 1,024. What
	// does not fit is left out, the least important first, and Truncated is true.
	Values map[string]string
	// What became of the request.
	Status FlatStatus
	// True when less is known than there may be.
	Degraded bool
	// Why it is degraded.
	Reason IncompleteReason
	// Whether something was left out for want of room.
	Truncated bool
	// When the state was last known to be complete.
	AsOfTime time.Time
}

// FlatLookup says whose flat context is wanted when the customer is not known yet. The first that is given of Identifier,
// HandoffToken and PlatformContact counts.
type FlatLookup struct {
	// An identifier of the customer.
	Identifier Identifier
	// Region by which a telephone number without country code is read, as an ISO 3166-1 code: "US".
	DefaultRegion string
	// The token of a handoff, or any rendering of it.
	HandoffToken string
	// The platform and its call, chat or contact id, as "platform:id". At most 256 bytes.
	PlatformContact string
	// The slots whose values are wanted, as for Customer.Flat.
	Slots []string
	// Who asks, and where.
	Place Place `wire:"-"`
}

// Flat returns the context as IVRs take it: a flat map of strings. slots are those whose values are wanted, by the names
// that the place's Scope has for them: at most 100; all that may be used when none is named.
//
// It answers whatever happens behind the server; Status and Degraded say what. It does not wait for this client's writes.
//
// Errors: INVALID_REQUEST, and UNAVAILABLE or DEADLINE_EXCEEDED when the server itself cannot be reached.
func (c *Customer) Flat(ctx context.Context, slots ...string) (*FlatContext, error) {
	return c.client.flat(ctx, &contextv1.GetFlatContextRequest{Customer: c.name, Slots: slots}, c.place)
}

// LookupFlat is Customer.Flat for a customer who is not known yet. It makes none.
func (c *Client) LookupFlat(ctx context.Context, l FlatLookup) (*FlatContext, error) {
	return c.flat(ctx, &contextv1.GetFlatContextRequest{}, l.Place, l)
}

func (c *Client) flat(ctx context.Context, req *contextv1.GetFlatContextRequest, p Place, parts ...any) (*FlatContext, error) {
	place := struct {
		Scope string
		Asker asker
	}{p.Scope, p.asker()}
	if err := encode(req, append(parts, place)...); err != nil {
		return nil, err
	}
	resp, err := invoke(ctx, c, c.context.GetFlatContext, req)
	if err != nil {
		return nil, err
	}
	return decoded[FlatContext](resp), nil
}
