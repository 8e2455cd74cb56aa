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
	x := &export{out: rpc.NewSender(stream.Send, s.watches.slow, slowExport)}
	known, got, err := x.begin(ctx, s, projector.CustomerID(req.GetCustomer()))
	if err != nil {
		return err
	}
	err = x.send(ctx, known, got)
	s.note(ctx, "a customer was exported", req.GetCustomer(), int64(x.events), err)
	return err
}

func fullyConsistent() *contextv1.Consistency {
	return &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}}
}

func slowExport() error {
	return fault.New(fault.Exhausted, reasonSlowConsumer, "the reader took too long and was dropped; export again")
}

// export is one call of ExportCustomer.
type export struct {
	reader *reader
	out    *rpc.Sender[*contextv1.ExportCustomerResponse]
	// events is how many were sent.
	events int
}

// begin returns the context, and what it comes from.
func (x *export) begin(ctx context.Context, s *Server, customer string) (*contextv1.CustomerContext, *joined, error) {
	looking, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var err error
	if x.reader, err = s.reader(looking, fullyConsistent()); err != nil {
		return nil, nil, projector.InTime(ctx, err)
	}
	got, err := x.reader.read(looking, customer, projector.Want{Full: true})
	switch {
	case err != nil:
		return nil, nil, projector.InTime(ctx, err)
	case got.State.Revision == 0:
		return nil, nil, customerNotFound()
	case !got.includes(customer):
		return nil, nil, fault.New(fault.Unavailable, fault.ServiceUnavailable, "a merge of the customer was undone meanwhile; try again")
	}
	memo, err := x.reader.answer(got, askerOf(ctx, nil), domain.ViewFull)
	if err != nil {
		return nil, nil, err
	}
	return x.reader.contextAnswer(got, memo), &got, nil
}

// send sends the context, and then the histories.
func (x *export) send(ctx context.Context, known *contextv1.CustomerContext, got *joined) error {
	if err := x.out.Send(ctx, &contextv1.ExportCustomerResponse{
		Part: &contextv1.ExportCustomerResponse_Context{Context: known},
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

// history sends a customer's events up to a revision.
func (x *export) history(ctx context.Context, customer string, through int64) error {
	for after := int64(0); after < through; {
		events, err := x.page(ctx, customer, after, through)
		if err != nil {
			return err
		}
		after += int64(len(events))
		for len(events) > 0 {
			n := fitting(events)
			if err := x.out.Send(ctx, &contextv1.ExportCustomerResponse{
				Part: &contextv1.ExportCustomerResponse_Events{
					Events: &contextv1.ExportedEvents{Customer: customerName(customer), Events: events[:n]},
				},
			}); err != nil {
				return err
			}
			x.events += n
			events = events[n:]
		}
	}
	return nil
}

// page reads the next events. One that is missing is an error: an export must not lack anything without saying so. It is
// CUSTOMER_ERASED when the customer is erased while it is exported.
func (x *export) page(ctx context.Context, customer string, after, through int64) ([]*logv1.Event, error) {
	select {
	case <-rpc.Draining(ctx):
		return nil, rpc.DrainingFault()
	default:
	}
	looking, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	events, err := x.reader.History(looking, customer, after, through)
	switch {
	case err != nil:
		return nil, projector.InTime(ctx, err)
	case len(events) == 0:
		return nil, missing(after + 1)
	}
	dict, cleared := x.reader.Dictionary(), clearance(ctx)
	for i, e := range events {
		if want := after + int64(i) + 1; e.GetRevision() != want {
			return nil, missing(want)
		}
		if e.GetEventErased() != nil {
			if _, err := x.reader.Read(looking, customer, projector.Want{Full: true}); err != nil {
				return nil, projector.InTime(ctx, err)
			}
		}
		hide(e, dict, cleared)
	}
	return events, nil
}

func missing(revision int64) error {
	return fault.New(fault.Internal, fault.InternalError, "the log has no event %d of a customer", revision)
}

// hide puts the mask in place of a value whose slot is more sensitive than the caller is cleared for. What the contract
// says of fields is seen to for all calls; that a slot is SECRET only the dictionary knows, maybe since the value came.
func hide(e *logv1.Event, dict *domain.Dictionary, cleared domain.Sensitivity) {
	var value *string
	var about interface {
		GetScope() string
		GetSlot() string
	}
	switch p := e.GetPayload().(type) {
	case *logv1.Event_FactStated:
		value, about = &p.FactStated.Value, p.FactStated
	case *logv1.Event_FactConfirmed:
		value, about = &p.FactConfirmed.Value, p.FactConfirmed
	case *logv1.Event_FactRetracted:
		value, about = &p.FactRetracted.Value, p.FactRetracted
	default:
		return
	}
	slot, _ := dict.Resolve(about.GetScope(), about.GetSlot())
	if *value != "" && slot.EffectiveSensitivity() > cleared {
		*value = domain.Mask
	}
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
