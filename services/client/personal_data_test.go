package client_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func eventsOf(customer string, n int) *contextv1.ExportCustomerResponse {
	return &contextv1.ExportCustomerResponse{Part: &contextv1.ExportCustomerResponse_Events{
		Events: &contextv1.ExportedEvents{Customer: customer, Events: make([]*logv1.Event, n)},
	}}
}

// exporting answers with parts, and then with an error.
func exporting(end error, parts ...*contextv1.ExportCustomerResponse) func(grpc.ServerStreamingServer[contextv1.ExportCustomerResponse]) error {
	return func(s grpc.ServerStreamingServer[contextv1.ExportCustomerResponse]) error {
		for _, p := range parts {
			for i := range p.GetEvents().GetEvents() {
				p.GetEvents().Events[i] = &logv1.Event{Revision: int64(i + 1)}
			}
			if err := s.Send(p); err != nil {
				return err
			}
		}
		return end
	}
}

func TestExportWritesLines(t *testing.T) {
	f := newFake(t)
	f.export = exporting(nil,
		&contextv1.ExportCustomerResponse{Part: &contextv1.ExportCustomerResponse_Context{Context: &contextv1.CustomerContext{Customer: "customers/1"}}},
		eventsOf("customers/1", 3), eventsOf("customers/1", 2), eventsOf("customers/2", 1))
	var out bytes.Buffer
	got, err := f.dial(t).Customer("customers/1").Export(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&client.Exported{Customers: []string{"customers/1", "customers/2"}, Events: 6}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	lines := bytes.Split(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\n"))
	if len(lines) != 4 {
		t.Fatalf("%d lines", len(lines))
	}
	var first struct{ Context struct{ Customer string } }
	var last struct {
		Events struct {
			Customer string
			Events   []struct{ Revision string }
		}
	}
	if err := errors.Join(json.Unmarshal(lines[0], &first), json.Unmarshal(lines[3], &last)); err != nil {
		t.Fatal(err)
	}
	if first.Context.Customer != "customers/1" || last.Events.Customer != "customers/2" || last.Events.Events[0].Revision != "1" {
		t.Errorf("first %+v, last %+v", first, last)
	}
}

type fullDisk struct{}

var errFull = errors.New("the disk is full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestExportThatFails(t *testing.T) {
	f := newFake(t)
	f.export = exporting(fault.New(fault.NotFound, "CUSTOMER_ERASED", "the customer was erased"), eventsOf("customers/1", 1))
	customer := f.dial(t).Customer("customers/1")
	if got, err := customer.Export(t.Context(), &bytes.Buffer{}); got != nil || !errors.Is(err, client.ReasonCustomerErased) {
		t.Errorf("erased meanwhile: %v, %v", got, err)
	}
	if _, err := customer.Export(t.Context(), fullDisk{}); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

func TestErase(t *testing.T) {
	f := newFake(t)
	when := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f.always("EraseCustomer", &contextv1.EraseCustomerResponse{Customers: []*contextv1.ErasedCustomer{
		{Customer: "customers/1", Events: 7, EraseTime: timestamppb.New(when)}, {Customer: "customers/2", Events: 1},
	}})
	customer := f.dial(t).Customer("customers/1")
	got, err := customer.Erase(t.Context(), "request 4711")
	want := []client.ErasedCustomer{{Customer: "customers/1", Events: 7, EraseTime: when}, {Customer: "customers/2", Events: 1}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := customer.PreviewErase(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []*contextv1.EraseCustomerRequest{
		{Customer: "customers/1", Reason: "request 4711"}, {Customer: "customers/1", DryRun: true},
	} {
		if diff := cmp.Diff(want, f.seen("EraseCustomer")[i].req, protocmp.Transform()); diff != "" {
			t.Errorf("request %d (-want +got):\n%s", i, diff)
		}
	}
}
