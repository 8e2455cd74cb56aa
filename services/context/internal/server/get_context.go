package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// The service's own reasons that no other package gives.
const (
	reasonCustomerNotFound   = "CUSTOMER_NOT_FOUND"
	reasonIdentifierNotFound = "IDENTIFIER_NOT_FOUND"
	reasonNothingToResolve   = "NOTHING_TO_RESOLVE"
	reasonRequestIDReused    = "REQUEST_ID_REUSED"
	reasonETagMismatch       = "ETAG_MISMATCH"
)

// GetContext answers the screen pop.
//
// The answer is handed to gRPC as the unknown fields of an otherwise almost empty message: marshalling then is one copy.
// The bytes are what a full message would have given, so every client sees an ordinary answer; only code that called this
// method without gRPC in between would not, and nobody does.
func (s *Server) GetContext(ctx context.Context, req *contextv1.GetContextRequest) (*contextv1.CustomerContext, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	customer, err := s.target(ctx, p, req)
	if err != nil {
		return nil, err
	}
	want, err := wantOf(p.Name(), customer, req.GetConsistency())
	if err != nil {
		return nil, err
	}
	if reserved(customer) {
		return nil, customerNotFound()
	}
	j, err := s.read(ctx, p, customer, want)
	if err != nil {
		return nil, err
	}
	if err := known(j.Reading); err != nil {
		return nil, err
	}
	if j.State.Revision == 0 {
		return nil, customerNotFound()
	}
	m, err := answerFor(p, j.root, j.Current, askerOf(ctx, req.GetAsker()), domain.ContextView(req.GetView()))
	if err != nil {
		return nil, err
	}
	msg := &contextv1.CustomerContext{Freshness: freshnessOf(j.Reading), RequestedCustomer: j.requestedCustomer()}
	msg.ProtoReflect().SetUnknown(m.Answer)
	return msg, nil
}

// target returns the customer that is asked for.
func (s *Server) target(ctx context.Context, p *tenant, req *contextv1.GetContextRequest) (string, error) {
	if req.GetCustomer() != "" {
		return projector.CustomerID(req.GetCustomer()), nil
	}
	if req.GetHandoffToken() != "" {
		customer, _, err := s.handoffCustomer(ctx, p, req.GetHandoffToken())
		return customer, err
	}
	id, err := wire.Identifier(req.GetIdentifier()).Normalise(req.GetDefaultRegion())
	if err != nil {
		return "", inField(err, "identifier.value")
	}
	notFound := fault.New(fault.NotFound, reasonIdentifierNotFound, "no customer has this identifier").With("type", id.Type.String())
	if policy := p.Dictionary().Policy(); policy.Identity.Blocks(id) {
		return "", notFound
	}
	owners, err := p.Lookup(ctx, []domain.IdentifierKey{id.Key()})
	if err != nil {
		return "", err
	}
	if owners[0].Customer == "" {
		return "", notFound
	}
	return owners[0].Customer, nil
}

func customerNotFound() *fault.Error {
	return fault.New(fault.NotFound, reasonCustomerNotFound, "nothing is known of this customer")
}

// inField says which field of the request a fault is about.
func inField(err error, path string) error {
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && len(f.Fields) == 0 {
		return f.WithField(path, f.Msg)
	}
	return err
}
