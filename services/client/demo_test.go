package client_test

import (
	"context"
	"log"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// demo is a small server for the examples: it knows one customer, what was told about her, and one handoff.
type demo struct {
	contextv1.UnimplementedContextServiceServer
	logv1.UnimplementedInteractionLogServiceServer

	mu       sync.Mutex
	revision int64
	facts    map[string]string
	accepted string
}

// startDemo serves and returns a client. The caller calls stop at the end.
func startDemo() (c *client.Client, stop func()) {
	d := &demo{revision: 2, facts: map[string]string{"account_number": "A-17"}}
	addr, stopServer, err := serve(func(r grpc.ServiceRegistrar) {
		contextv1.RegisterContextServiceServer(r, d)
		logv1.RegisterInteractionLogServiceServer(r, d)
	})
	if err != nil {
		log.Fatal(err)
	}
	c, err = client.Dial(addr, client.WithAPIKey("demo"), client.WithSource("ivr-prod"))
	if err != nil {
		log.Fatal(err)
	}
	return c, func() {
		_ = c.Close()
		stopServer()
	}
}

func (d *demo) write() int64 {
	d.revision++
	return d.revision
}

func (d *demo) ResolveCustomer(context.Context, *contextv1.ResolveCustomerRequest) (*contextv1.ResolveCustomerResponse, error) {
	return &contextv1.ResolveCustomerResponse{Customer: "customers/ada", InteractionId: "sip:call-7", Revision: 2, ConsistencyToken: "t2"}, nil
}

func (d *demo) PlanQuestions(_ context.Context, req *contextv1.PlanQuestionsRequest) (*contextv1.PlanQuestionsResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	resp := &contextv1.PlanQuestionsResponse{Revision: d.revision}
	for _, s := range req.GetSlots() {
		p := &contextv1.SlotPlan{Slot: s.GetSlot(), Decision: contextv1.Decision_DECISION_ASK, Explanation: "Nobody has told yet."}
		if value, ok := d.facts[s.GetSlot()]; ok {
			p.Decision, p.Value = contextv1.Decision_DECISION_USE, value
			p.Explanation = "Told in the chat on Monday."
		}
		resp.Plans = append(resp.Plans, p)
	}
	return resp, nil
}

func (d *demo) RecordFacts(_ context.Context, req *contextv1.RecordFactsRequest) (*contextv1.RecordFactsResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range req.GetFacts() {
		d.facts[f.GetSlot()] = f.GetValue()
	}
	return &contextv1.RecordFactsResponse{Revision: d.write()}, nil
}

func (d *demo) RecordQuestion(_ context.Context, req *contextv1.RecordQuestionRequest) (*contextv1.RecordQuestionResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	value, known := d.facts[req.GetSlot()]
	resp := &contextv1.RecordQuestionResponse{Revision: d.write()}
	if known {
		resp.Repeat = req.GetAction() != contextv1.QuestionAction_QUESTION_ACTION_AVOIDED
		resp.KnownFact = &contextv1.Fact{DisplayName: "Account number", Value: value}
	}
	return resp, nil
}

func (d *demo) CreateHandoff(context.Context, *contextv1.CreateHandoffRequest) (*contextv1.CreateHandoffResponse, error) {
	return &contextv1.CreateHandoffResponse{
		Handoff: &contextv1.Handoff{Name: "customers/ada/handoffs/h1", Customer: "customers/ada"},
		Token:   "thk3v9", Renderings: &contextv1.HandoffRenderings{UserToUser: "74686b337639;encoding=hex"},
	}, nil
}

func (d *demo) AcceptHandoff(_ context.Context, req *contextv1.AcceptHandoffRequest) (*contextv1.HandoffChange, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.accepted != "" {
		return nil, fault.New(fault.Precondition, "HANDOFF_ALREADY_ACCEPTED", "the customer was taken over already")
	}
	d.accepted = req.GetOrigin().GetActor().GetId()
	return &contextv1.HandoffChange{Handoff: &contextv1.Handoff{
		Name: "customers/ada/handoffs/h1", Customer: "customers/ada", State: contextv1.HandoffState_HANDOFF_STATE_ACCEPTED,
	}}, nil
}

func (d *demo) GetContext(context.Context, *contextv1.GetContextRequest) (*contextv1.CustomerContext, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.context(), nil
}

func (d *demo) context() *contextv1.CustomerContext {
	pop := &contextv1.CustomerContext{
		Customer: "customers/ada", Revision: d.revision, Identity: &contextv1.Identity{DisplayName: "Ada Lovelace"},
		Brief: &contextv1.Brief{Text: "Asked for a refund in the chat; went on by telephone."},
	}
	for slot, value := range d.facts {
		pop.Facts = append(pop.Facts, &contextv1.Fact{SlotId: slot, DisplayName: slot, Value: value})
	}
	slices.SortFunc(pop.Facts, func(a, b *contextv1.Fact) int { return len(a.GetSlotId()) - len(b.GetSlotId()) })
	return pop
}

func (d *demo) WatchContext(_ *contextv1.WatchContextRequest, s grpc.ServerStreamingServer[contextv1.WatchContextResponse]) error {
	d.mu.Lock()
	first, second := d.context(), d.context()
	d.mu.Unlock()
	second.Revision++
	second.Facts = append(second.Facts, &contextv1.Fact{SlotId: "zip_code", DisplayName: "zip_code", Value: "10115"})
	for _, m := range []*contextv1.WatchContextResponse{
		{Context: first, Full: true, ResumeToken: "r1"},
		{Context: second, ResumeToken: "r2", ChangedSections: []contextv1.ContextSection{contextv1.ContextSection_CONTEXT_SECTION_FACTS}},
	} {
		if err := s.Send(m); err != nil {
			return err
		}
	}
	<-s.Context().Done()
	return nil
}

func (d *demo) ExportCustomer(_ *contextv1.ExportCustomerRequest, s grpc.ServerStreamingServer[contextv1.ExportCustomerResponse]) error {
	if err := s.Send(&contextv1.ExportCustomerResponse{Part: &contextv1.ExportCustomerResponse_Context{Context: d.context()}}); err != nil {
		return err
	}
	events := &contextv1.ExportedEvents{Customer: "customers/ada", Events: []*logv1.Event{{Revision: 1}, {Revision: 2}}}
	return s.Send(&contextv1.ExportCustomerResponse{Part: &contextv1.ExportCustomerResponse_Events{Events: events}})
}

func (d *demo) EraseCustomer(context.Context, *contextv1.EraseCustomerRequest) (*contextv1.EraseCustomerResponse, error) {
	return &contextv1.EraseCustomerResponse{Customers: []*contextv1.ErasedCustomer{{
		Customer: "customers/ada", Events: 2, EraseTime: timestamppb.New(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)),
	}}}, nil
}

func (d *demo) CheckVerification(context.Context, *contextv1.CheckVerificationRequest) (*contextv1.CheckVerificationResponse, error) {
	return &contextv1.CheckVerificationResponse{Missing: []*contextv1.MissingVerification{{
		Gap: contextv1.VerificationGap_VERIFICATION_GAP_LEVEL_TOO_LOW, Explanation: "A second factor is needed to change the address.",
	}}}, nil
}

func (d *demo) AppendEvents(_ context.Context, req *logv1.AppendEventsRequest) (*logv1.AppendEventsResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	resp := &logv1.AppendEventsResponse{}
	for range req.GetEvents() {
		resp.Results = append(resp.Results, &logv1.AppendResult{Revision: d.write()})
	}
	resp.Revision = d.revision
	return resp, nil
}
