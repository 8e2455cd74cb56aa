package e2e

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// deployments are the ways in which the services run.
var deployments = map[string]func(testing.TB, string) harness.Suite{"together": harness.StartSuite, "apart": harness.StartApart}

// goClient is the Go client and the deployment that it calls.
type goClient struct {
	*client.Client
	suite harness.Suite
}

func dialClient(t *testing.T, s harness.Suite, opts ...client.Option) goClient {
	t.Helper()
	c, err := client.Dial(s.Context, append([]client.Option{client.WithLogTarget(s.Log), client.WithSource("e2e")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return goClient{c, s}
}

// known returns a handle of a customer who has an account.
func (c goClient) known(t *testing.T, account string) *client.Customer {
	t.Helper()
	who, err := c.Resolve(t.Context(), client.ResolveRequest{
		Identifiers: []client.Identifier{{Type: client.IdentifierAccount, Value: account}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.Customer(who.Customer)
}

// The Go client against the real services.
func TestGoClient(t *testing.T) {
	for name, start := range deployments {
		t.Run(name, func(t *testing.T) {
			c := dialClient(t, start(t, t.TempDir()))
			for topic, test := range map[string]func(*testing.T, goClient){
				"what the IVR was told": clientTellsAndAsks,
				"verifications":         clientVerifies,
				"cases":                 clientKeepsCases,
				"handoffs":              clientHandsOver,
				"merges":                clientMerges,
				"flat":                  clientReadsFlat,
				"fill":                  clientFills,
				"errors":                clientErrs,
			} {
				t.Run(topic, func(t *testing.T) { test(t, c) })
			}
		})
	}
}

// What the IVR was told, the chat does not ask again.
func clientTellsAndAsks(t *testing.T, c goClient) {
	who, err := c.Resolve(t.Context(), client.ResolveRequest{
		Identifiers:     []client.Identifier{{Type: client.IdentifierPhone, Value: "+1 202 555 0123"}},
		PlatformContact: client.PlatformContact{Platform: "sip", ContactID: "call-7"},
		Channel:         client.ChannelIVR,
		Direction:       client.DirectionInbound,
	})
	if err != nil || !who.Created || !who.InteractionCreated || who.Matches[0].Outcome != client.MatchLinked {
		t.Fatalf("resolved %+v, %v", who, err)
	}
	ivr := c.Customer(who.Customer).At(client.Place{InteractionID: who.InteractionID, Channel: client.ChannelIVR})
	tellTheIVR(t, ivr)
	askInTheChat(t, c.Customer(who.Customer).At(client.Place{InteractionID: "chat-1", Channel: client.ChannelChat}))
	sources := map[string]bool{}
	for _, e := range harness.History(t, interactionlogv1.NewInteractionLogServiceClient(harness.Dial(t, c.suite.Log)), who.Customer) {
		sources[e.GetSource()] = true
	}
	if !sources["e2e"] {
		t.Errorf("the events name the sources %v", sources)
	}
}

func tellTheIVR(t *testing.T, ivr *client.Customer) {
	t.Helper()
	ctx := t.Context()
	stored, err := ivr.Append(ctx, []client.Event{
		{Payload: client.MenuSelected{Menu: "main", Option: "refund", Digits: "2"}},
		{Payload: client.MessageSent{Text: "My card is 4111 1111 1111 1111"}, Actor: client.Actor{Kind: client.ActorCustomer}},
	})
	if err != nil || len(stored.Results) != 2 || len(stored.Results[1].Redactions) != 1 ||
		stored.Results[1].Redactions[0].Kind != client.RedactionCardNumber {
		t.Fatalf("appended %+v, %v", stored, err)
	}
	facts := []client.FactInput{{Slot: "account_number", Value: "A-17", Origin: client.FactOriginCustomer}}
	first, err := ivr.RecordFacts(ctx, facts, client.WithRequestID("call-7/1"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := ivr.RecordFacts(ctx, facts, client.WithRequestID("call-7/1"))
	if err != nil || again.EventIDs[0] != first.EventIDs[0] || again.Revision != first.Revision {
		t.Errorf("repeated: %+v after %+v, %v", again, first, err)
	}
	_, err = ivr.RecordFacts(ctx, []client.FactInput{{Slot: "account_number", Value: "B-18"}}, client.WithRequestID("call-7/1"))
	if !errors.Is(err, client.ReasonRequestIDReused) {
		t.Errorf("another request with the id: %v", err)
	}
	pop, err := ivr.Context(ctx, client.ViewFull)
	if err != nil || len(pop.Facts) != 1 || pop.Facts[0].Value != "A-17" || pop.Revision < first.Revision {
		t.Errorf("the context does not have what was written: %+v, %v", pop, err)
	}
}

func askInTheChat(t *testing.T, chat *client.Customer) {
	t.Helper()
	filled, err := chat.Fill(t.Context(), []string{"account_number", "zip_code"},
		func(_ context.Context, s client.SlotPlan) (client.Answer, error) {
			if s.Slot != "zip_code" {
				t.Errorf("asked for %s", s.Slot)
			}
			return client.Answer{Value: "10115", Prompt: "What is your zip code?"}, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"account_number": "A-17", "zip_code": "10115"}, filled.Values); diff != "" {
		t.Errorf("filled (-want +got):\n%s", diff)
	}
	q, err := chat.RecordQuestion(t.Context(), client.Question{Slot: "zip_code", Purpose: client.PurposeCollect})
	if err != nil || !q.Repeat || q.KnownFact == nil || q.KnownFact.Value != "10115" {
		t.Errorf("a question asked twice: %+v, %v", q, err)
	}
	pop, err := chat.Context(t.Context(), client.ViewFull, client.FullyConsistent())
	if err != nil || pop.Repeats.QuestionsAvoided != 1 || pop.Repeats.Repeats != 1 || !pop.Freshness.FullyConsistent {
		t.Errorf("the context after all: %+v, %v", pop, err)
	}
	_, err = chat.Plan(t.Context(), []string{"zip_code"}, client.AtLeast("no token"))
	var e *client.Error
	if !errors.As(err, &e) || e.Reason != client.ReasonInvalidConsistencyToken || e.RequestID == "" {
		t.Errorf("a token that is none: %v", err)
	}
}
