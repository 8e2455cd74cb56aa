package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/bench/measure"
	"github.com/throughline-cx/throughline/services/e2e/bench/report"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

const (
	againstEcho = "bare grpc-go echo, answer of one bytes field"
	againstSame = "bare grpc-go echo, the same message encoded beforehand"

	readers     = 1000 // customers that are read
	storyEvents = 40   // events of each
)

var getContext = scenario{
	rows:  []string{"get_context_vs_echo", "get_context_p99_vs_echo", "get_context_vs_message_echo", "get_context_p99_vs_message_echo"},
	about: "GetContext, warm, 64 callers, 1,000 customers, against a server that gives an answer of the same size and does nothing else",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		s, err := e.readSuite(ctx, readers, storyEvents)
		if err != nil {
			return nil, err
		}
		answer, err := s.screenPop(ctx, workload.Customer(1))
		if err != nil {
			return nil, err
		}
		e.logf("  an answer has %d bytes", proto.Size(answer))
		bare, err := e.echo(proto.Size(answer))
		if err != nil {
			return nil, err
		}
		same, err := e.messageEcho(answer)
		if err != nil {
			return nil, err
		}
		ours := s.getContext(func(n int) string { return workload.Customer(n % readers) })
		var rows []report.Row
		for _, c := range []struct {
			baseline       side
			against        string
			rate, tailName string
		}{
			{bare, againstEcho, "get_context_vs_echo", "get_context_p99_vs_echo"},
			{same, againstSame, "get_context_vs_message_echo", "get_context_p99_vs_message_echo"},
		} {
			if !wanted(e.Only, c.rate) && !wanted(e.Only, c.tailName) {
				continue
			}
			e.logf("  against %s", c.against)
			out, err := e.rounds(ctx, callers, ours, c.baseline)
			if err != nil {
				return nil, err
			}
			rows = append(rows,
				out.rates(c.rate, "requests/s", c.against, report.Goal{Min: 0.8}),
				out.tails(c.tailName, c.against, report.Goal{Max: 2}))
		}
		return rows, nil
	},
}

var planQuestions = scenario{
	rows:  []string{"plan_questions_vs_echo"},
	about: "PlanQuestions for 8 slots, warm, 64 callers, against an echo with the same answer size",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		s, err := e.readSuite(ctx, readers, storyEvents)
		if err != nil {
			return nil, err
		}
		request := func(n int) *contextv1.PlanQuestionsRequest {
			req := &contextv1.PlanQuestionsRequest{Customer: workload.Customer(n % readers), Scope: "chatbot"}
			for _, name := range workload.SlotNames {
				req.Slots = append(req.Slots, &contextv1.SlotRequest{Slot: "bot_" + name})
			}
			return req
		}
		answer, err := s.context[0].PlanQuestions(ctx, request(1))
		if err != nil {
			return nil, err
		}
		bare, err := e.echo(proto.Size(answer))
		if err != nil {
			return nil, err
		}
		var turn atomic.Int64
		out, err := e.rounds(ctx, callers, calls(func(ctx context.Context, caller int) error {
			_, err := s.context[caller%connections].PlanQuestions(ctx, request(int(turn.Add(1))))
			return err
		}), bare)
		if err != nil {
			return nil, err
		}
		return []report.Row{out.rates("plan_questions_vs_echo", "requests/s", againstEcho, report.Goal{})}, nil
	},
}

var listPage = scenario{
	rows:  []string{"list_page_vs_echo"},
	about: "ListEvents, pages of 100 events, 64 callers, against an echo with the same answer size",
	run: func(ctx context.Context, e *env) ([]report.Row, error) {
		s, err := e.readSuite(ctx, 64, 400)
		if err != nil {
			return nil, err
		}
		request := func(n int) *logv1.ListEventsRequest {
			return &logv1.ListEventsRequest{
				Customer: workload.Customer(n % 64), PageSize: 100,
				Filter: &logv1.EventFilter{AfterRevision: int64(n % 4 * 100)},
			}
		}
		answer, err := s.log[0].ListEvents(ctx, request(1))
		if err != nil {
			return nil, err
		}
		if len(answer.GetEvents()) != 100 {
			return nil, fmt.Errorf("a page has %d events instead of 100", len(answer.GetEvents()))
		}
		bare, err := e.echo(proto.Size(answer))
		if err != nil {
			return nil, err
		}
		var turn atomic.Int64
		out, err := e.rounds(ctx, callers, calls(func(ctx context.Context, caller int) error {
			_, err := s.log[caller%connections].ListEvents(ctx, request(int(turn.Add(1))))
			return err
		}), bare)
		if err != nil {
			return nil, err
		}
		return []report.Row{out.rates("list_page_vs_echo", "pages/s", againstEcho, report.Goal{})}, nil
	},
}

// readSuite is a suite that holds stories, and the clients that read it.
type readSuite struct {
	context []contextv1.ContextServiceClient
	log     []logv1.InteractionLogServiceClient
}

// readSuite starts a suite, stores a story of so many events for each customer,
// and reads each once.
func (e *env) readSuite(ctx context.Context, customers, events int) (readSuite, error) {
	p, err := e.freshSuite()
	if err != nil {
		return readSuite{}, err
	}
	conns, err := e.dial(p.GRPC)
	if err != nil {
		return readSuite{}, err
	}
	s := readSuite{context: contexts(conns), log: logs(conns)}
	if err := defineSlots(ctx, s.context[0]); err != nil {
		return readSuite{}, err
	}
	return s, s.tell(ctx, customers, events)
}

// tell stores stories and reads each once.
func (s readSuite) tell(ctx context.Context, customers, events int) error {
	now := time.Now()
	for n := range customers {
		story := workload.Story(n, events, now)
		if _, err := load(ctx, s.log[0], batches(story)); err != nil {
			return err
		}
	}
	for n := range customers {
		if _, err := s.screenPop(ctx, workload.Customer(n)); err != nil {
			return err
		}
	}
	return nil
}

// screenPop reads a context that includes all events stored so far.
func (s readSuite) screenPop(ctx context.Context, customer string) (*contextv1.CustomerContext, error) {
	return s.context[0].GetContext(ctx, &contextv1.GetContextRequest{
		Customer:    customer,
		Consistency: &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}},
	})
}

// getContext is the side that reads the contexts of customers in turn.
func (s readSuite) getContext(customer func(n int) string) side {
	var turn atomic.Int64
	return calls(func(ctx context.Context, caller int) error {
		_, err := s.context[caller%connections].GetContext(ctx, &contextv1.GetContextRequest{Customer: customer(int(turn.Add(1)))})
		return err
	})
}

// calls is a side of which each call counts one.
func calls(call func(ctx context.Context, caller int) error) side {
	return func(ctx context.Context, plan measure.Plan) (measure.Sample, error) {
		return measure.Drive(ctx, plan, func(ctx context.Context, caller int) (int, error) { return 1, call(ctx, caller) })
	}
}
