package server

import (
	"context"
	"errors"
	"slices"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// EraseCustomer erases all who are one, or says who they are.
//
// No transaction spans their histories. They are erased in an order in which the customer that was named leads to all who
// are left, at any time: so a call that was cut off is repeated by the same name.
func (s *Server) EraseCustomer(ctx context.Context, req *contextv1.EraseCustomerRequest) (*contextv1.EraseCustomerResponse, error) {
	e := &erasure{
		s: s, p: s.projector.Tenant(auth.Tenant(ctx)), customer: projector.CustomerID(req.GetCustomer()), req: req,
	}
	if reserved(e.customer) {
		return nil, customerNotFound()
	}
	for range maxUniteAttempts {
		resp, err := e.attempt(ctx)
		if !errors.Is(err, errMoved) {
			return resp, err
		}
	}
	return nil, contention()
}

// erasure is one call of EraseCustomer.
type erasure struct {
	s        *Server
	p        *tenant
	customer string
	req      *contextv1.EraseCustomerRequest
}

func (e *erasure) attempt(ctx context.Context) (*contextv1.EraseCustomerResponse, error) {
	own, err := e.p.ReadAny(ctx, e.customer, projector.Want{Full: true})
	if err != nil {
		return nil, err
	}
	if done, erased := projector.ErasedOf(own.State); erased {
		return &contextv1.EraseCustomerResponse{Customers: []*contextv1.ErasedCustomer{erasedMessage(e.customer, done)}},
			e.p.ForgetErased(ctx, e.customer)
	}
	j, err := e.read(ctx)
	if err != nil {
		return nil, err
	}
	if e.req.GetDryRun() {
		return e.response(&j, nil), nil
	}
	writers, err := e.lock(ctx, j.all())
	if err != nil {
		return nil, moved(err)
	}
	defer func() {
		for _, w := range writers {
			w.Close()
		}
	}()
	// Nobody merges them in this process any more. Somebody may have done so before.
	locked, err := e.read(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(locked.all(), j.all()) {
		return nil, errMoved
	}
	done := map[string]projector.Erased{}
	for _, customer := range locked.erasureOrder() {
		done[customer], err = writers[customer].Erase(ctx, e.req.GetReason())
		e.s.note(ctx, "a customer was erased", customerName(customer), done[customer].Events, err)
		if err != nil {
			return nil, err
		}
	}
	return e.response(&locked, done), nil
}

// read returns all who are one with the customer, by what the log holds.
func (e *erasure) read(ctx context.Context) (joined, error) {
	j, err := e.s.read(ctx, e.p, e.customer, projector.Want{Full: true})
	switch {
	case err != nil:
		return joined{}, moved(err)
	case j.State.Revision == 0:
		return joined{}, customerNotFound()
	}
	return j, nil
}

// moved turns the fault of a customer who was erased meanwhile into errMoved.
func moved(err error) error {
	if fault.ReasonOf(err) == domain.ReasonCustomerErased {
		return errMoved
	}
	return err
}

// lock takes the writers of customers, in an order that does not depend on who asks.
func (e *erasure) lock(ctx context.Context, customers []string) (map[string]*projector.Writer, error) {
	writers := map[string]*projector.Writer{}
	for _, customer := range slices.Sorted(slices.Values(customers)) {
		w, err := e.p.Writer(ctx, customer)
		if err != nil {
			for _, held := range writers {
				held.Close()
			}
			return nil, err
		}
		writers[customer] = w
	}
	return writers, nil
}

// response tells of all, the one that was asked for first. Those that are not done only would be erased.
func (e *erasure) response(j *joined, done map[string]projector.Erased) *contextv1.EraseCustomerResponse {
	resp := &contextv1.EraseCustomerResponse{}
	for _, customer := range j.all() {
		erased, ok := done[customer]
		if !ok {
			erased.Events = j.stateOf(customer).Revision
		}
		resp.Customers = append(resp.Customers, erasedMessage(customer, erased))
	}
	return resp
}

func erasedMessage(customer string, e projector.Erased) *contextv1.ErasedCustomer {
	return &contextv1.ErasedCustomer{Customer: customerName(customer), Events: e.Events, EraseTime: wire.Timestamp(e.Time)}
}

// all returns all who are one, the one that was asked for first.
func (j *joined) all() []string {
	all := []string{j.requested}
	for _, customer := range j.names() {
		if customer != j.requested {
			all = append(all, customer)
		}
	}
	return all
}

// stateOf returns the own state of one of them.
func (j *joined) stateOf(customer string) *domain.State {
	if at := j.place(customer); at >= 0 {
		return j.states()[at]
	}
	return &domain.State{}
}

// erasureOrder returns all who are one, so that of those who are left each still leads to all others who are: first those
// who are not on the way from the customer that was asked for up to the root, each before the one that it is merged into;
// then the way, from the root down.
func (j *joined) erasureOrder() []string {
	way := []string{j.requested}
	for at := j.requested; at != j.root; {
		if at = j.stateOf(at).MergedInto.Customer; j.place(at) < 0 {
			at = j.root
		}
		way = append(way, at)
	}
	var order []string
	for _, m := range slices.Backward(j.members) {
		if !slices.Contains(way, m.customer) {
			order = append(order, m.customer)
		}
	}
	slices.Reverse(way)
	return append(order, way...)
}
