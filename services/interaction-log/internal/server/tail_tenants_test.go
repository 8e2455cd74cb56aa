package server_test

import (
	"context"
	"fmt"
	"testing"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// A tail for all tenants brings each event once, in the order of its shard, and says whose it is; it can be resumed after
// each message.
func TestTailForAllTenants(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{authenticate: byHeader})
		want := map[string]int{}
		for i := range 40 {
			tenant := []string{"north", "south", "south", "east"}[i%4]
			ctx := metadataContext(t.Context(), "tenant", tenant)
			customer := fmt.Sprintf("customers/c%d", i%3)
			_, err := f.AppendEvents(ctx, &interactionlogv1.AppendEventsRequest{
				Customer: customer, Events: []*interactionlogv1.Event{said(fmt.Sprintf("e%d", i), "of "+tenant)},
			})
			if err != nil {
				t.Fatal(err)
			}
			want[fmt.Sprintf("%s %s e%d", tenant, customer, i)]++
		}
		got := map[string]int{}
		tenants := map[string]bool{}
		r := newReader(t)
		for shard := range int32(4) {
			r.positions[shard] = 0
		}
		// Each stream is left after three messages; all messages together are those of one stream.
		for tails := 0; len(r.events) < len(want) && tails < 2*len(want); tails++ {
			ctx, leave := context.WithCancel(t.Context())
			stream, err := f.TailEvents(ctx, &interactionlogv1.TailEventsRequest{
				Positions: r.resume(), StopAtHead: true, AllTenants: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				msg, err := stream.Recv()
				if err != nil {
					if notEOF(err) != nil {
						t.Fatal(err)
					}
					break
				}
				r.take(msg)
				if (len(msg.GetEvents()) > 0) != (msg.GetTenant() != "") {
					t.Errorf("a message of %d events names tenant %q", len(msg.GetEvents()), msg.GetTenant())
				}
				for _, ev := range msg.GetEvents() {
					tenants[msg.GetTenant()] = true
					got[msg.GetTenant()+" "+ev.GetCustomer()+" "+ev.GetEventId()]++
					if text := ev.GetMessageSent().GetText(); text != "of "+msg.GetTenant() {
						t.Errorf("%s in a message of %s", text, msg.GetTenant())
					}
				}
			}
			leave()
		}
		wantSame(t, "events", got, want)
		if len(tenants) != 3 {
			t.Errorf("tenants %v", tenants)
		}
	})
}

func TestTailOfOneTenantNamesNone(t *testing.T) {
	f := onMemory(t, setup{})
	f.append(t, "customers/c1", said("e1", "x"))
	stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{StopAtHead: true})
	if err != nil {
		t.Fatal(err)
	}
	for events := 0; ; {
		msg, err := stream.Recv()
		if err != nil {
			if notEOF(err) != nil || events != 1 {
				t.Errorf("%d events, %v", events, err)
			}
			return
		}
		if events += len(msg.GetEvents()); msg.GetTenant() != "" {
			t.Errorf("it names tenant %q", msg.GetTenant())
		}
	}
}
