package harness

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// Dial connects to an address on loopback.
func Dial(t testing.TB, addr string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Message makes an event: the customer says something.
func Message(id, text string) *interactionlogv1.Event {
	return &interactionlogv1.Event{
		EventId: id,
		Channel: interactionlogv1.Channel_CHANNEL_CHAT,
		Actor:   &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_CUSTOMER},
		Payload: &interactionlogv1.Event_MessageSent{MessageSent: &interactionlogv1.MessageSent{Text: text}},
	}
}

// History reads all events of a customer, oldest first.
func History(t testing.TB, client interactionlogv1.InteractionLogServiceClient, customer string) []*interactionlogv1.Event {
	t.Helper()
	var events []*interactionlogv1.Event
	token := ""
	for {
		res, err := client.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: customer, PageSize: 1000, PageToken: token})
		if err != nil {
			t.Fatalf("listing %s: %v", customer, err)
		}
		events = append(events, res.GetEvents()...)
		if token = res.GetNextPageToken(); token == "" {
			return events
		}
	}
}
