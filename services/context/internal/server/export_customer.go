package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// exportBytes is about how large a part of an export gets, however large the log's pages are.
const exportBytes = 1 << 20

// ExportCustomer sends what is known of a customer, and then the events that it comes from: up to the revisions that the
// context has, so that both say the same. A page of the log is read when the reader has taken the one before.
func (s *Server) ExportCustomer(req *contextv1.ExportCustomerRequest, stream grpc.ServerStreamingServer[contextv1.ExportCustomerResponse]) error {
	ctx := stream.Context()
	looking, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	r, err := s.reader(looking, fullyConsistent())
	if err != nil {
		return err
	}
	got, err := r.read(looking, projector.CustomerID(req.GetCustomer()), projector.Want{Full: true})
	switch {
	case err != nil:
		return err
	case got.State.Revision == 0:
		return customerNotFound()
	}
	memo, err := r.answer(got, askerOf(ctx, nil), domain.ViewFull)
	if err != nil {
		return err
	}
	x := &export{p: r.tenant, out: rpc.NewSender(stream.Send, s.watches.slow, slowExport)}
	if err := x.out.Send(ctx, &contextv1.ExportCustomerResponse{
		Part: &contextv1.ExportCustomerResponse_Context{Context: r.contextAnswer(got, memo)},
	}); err != nil {
		return err
	}
	for _, customer := range got.all() {
		if err := x.history(ctx, customer, got.stateOf(customer).Revision); err != nil {
			return err
		}
	}
	return nil
}

func fullyConsistent() *contextv1.Consistency {
	return &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}}
}

func slowExport() error {
	return fault.New(fault.Exhausted, reasonSlowConsumer, "the reader took too long and was dropped; export again")
}

// export is one call of ExportCustomer.
type export struct {
	p   *tenant
	out *rpc.Sender[*contextv1.ExportCustomerResponse]
}

// history sends a customer's events up to a revision.
func (x *export) history(ctx context.Context, customer string, through int64) error {
	for after := int64(0); after < through; {
		events, err := x.page(ctx, customer, after, through)
		if err != nil {
			return err
		}
		after = events[len(events)-1].GetRevision()
		for len(events) > 0 {
			n := fitting(events)
			if err := x.out.Send(ctx, &contextv1.ExportCustomerResponse{
				Part: &contextv1.ExportCustomerResponse_Events{
					Events: &contextv1.ExportedEvents{Customer: customerName(customer), Events: events[:n]},
				},
			}); err != nil {
				return err
			}
			events = events[n:]
		}
	}
	return nil
}

// page reads the next events. It is CUSTOMER_ERASED when the customer is erased while it is exported.
func (x *export) page(ctx context.Context, customer string, after, through int64) ([]*logv1.Event, error) {
	select {
	case <-rpc.Draining(ctx):
		return nil, rpc.DrainingFault()
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	events, err := x.p.History(ctx, customer, after, through)
	switch {
	case err != nil:
		return nil, err
	case len(events) == 0:
		return nil, fault.New(fault.Internal, fault.InternalError, "the log has no event %d of a customer", after+1)
	}
	for _, e := range events {
		if e.GetEventErased() == nil {
			continue
		}
		if _, err := x.p.Read(ctx, customer, projector.Want{Full: true}); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// fitting returns how many of the events fit into one part, at least one.
func fitting(events []*logv1.Event) int {
	size := 0
	for i, e := range events {
		if size += proto.Size(e); size > exportBytes && i > 0 {
			return i
		}
	}
	return len(events)
}
