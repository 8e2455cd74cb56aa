package client_test

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// failing answers the first n calls with err, and then with m.
func failing(n int, err error, m proto.Message) func(proto.Message) (proto.Message, error) {
	return func(proto.Message) (proto.Message, error) {
		if n > 0 {
			n--
			return nil, err
		}
		return m, nil
	}
}

var away = fault.New(fault.Unavailable, fault.ServiceUnavailable, "the log is away")

func TestWritesAreRetriedWithOneRequestID(t *testing.T) {
	f := newFake(t)
	c := f.dial(t)
	customer := c.Customer("customers/1")
	f.answer("RecordFacts", failing(2, away, &contextv1.RecordFactsResponse{Revision: 3}))
	res, err := customer.RecordFacts(t.Context(), []client.FactInput{{Slot: "zip", Value: "12345"}})
	if err != nil || res.Revision != 3 {
		t.Fatalf("got %+v, %v", res, err)
	}
	calls := f.seen("RecordFacts")
	if len(calls) != 3 {
		t.Fatalf("%d attempts, want 3", len(calls))
	}
	first := calls[0].req.(*contextv1.RecordFactsRequest).GetRequestId()
	if !regexp.MustCompile(`^[a-p]{32}$`).MatchString(first) {
		t.Errorf("request id %q", first)
	}
	for _, call := range calls {
		if !proto.Equal(call.req, calls[0].req) {
			t.Errorf("an attempt differs: %v", call.req)
		}
	}
	f.answer("RecordFacts", failing(0, nil, &contextv1.RecordFactsResponse{Revision: 4}))
	if _, err := customer.RecordFacts(t.Context(), []client.FactInput{{Slot: "zip", Value: "12345"}}); err != nil {
		t.Fatal(err)
	}
	if again := f.last(t, "RecordFacts").req.(*contextv1.RecordFactsRequest).GetRequestId(); again == first {
		t.Error("another call has the same request id")
	}
}

func TestAppendIsRetriedWithTheSameEvents(t *testing.T) {
	f := newFake(t)
	f.answer("AppendEvents", failing(2, away, &logv1.AppendEventsResponse{Revision: 2}))
	events := []client.Event{{Payload: client.NoteAdded{Text: "a"}}, {Payload: client.NoteAdded{Text: "b"}, EventID: "own"}}
	if _, err := f.dial(t).Customer("customers/1").Append(t.Context(), events, client.WithRequestID("call-7")); err != nil {
		t.Fatal(err)
	}
	calls := f.seen("AppendEvents")
	if len(calls) != 3 {
		t.Fatalf("%d attempts, want 3", len(calls))
	}
	for _, call := range calls {
		got := call.req.(*logv1.AppendEventsRequest).GetEvents()
		if got[0].GetEventId() != "call-7.0" || got[1].GetEventId() != "own" {
			t.Errorf("ids %s and %s", got[0].GetEventId(), got[1].GetEventId())
		}
	}
}

func TestWhatIsNotRetried(t *testing.T) {
	for name, err := range map[string]error{
		"contention": fault.New(fault.Conflict, "CONTENTION", "others kept writing"),
		"overload":   fault.New(fault.Exhausted, fault.Overloaded, "too much is queued"),
		"a defect":   errors.New("boom"),
		"a mistake":  fault.New(fault.Invalid, "INVALID_SLOT_VALUE", "not a number"),
	} {
		f := newFake(t)
		f.answer("RecordFacts", failing(9, err, nil))
		if _, err := f.dial(t).Customer("customers/1").RecordFacts(t.Context(), []client.FactInput{{Slot: "zip", Value: "1"}}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if n := len(f.seen("RecordFacts")); n != 1 {
			t.Errorf("%s: %d attempts, want 1", name, n)
		}
	}
}

func TestRetriesEnd(t *testing.T) {
	for attempts, want := range map[int]int{1: 1, 2: 2, 3: 3} {
		f := newFake(t)
		f.answer("RecordFacts", failing(9, away, nil))
		_, err := f.dial(t, client.WithRetries(attempts)).Customer("customers/1").
			RecordFacts(t.Context(), []client.FactInput{{Slot: "zip", Value: "1"}})
		if !errors.Is(err, client.CodeUnavailable) {
			t.Errorf("%d attempts: %v", attempts, err)
		}
		if n := len(f.seen("RecordFacts")); n != want {
			t.Errorf("%d attempts, want %d", n, want)
		}
	}
}

func TestDeadlines(t *testing.T) {
	f := newFake(t)
	f.always("GetCase", &contextv1.Case{})
	c := f.dial(t, client.WithTimeout(1500*time.Millisecond))
	get := func(ctx context.Context) time.Duration {
		t.Helper()
		if _, err := c.Customer("customers/1").Case(ctx, "7"); err != nil {
			t.Fatal(err)
		}
		return f.last(t, "GetCase").left
	}
	if left := get(context.Background()); left <= 0 || left > 1500*time.Millisecond {
		t.Errorf("without a deadline: %s left, want the client's 1.5 s", left)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	if left := get(ctx); left <= 30*time.Second || left > 40*time.Second {
		t.Errorf("with one of 40 s: %s left", left)
	}
}

// A server that stays away costs no more than the caller's deadline.
func TestRetriesStayWithinTheDeadline(t *testing.T) {
	f := newFake(t)
	f.answer("RecordFacts", failing(99, away, nil))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := f.dial(t, client.WithRetries(5)).Customer("customers/1").
		RecordFacts(ctx, []client.FactInput{{Slot: "zip", Value: "1"}})
	if err == nil {
		t.Error("no error")
	}
	if n := len(f.seen("RecordFacts")); n >= 5 {
		t.Errorf("%d attempts within 30 ms, with pauses of 50 ms and more", n)
	}
}
