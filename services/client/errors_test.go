package client_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

func TestErrorsOfTheServer(t *testing.T) {
	f := newFake(t)
	c := f.dial(t)
	f.answer("AcceptHandoff", func(proto.Message) (proto.Message, error) {
		return nil, fault.New(fault.Precondition, "HANDOFF_ALREADY_ACCEPTED", "somebody else has it").
			With("accept_time", "2026-03-02T09:00:00Z")
	})
	_, err := c.AcceptHandoff(t.Context(), "thtoken", client.Place{})
	var e *client.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %T", err)
	}
	if !errors.Is(err, client.ReasonHandoffAlreadyAccepted) || !errors.Is(err, client.CodeFailedPrecondition) {
		t.Errorf("got %v", err)
	}
	if errors.Is(err, client.ReasonHandoffNotOpen) || errors.Is(err, client.CodeNotFound) {
		t.Errorf("%v is also something else", err)
	}
	if e.Message != "somebody else has it" || e.Metadata["accept_time"] != "2026-03-02T09:00:00Z" || e.RequestID == "" {
		t.Errorf("got %+v", e)
	}
	if !strings.Contains(err.Error(), "HANDOFF_ALREADY_ACCEPTED") || !strings.Contains(err.Error(), e.RequestID) {
		t.Errorf("text %q", err)
	}
	if e.Temporary() || status.Code(err) != codes.FailedPrecondition {
		t.Errorf("temporary %v, code %v", e.Temporary(), status.Code(err))
	}
}

// Every class of failure has its own code and the reason of the server.
func TestEveryKindHasItsCode(t *testing.T) {
	f := newFake(t)
	c := f.dial(t, client.WithRetries(1))
	codes := map[client.Code]bool{}
	for _, kind := range fault.Kinds() {
		f.answer("GetCase", func(proto.Message) (proto.Message, error) { return nil, fault.New(kind, "CASE_NOT_FOUND", "x") })
		_, err := c.Customer("customers/1").Case(t.Context(), "7")
		var e *client.Error
		if !errors.As(err, &e) || e.Code == client.CodeUnknown || codes[e.Code] {
			t.Errorf("%s: got %v", kind, err)
			continue
		}
		codes[e.Code] = true
		if want := strings.ReplaceAll(strings.ToUpper(rpc.Code(kind).String()), "_", ""); strings.ReplaceAll(string(e.Code), "_", "") != want &&
			e.Code != client.CodeCancelled {
			t.Errorf("%s: code %s, want %s", kind, e.Code, want)
		}
	}
}

func TestTemporaryErrors(t *testing.T) {
	f := newFake(t)
	c := f.dial(t, client.WithRetries(1))
	for reason, kind := range map[string]fault.Kind{
		"CONTENTION": fault.Conflict, "OVERLOADED": fault.Exhausted, "UNAVAILABLE": fault.Unavailable,
	} {
		f.answer("GetCase", func(proto.Message) (proto.Message, error) { return nil, fault.New(kind, reason, "x") })
		_, err := c.Customer("customers/1").Case(t.Context(), "7")
		var e *client.Error
		if !errors.As(err, &e) || !e.Temporary() {
			t.Errorf("%s: %v is not temporary", reason, err)
		}
	}
}

func TestErrorsOfTheContract(t *testing.T) {
	f := newFake(t)
	_, err := f.dial(t).Customer("bob").Case(t.Context(), "7")
	var e *client.Error
	if !errors.As(err, &e) || e.Reason != client.ReasonInvalidRequest || len(e.Fields) != 1 || e.Fields[0].Field != "name" {
		t.Errorf("got %v", err)
	}
	_, err = f.dial(t).Customer("customers/1").CheckVerification(t.Context(), "change_address")
	if !errors.Is(err, client.CodeUnimplemented) || !errors.Is(err, client.ReasonMethodNotFound) {
		t.Errorf("a method that the server has not: %v", err)
	}
}

// What the contract has no place for is refused before it is sent.
func TestErrorsBeforeSending(t *testing.T) {
	f := newFake(t)
	customer := f.dial(t).Customer("customers/1")
	for name, tc := range map[string]struct {
		field string
		call  func() error
	}{
		"an unknown value": {"facts.origin", func() error {
			_, err := customer.RecordFacts(t.Context(), []client.FactInput{{Slot: "zip", Value: "1", Origin: "HEARSAY"}})
			return err
		}},
		"in a place": {"origin.channel", func() error {
			_, err := customer.At(client.Place{Channel: "FAX"}).RecordQuestion(t.Context(), client.Question{Slot: "zip"})
			return err
		}},
		"in a read": {"asker.channel", func() error {
			_, err := customer.At(client.Place{Channel: "FAX"}).Context(t.Context(), client.ViewAgent)
			return err
		}},
		"in a watch": {"view", func() error {
			for _, err := range customer.Watch(t.Context(), "HALF") {
				return err
			}
			return nil
		}},
		"an empty event": {"payload", func() error {
			_, err := customer.Append(t.Context(), []client.Event{{}})
			return err
		}},
		"attributes that are no JSON": {"custom_event.attributes", func() error {
			_, err := customer.Append(t.Context(), []client.Event{{Payload: client.CustomEvent{
				Type: "a.b", Attributes: map[string]any{"f": func() {}},
			}}})
			return err
		}},
	} {
		err := tc.call()
		var e *client.Error
		if !errors.As(err, &e) || e.Reason != client.ReasonInvalidRequest || len(e.Fields) != 1 || e.Fields[0].Field != tc.field {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := len(f.calls); n != 0 {
		t.Errorf("%d calls were sent", n)
	}
}

func TestContextErrors(t *testing.T) {
	f := newFake(t)
	c := f.dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Customer("customers/1").Case(ctx, "7"); !errors.Is(err, context.Canceled) || !errors.Is(err, client.ReasonCancelled) {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := c.Customer("customers/1").Case(ctx, "7"); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, client.CodeDeadlineExceeded) {
		t.Errorf("too late: %v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	c, err := client.Dial("127.0.0.1:1", client.WithRetries(1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, err = c.Customer("customers/1").Case(t.Context(), "7")
	var e *client.Error
	if !errors.As(err, &e) || e.Reason != client.ReasonUnavailable || e.RequestID != "" || !e.Temporary() {
		t.Errorf("got %v", err)
	}
}
