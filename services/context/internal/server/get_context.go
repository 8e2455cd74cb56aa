package server

import (
	"cmp"
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
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
	r, err := s.reader(ctx, req.GetConsistency())
	if err != nil {
		return nil, err
	}
	view := domain.ContextView(req.GetView())
	customer, interaction, err := r.target(ctx, req)
	switch {
	case err != nil && !r.full && passing(ctx, err):
		return nothingKnown("", view, &contextv1.Freshness{Degraded: true, Reason: r.lostWhy()}), nil
	case err != nil:
		return nil, err
	}
	want, err := wantOf(r.Name(), customer, req.GetConsistency())
	if err != nil {
		return nil, err
	}
	got, err := r.read(ctx, customer, want)
	if err != nil {
		return nil, err
	}
	if got.State.Revision == 0 {
		if !got.Complete {
			return nothingKnown(got.root, view, r.freshness(got)), nil
		}
		return nil, customerNotFound()
	}
	asker := askerOf(ctx, req.GetAsker())
	asker.InteractionID = cmp.Or(asker.InteractionID, interaction)
	m, err := r.answer(got, asker, view)
	if err != nil {
		return nil, err
	}
	return r.contextAnswer(got, m), nil
}

// contextAnswer returns an answer about a customer with what it rests on.
func (r *reader) contextAnswer(got joined, m *projector.Memo) *contextv1.CustomerContext {
	freshness := r.freshness(got)
	msg := &contextv1.CustomerContext{Freshness: freshness, RequestedCustomer: got.requestedCustomer()}
	answer := m.Answer
	if !got.Complete {
		degraded := domain.Degraded(m.Statuses, domain.IncompleteReason(freshness.GetReason()))
		msg.Sections, answer = sectionMessages(degraded), m.Answer[:m.Sections]
	}
	msg.ProtoReflect().SetUnknown(answer)
	return msg
}

// target returns the customer that is asked for, and the interaction in which it is, when a token says so.
func (r *reader) target(ctx context.Context, req *contextv1.GetContextRequest) (customer, interaction string, err error) {
	if req.GetCustomer() != "" {
		return projector.CustomerID(req.GetCustomer()), "", nil
	}
	if req.GetHandoffToken() != "" {
		return r.server.handoffCustomer(ctx, r.tenant, req.GetHandoffToken())
	}
	customer, err = r.byIdentifier(ctx, req.GetIdentifier(), req.GetDefaultRegion())
	return customer, "", err
}

// nothingKnown returns the answer about a customer of whom nothing can be found out just now.
func nothingKnown(customer string, view domain.ContextView, f *contextv1.Freshness) *contextv1.CustomerContext {
	m := &contextv1.CustomerContext{View: contextv1.ContextView(max(view, domain.ViewFull)), Freshness: f}
	if customer != "" {
		m.Customer = customerName(customer)
	}
	m.Sections = sectionMessages(domain.NothingKnown(view, domain.IncompleteReason(f.GetReason())))
	return m
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
