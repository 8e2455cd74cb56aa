package client

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Customer is a handle by which one customer is read and written, in one place. It holds no data, is cheap to make and
// safe for concurrent use.
type Customer struct {
	client *Client
	name   string
	place  Place
}

// Name returns the customer's name: "customers/{id}".
func (c *Customer) Name() string { return c.name }

// At returns a handle of the same customer in another place.
func (c *Customer) At(p Place) *Customer {
	return &Customer{client: c.client, name: c.name, place: p}
}

// Place returns where the customer is served.
func (c *Customer) Place() Place { return c.place }

// Context returns the screen pop: everything known about the customer, as far as view has it. For a customer who is
// merged into another, it is that one's, and RequestedCustomer is the name asked for.
//
// It answers in time with what there is when the server's own sources are away: Freshness and Sections say so.
//
// Errors: CUSTOMER_NOT_FOUND, INVALID_CONSISTENCY_TOKEN (of AtLeast), UNAVAILABLE.
func (c *Customer) Context(ctx context.Context, view View, opts ...ReadOption) (*CustomerContext, error) {
	req := &contextv1.GetContextRequest{Customer: c.name}
	pop, err := ask[CustomerContext](ctx, c.client, c.name, c.client.context.GetContext, req, opts,
		func(x *contextv1.Consistency) { req.Consistency = x },
		struct {
			View  View
			Asker asker
		}{view, c.place.asker()})
	if err != nil {
		return nil, err
	}
	c.client.tokens.merged(c.name, pop.Customer)
	return pop, nil
}

// Lookup says whose context is wanted when the customer is not known yet. Exactly one of Identifier and HandoffToken is
// given.
type Lookup struct {
	// An identifier of the customer.
	Identifier Identifier
	// Region by which a telephone number without country code is read, as an ISO 3166-1 code: "US".
	DefaultRegion string
	// The token of a handoff, or any rendering of it: the value of a User-to-User or Refer-To header, a URL. Looking does
	// not use it up.
	HandoffToken string
	// Which sections to give, and how much of them; ViewFull when empty.
	View View
	// Who asks, and where.
	Place Place `wire:"-"`
}

// Lookup returns the screen pop of the customer who has an identifier or was handed over, without making one. Where an
// interaction begins, use Resolve.
//
// Only who is found tells whose writes the answer has to include, so this client's newest ones may be missing unless the
// read is FullyConsistent.
//
// Errors: IDENTIFIER_NOT_FOUND, INVALID_IDENTIFIER, REGION_REQUIRED, HANDOFF_NOT_FOUND, HANDOFF_NOT_OPEN, UNAVAILABLE.
func (c *Client) Lookup(ctx context.Context, l Lookup, opts ...ReadOption) (*CustomerContext, error) {
	req := &contextv1.GetContextRequest{}
	return ask[CustomerContext](ctx, c, "", c.context.GetContext, req, opts,
		func(x *contextv1.Consistency) { req.Consistency = x },
		l, struct{ Asker asker }{l.Place.asker()})
}
