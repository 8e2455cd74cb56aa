package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline-cx/throughline/services/client"
)

func clientHandsOver(t *testing.T, c goClient) {
	ctx := t.Context()
	bot := c.known(t, "handoffs").At(client.Place{
		InteractionID: "chat-1", Channel: client.ChannelChat, Actor: client.Actor{Kind: client.ActorBot, ID: "ada"},
	})
	if _, err := bot.RecordFacts(ctx, []client.FactInput{{Slot: "order", Value: "A-1"}, {Slot: "colour", Value: "green"}}); err != nil {
		t.Fatal(err)
	}
	_, err := bot.Handoff(ctx, client.HandoffRequest{TTL: 48 * time.Hour})
	refused(t, "an offer that waits too long", err, client.ReasonInvalidHandoff)
	_, err = c.Customer("customers/nobody").Handoff(ctx, client.HandoffRequest{})
	refused(t, "an offer of nobody", err, client.ReasonCustomerNotFound)

	for i, rendering := range []func(*client.HandoffOffer) string{
		func(o *client.HandoffOffer) string { return o.Token },
		func(o *client.HandoffOffer) string { return o.Renderings.Header },
		func(o *client.HandoffOffer) string { return o.Renderings.UserToUser },
		func(o *client.HandoffOffer) string { return o.Renderings.ReferTo },
		func(o *client.HandoffOffer) string { return o.Renderings.URL },
		func(o *client.HandoffOffer) string { return o.Handoff.Name },
	} {
		offer, err := bot.Handoff(ctx, client.HandoffRequest{
			Target: "billing", TargetChannel: client.ChannelVoice, TransferKind: client.TransferWarm, Reason: "too hard",
			Summary: "Where is the parcel?", OfferedSlots: []string{"order", "colour"}, TTL: time.Minute,
			ReferToURI: "sip:billing@example.com", LandingURL: "https://desk.example/pop?x=1",
		}, client.WithRequestID(fmt.Sprint("offer-", i)))
		if err != nil || offer.Handoff.State != client.HandoffOffered || offer.Handoff.From.ID != "ada" || offer.Token == "" {
			t.Fatalf("offered %+v, %v", offer, err)
		}
		handOver(t, c, bot, offer, rendering(offer))
	}
	pop, err := bot.Context(ctx, client.ViewFull)
	if err != nil || len(pop.PendingHandoffs) != 0 || len(pop.RecentHandoffs) != 6 {
		t.Errorf("the context: %+v, %v", pop, err)
	}
}

// handOver takes an offer over by a rendering of its token, and brings it to its end.
func handOver(t *testing.T, c goClient, bot *client.Customer, offer *client.HandoffOffer, by string) {
	t.Helper()
	ctx, name := t.Context(), offer.Handoff.Name
	seen, err := c.Handoff(ctx, by)
	if err != nil || seen.Name != name || seen.Summary != "Where is the parcel?" || seen.TransferKind != client.TransferWarm {
		t.Fatalf("looked by %s: %+v, %v", by, seen, err)
	}
	if !strings.HasPrefix(by, "customers/") {
		pop, err := c.Lookup(ctx, client.Lookup{HandoffToken: by, View: client.ViewAgent})
		if err != nil || pop.Customer != bot.Name() {
			t.Errorf("looked up by %s: %+v, %v", by, pop, err)
		}
		_, err = c.AcceptHandoff(ctx, "x"+offer.Token, client.Place{})
		refused(t, "a token that is none", err, client.ReasonHandoffNotFound)
	}
	agent := client.Place{InteractionID: "call-2", Channel: client.ChannelVoice, Actor: client.Actor{Kind: client.ActorAgent, ID: "bo"}}
	_, err = bot.AcknowledgeHandoff(ctx, name, client.HandoffReading{ReadAll: true})
	refused(t, "read before it is accepted", err, client.ReasonHandoffNotOpen)
	accepted, err := c.AcceptHandoff(ctx, by, agent, client.WithRequestID("accept-"+name))
	if err != nil || accepted.Handoff.State != client.HandoffAccepted || accepted.Handoff.AcceptedBy != agent.Actor ||
		accepted.Handoff.Customer != bot.Name() || accepted.Handoff.ReceiverInteractionID != "call-2" {
		t.Fatalf("accepted by %s: %+v, %v", by, accepted, err)
	}
	again, err := c.AcceptHandoff(ctx, by, agent, client.WithRequestID("accept-"+name))
	if err != nil || again.Handoff.AcceptTime != accepted.Handoff.AcceptTime {
		t.Errorf("accepted again by the same request: %+v, %v", again, err)
	}
	_, err = c.AcceptHandoff(ctx, by, client.Place{Actor: client.Actor{Kind: client.ActorAgent, ID: "cy"}})
	refused(t, "accepted by another", err, client.ReasonHandoffAlreadyAccepted)

	receiver := c.Customer(accepted.Handoff.Customer).At(agent)
	_, err = receiver.AcknowledgeHandoff(ctx, name, client.HandoffReading{ReadSlots: []string{"shoe"}})
	refused(t, "read what was not offered", err, client.ReasonSlotNotOffered)
	read, err := receiver.AcknowledgeHandoff(ctx, name, client.HandoffReading{ReadSlots: []string{"order"}, DroppedSlots: []string{"colour"}})
	if err != nil || !slices.Equal(read.Handoff.ReadSlots, []string{"order"}) || !slices.Equal(read.Handoff.DroppedSlots, []string{"colour"}) ||
		len(read.Handoff.UnreadSlots) != 0 || read.Handoff.FirstReadTime.IsZero() {
		t.Errorf("read %+v, %v", read, err)
	}
	done, err := receiver.CompleteHandoff(ctx, name)
	if err != nil || done.Handoff.State != client.HandoffCompleted || done.Handoff.EndTime.IsZero() {
		t.Errorf("completed %+v, %v", done, err)
	}
	_, err = receiver.CancelHandoff(ctx, name, "too late")
	refused(t, "cancelled at the end", err, client.ReasonHandoffNotOpen)
	// By its name, the handoff is as it was left: the client's own writes are seen.
	if seen, err = c.Handoff(ctx, name); err != nil || seen.State != client.HandoffCompleted {
		t.Errorf("looked at the end: %+v, %v", seen, err)
	}
}
