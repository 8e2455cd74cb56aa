package server_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
)

// byHeader takes the tenant from a header, as credentials will one day.
func byHeader(ctx context.Context, _ string) (context.Context, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	if v := md.Get("tenant"); len(v) > 0 {
		return auth.WithTenant(ctx, v[0]), nil
	}
	return ctx, nil
}

// Tenants share a store and see nothing of each other.
func TestTenantsAreApart(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{authenticate: byHeader})
		as := func(tenant string) context.Context { return metadataContext(t.Context(), "tenant", tenant) }
		for _, tenant := range []string{"north", "south"} {
			resp, err := f.AppendEvents(as(tenant), &interactionlogv1.AppendEventsRequest{
				Customer: "customers/c1", Events: []*interactionlogv1.Event{said("e1", "of "+tenant), said("e2", "of "+tenant)},
			})
			if err != nil || resp.GetRevision() != 2 {
				t.Fatalf("%v, %v", resp, err)
			}
		}
		north, err := f.ListEvents(as("north"), &interactionlogv1.ListEventsRequest{Customer: "customers/c1", PageSize: 1})
		if err != nil || len(north.GetEvents()) != 1 || north.GetEvents()[0].GetMessageSent().GetText() != "of north" {
			t.Fatalf("%v, %v", north, err)
		}
		_, err = f.ListEvents(as("south"), &interactionlogv1.ListEventsRequest{Customer: "customers/c1", PageSize: 1, PageToken: north.GetNextPageToken()})
		wantReason(t, err, "INVALID_PAGE_TOKEN")
		_, err = f.GetHead(as("west"), &interactionlogv1.GetHeadRequest{Customer: "customers/c1"})
		wantReason(t, err, "CUSTOMER_NOT_FOUND")
		_, err = f.GetTranscript(as("west"), &interactionlogv1.GetTranscriptRequest{Customer: "customers/c1", InteractionId: "i1"})
		wantReason(t, err, "INTERACTION_NOT_FOUND")
		found, err := f.SearchEvents(as("south"), &interactionlogv1.SearchEventsRequest{Customer: "customers/c1", Query: "north"})
		if err != nil || len(found.GetHits()) != 0 {
			t.Errorf("%v, %v", found, err)
		}
		stream, err := f.TailEvents(as("south"), &interactionlogv1.TailEventsRequest{StopAtHead: true})
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for {
			msg, err := stream.Recv()
			if err != nil {
				break
			}
			for _, ev := range msg.GetEvents() {
				seen++
				if !strings.Contains(ev.GetMessageSent().GetText(), "south") {
					t.Errorf("south sees %v", ev)
				}
			}
		}
		if seen != 2 {
			t.Errorf("south sees %d of its events", seen)
		}
	})
}
