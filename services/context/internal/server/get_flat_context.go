package server

import (
	"cmp"
	"context"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/domain/uui"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// GetFlatContext answers IVRs. A call in progress cannot wait and cannot handle errors, so whatever keeps the context back
// is told in the answer.
func (s *Server) GetFlatContext(ctx context.Context, req *contextv1.GetFlatContextRequest) (*contextv1.FlatContext, error) {
	r, err := s.reader(ctx, nil)
	if err != nil {
		return unavailable(contextv1.IncompleteReason_INCOMPLETE_REASON_LOG_UNREACHABLE), nil
	}
	f := &flatAnswer{reader: r, req: req, asker: askerOf(ctx, req.GetAsker())}
	customer, interaction, err := r.flatTarget(ctx, req)
	if err != nil {
		return f.refusal(err), nil
	}
	f.asker.InteractionID = cmp.Or(f.asker.InteractionID, interaction)
	got, err := r.read(ctx, customer, projector.Want{})
	if err != nil {
		return f.refusal(err), nil
	}
	return f.known(got), nil
}

// flatAnswer is what a flat request is answered with.
type flatAnswer struct {
	*reader
	req   *contextv1.GetFlatContextRequest
	asker domain.Asker
}

// known answers for a customer.
func (f *flatAnswer) known(got joined) *contextv1.FlatContext {
	why := f.why(got)
	out := &contextv1.FlatContext{
		Status:   contextv1.FlatStatus_FLAT_STATUS_KNOWN,
		Degraded: why != contextv1.IncompleteReason_INCOMPLETE_REASON_UNSPECIFIED,
		Reason:   why,
		AsOfTime: wire.Timestamp(got.AsOf),
	}
	switch {
	case got.State.Revision > 0:
	case got.Complete:
		out.Status = contextv1.FlatStatus_FLAT_STATUS_UNKNOWN
		return f.unknown(out)
	default:
		out.Status = contextv1.FlatStatus_FLAT_STATUS_UNAVAILABLE
		return f.unknown(out)
	}
	now, view := f.Now(), f.seen(got.Current)
	var c *domain.Context
	if f.nameless {
		c = domain.BuildNameless(got.State, f.asker, domain.ViewFull, now)
	} else {
		c = domain.BuildContext(view, f.asker, domain.ViewFull, now)
	}
	flat := domain.Flatten(customerName(got.root), c, f.asker, f.plans(view, now))
	out.Values, out.Truncated = flat.Values, flat.Truncated
	return out
}

// unknown completes an answer for a customer of whom nothing is known: what is wanted has to be asked.
func (f *flatAnswer) unknown(out *contextv1.FlatContext) *contextv1.FlatContext {
	flat := domain.Flatten("", &domain.Context{}, f.asker, f.plans(domain.NewView(nil, nil), f.Now()))
	out.Values, out.Truncated = flat.Values, flat.Truncated
	return out
}

// plans returns what to do about the slots that are wanted, or else about all that are known.
func (f *flatAnswer) plans(v *domain.View, now time.Time) []domain.NamedPlan {
	if len(f.req.GetSlots()) == 0 {
		return domain.PlanKnown(v, f.asker, f.req.GetScope(), now)
	}
	requests := make([]domain.SlotRequest, len(f.req.GetSlots()))
	for i, name := range f.req.GetSlots() {
		requests[i] = domain.SlotRequest{Slot: name, Scope: f.req.GetScope()}
	}
	return domain.NamePlans(domain.Plan(v, f.asker, now, requests))
}

// refusal tells in an answer why the customer was not found.
func (f *flatAnswer) refusal(err error) *contextv1.FlatContext {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Precondition, fault.Conflict:
		return f.unknown(&contextv1.FlatContext{Status: contextv1.FlatStatus_FLAT_STATUS_UNKNOWN})
	case fault.Invalid:
		return f.unknown(&contextv1.FlatContext{Status: contextv1.FlatStatus_FLAT_STATUS_UNREADABLE})
	default:
		return f.unknown(unavailable(f.lostWhy()))
	}
}

// flatTarget returns the customer that is asked for, and the interaction in which it is, when a contact or a token says
// so.
func (r *reader) flatTarget(ctx context.Context, req *contextv1.GetFlatContextRequest) (customer, interaction string, err error) {
	switch {
	case req.GetCustomer() != "":
		return projector.CustomerID(req.GetCustomer()), "", nil
	case req.GetIdentifier() != nil:
		customer, err = r.byIdentifier(ctx, req.GetIdentifier(), req.GetDefaultRegion())
		return customer, "", err
	case req.GetHandoffToken() != "":
		if len(uui.Tokens(req.GetHandoffToken())) == 0 {
			return "", "", fault.New(fault.Invalid, domain.ReasonHandoffNotFound, "the text has no token in it")
		}
		return r.server.handoffCustomer(ctx, r.tenant, req.GetHandoffToken())
	case req.GetPlatformContact() != "":
		return r.byContact(ctx, req.GetPlatformContact())
	}
	return "", "", fault.New(fault.Invalid, domain.ReasonInvalidIdentifier, "nothing says who the customer is")
}

func unavailable(why contextv1.IncompleteReason) *contextv1.FlatContext {
	return &contextv1.FlatContext{Status: contextv1.FlatStatus_FLAT_STATUS_UNAVAILABLE, Degraded: true, Reason: why}
}
