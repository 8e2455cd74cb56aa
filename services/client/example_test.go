package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/throughline-cx/throughline/services/client"
)

// An IVR takes a call, finds out who calls, and asks only for what is not known from other channels.
func Example() {
	ctx := context.Background()
	c, stop := startDemo() // client.Dial("throughline.example.com:9090", client.WithAPIKey(key), client.WithSource("ivr-prod"))
	defer stop()

	who, err := c.Resolve(ctx, client.ResolveRequest{
		Identifiers:     []client.Identifier{{Type: client.IdentifierPhone, Value: "+1 202 555 0123"}},
		PlatformContact: client.PlatformContact{Platform: "sip", ContactID: "call-7"},
		Channel:         client.ChannelIVR,
	})
	if err != nil {
		log.Fatal(err)
	}
	customer := c.Customer(who.Customer).At(client.Place{
		InteractionID: who.InteractionID,
		Channel:       client.ChannelIVR,
		Actor:         client.Actor{Kind: client.ActorIVR, ID: "main-menu"},
	})
	filled, err := customer.Fill(ctx, []string{"account_number", "zip_code"},
		func(_ context.Context, slot client.SlotPlan) (client.Answer, error) {
			fmt.Println("asking for", slot.Slot)
			return client.Answer{Value: "10115", Prompt: "What is your zip code?"}, nil
		})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(filled.Values)
	// Output:
	// asking for zip_code
	// map[account_number:A-17 zip_code:10115]
}

// A program that has its own dialogue asks for the plan and decides by it.
func ExampleCustomer_Plan() {
	c, stop := startDemo()
	defer stop()
	plan, err := c.Customer("customers/ada").Plan(context.Background(), []string{"account_number", "zip_code"})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range plan.Slots {
		fmt.Println(s.Slot, s.Decision, s.Value, "-", s.Explanation)
	}
	// Output:
	// account_number USE A-17 - Told in the chat on Monday.
	// zip_code ASK  - Nobody has told yet.
}

// Asking for something that is known is a repeat, and recorded as one.
func ExampleCustomer_RecordQuestion() {
	c, stop := startDemo()
	defer stop()
	q, err := c.Customer("customers/ada").RecordQuestion(context.Background(),
		client.Question{Slot: "account_number", Purpose: client.PurposeCollect}, client.WithRequestID("call-7/turn-3"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("repeat:", q.Repeat, "known:", q.KnownFact.Value)
	// Output:
	// repeat: true known: A-17
}

// A bot hands a customer over; the token travels in a SIP header or a URL; one agent takes over.
func ExampleClient_AcceptHandoff() {
	ctx := context.Background()
	c, stop := startDemo()
	defer stop()

	offer, err := c.Customer("customers/ada").Handoff(ctx, client.HandoffRequest{Target: "billing", Summary: "Wants a refund."})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("User-to-User:", offer.Renderings.UserToUser)

	desk := client.Place{Channel: client.ChannelVoice, InteractionID: "call-8", Actor: client.Actor{Kind: client.ActorAgent, ID: "grace"}}
	taken, err := c.AcceptHandoff(ctx, offer.Token, desk)
	if err != nil {
		log.Fatal(err)
	}
	pop, err := c.Customer(taken.Handoff.Customer).At(desk).Context(ctx, client.ViewAgent)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pop.Identity.DisplayName+":", pop.Brief.Text)

	_, err = c.AcceptHandoff(ctx, offer.Token, client.Place{Actor: client.Actor{Kind: client.ActorAgent, ID: "alan"}})
	fmt.Println("too late:", errors.Is(err, client.ReasonHandoffAlreadyAccepted))
	// Output:
	// User-to-User: 74686b337639;encoding=hex
	// Ada Lovelace: Asked for a refund in the chat; went on by telephone.
	// too late: true
}

// A desktop shows the customer as they are, and goes on doing so when the server restarts.
func ExampleCustomer_Watch() {
	c, stop := startDemo()
	defer stop()
	for update, err := range c.Customer("customers/ada").Watch(context.Background(), client.ViewAgent) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(update.Context.Identity.DisplayName, "facts:", len(update.Context.Facts), "changed:", update.Changed)
		if len(update.Changed) > 0 {
			break
		}
	}
	// Output:
	// Ada Lovelace facts: 1 changed: []
	// Ada Lovelace facts: 2 changed: [FACTS]
}

// Before something delicate is done, the policy says whether the customer is verified surely enough.
func ExampleCustomer_CheckVerification() {
	c, stop := startDemo()
	defer stop()
	check, err := c.Customer("customers/ada").CheckVerification(context.Background(), "change_address")
	if err != nil {
		log.Fatal(err)
	}
	if !check.Sufficient {
		fmt.Println(check.Missing[0].Gap, "-", check.Missing[0].Explanation)
	}
	// Output:
	// LEVEL_TOO_LOW - A second factor is needed to change the address.
}

// What happens in a channel goes to the log: who said what, which step was reached.
func ExampleCustomer_Append() {
	c, stop := startDemo()
	defer stop()
	customer := c.Customer("customers/ada").At(client.Place{
		InteractionID: "chat-1", Channel: client.ChannelVirtualAssistant, Actor: client.Actor{Kind: client.ActorBot, ID: "helper"},
	})
	stored, err := customer.Append(context.Background(), []client.Event{
		{Payload: client.FlowStarted{FlowRunID: "run-1", FlowID: "refund"}},
		{Payload: client.MessageSent{Text: "Where is my money?"}, Actor: client.Actor{Kind: client.ActorCustomer}},
		{Payload: client.IntentDetected{Intent: "refund_status", Confidence: 0.93}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(stored.Results), "events, revision", stored.Revision)
	// Output:
	// 3 events, revision 5
}

// A customer asks for what is kept about them, and then to be forgotten.
func ExampleCustomer_Export() {
	c, stop := startDemo()
	defer stop()
	ctx := context.Background()
	customer := c.Customer("customers/ada")

	file, err := os.CreateTemp("", "ada-*.jsonl")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	exported, err := customer.Export(ctx, file)
	if err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(exported.Events, "events of", exported.Customers)

	erased, err := customer.Erase(ctx, "request 4711")
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range erased {
		fmt.Println(e.Customer, "erased at", e.EraseTime.Format(time.DateTime))
	}
	// Output:
	// 2 events of [customers/ada]
	// customers/ada erased at 2026-03-02 09:00:00
}
