package workload

import (
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

func TestStoriesAreValid(t *testing.T) {
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	for _, want := range []int{0, 40, 1000} {
		events := Story(12, want, now)
		if len(events) < want {
			t.Errorf("%d events, want at least %d", len(events), want)
		}
		ids := map[string]bool{}
		for _, e := range events {
			if err := protovalidate.Validate(e); err != nil {
				t.Fatalf("%s: %v", e.GetEventId(), err)
			}
			ids[e.GetEventId()] = true
			if e.GetCustomer() != Customer(12) {
				t.Errorf("%s is of %s", e.GetEventId(), e.GetCustomer())
			}
		}
		if len(ids) != len(events) {
			t.Errorf("%d ids for %d events", len(ids), len(events))
		}
	}
}

// Histories of all lengths begin alike and state the same slots.
func TestStoriesDifferInLengthOnly(t *testing.T) {
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	short, long := Story(3, 0, now), Story(3, 500, now)
	for i := range short {
		if !proto.Equal(short[i], long[i]) {
			t.Fatalf("event %d differs: %v, %v", i, short[i], long[i])
		}
	}
	type name struct{ slot, scope string }
	stated := func(events []*logv1.Event) map[name]bool {
		names := map[name]bool{}
		for _, e := range events {
			if f := e.GetFactStated(); f != nil {
				names[name{f.GetSlot(), f.GetScope()}] = true
			}
		}
		return names
	}
	if a, b := stated(short), stated(long); len(a) != len(SlotNames) || len(b) != len(a) {
		t.Errorf("%d facts of the short story, %d of the long one, want %d", len(a), len(b), len(SlotNames))
	}
}

func TestBulkEventsAreValid(t *testing.T) {
	for _, bulk := range []Bulk{{Customers: 7}, {Customers: 7, Mixed: true}} {
		ids := map[string]bool{}
		e := Event(0, "", "")
		for n := range 500 {
			bulk.Fill(e, int64(n))
			if err := protovalidate.Validate(e); err != nil {
				t.Error(err)
			}
			ids[e.GetEventId()] = true
		}
		if len(ids) != 500 {
			t.Errorf("%+v: %d ids for 500 events", bulk, len(ids))
		}
		values, err := bulk.Encoded(50)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if len(v) < 120 || len(v) > 400 {
				t.Errorf("an event has %d bytes; 120 to 400 are usual", len(v))
			}
		}
	}
}

// Whatever the order, every interaction is one customer's and goes from its start
// over messages to its end.
func TestBulkInteractionsAreWhole(t *testing.T) {
	for _, bulk := range []Bulk{{Customers: 7}, {Customers: 7, Mixed: true}} {
		type visit struct{ customer, kinds string }
		visits := map[string]*visit{}
		customers := map[string]bool{}
		e := Event(0, "", "")
		for n := range 7 * visitEvents {
			bulk.Fill(e, int64(n))
			v := visits[e.GetInteractionId()]
			if v == nil {
				v = &visit{customer: e.GetCustomer()}
				visits[e.GetInteractionId()] = v
			}
			if v.customer != e.GetCustomer() {
				t.Errorf("%s is of %s and of %s", e.GetInteractionId(), v.customer, e.GetCustomer())
			}
			customers[e.GetCustomer()] = true
			switch e.GetPayload().(type) {
			case *logv1.Event_InteractionStarted:
				v.kinds += "s"
			case *logv1.Event_InteractionEnded:
				v.kinds += "e"
			default:
				v.kinds += "m"
			}
		}
		if len(visits) != 7 || len(customers) != 7 {
			t.Errorf("%+v: %d interactions of %d customers, want 7 of 7", bulk, len(visits), len(customers))
		}
		for id, v := range visits {
			if v.kinds != "smmmmmmmme" {
				t.Errorf("%+v: %s goes %s", bulk, id, v.kinds)
			}
		}
	}
}

func TestID(t *testing.T) {
	for n, want := range map[int64]string{0: "a-000000000000", 42: "a-000000000042", 123456789012: "a-123456789012"} {
		if got := ID("a", n); got != want {
			t.Errorf("ID(%d) = %q, want %q", n, got, want)
		}
	}
}
