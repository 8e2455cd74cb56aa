package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// The context store is thrown away. The one rebuilt from the log gives the same
// answers, and finds the same customer behind the same number.
func TestRebuildFromLog(t *testing.T) {
	data := t.TempDir()
	s := harness.StartSuite(t, data)
	contexts := contextv1.NewContextServiceClient(harness.Dial(t, s.Context))
	logs := interactionlogv1.NewInteractionLogServiceClient(harness.Dial(t, s.Log))

	if _, err := contexts.CreateSlot(t.Context(), &contextv1.CreateSlotRequest{
		SlotId: "postcode",
		Slot:   &contextv1.Slot{Aliases: []*contextv1.SlotAlias{{Name: "zip"}}, Type: contextv1.SlotType_SLOT_TYPE_TEXT},
	}); err != nil {
		t.Fatal(err)
	}
	var customers []string
	for i := range 20 {
		customers = append(customers, live(t, contexts, logs, i))
	}
	before := answers(t, contexts, customers)
	if code := s.Processes[0].Terminate(t); code != 0 {
		t.Fatalf("exit code %d after SIGTERM", code)
	}
	if err := os.Remove(filepath.Join(data, "context.db")); err != nil {
		t.Fatal(err)
	}

	s = harness.StartSuite(t, data)
	contexts = contextv1.NewContextServiceClient(harness.Dial(t, s.Context))
	after := answers(t, contexts, customers)
	if diff := cmp.Diff(before, after, protocmp.Transform()); diff != "" {
		t.Errorf("answers differ after the rebuild (-before +after):\n%s", diff)
	}
	for i, want := range customers {
		res, err := contexts.ResolveCustomer(t.Context(), caller(i))
		if err != nil {
			t.Fatal(err)
		}
		if res.GetCustomer() != want {
			t.Errorf("caller %d is %s after the rebuild, was %s", i, res.GetCustomer(), want)
		}
	}
}

func caller(i int) *contextv1.ResolveCustomerRequest {
	return &contextv1.ResolveCustomerRequest{
		Identifiers: []*interactionlogv1.Identifier{{
			Type:  interactionlogv1.IdentifierType_IDENTIFIER_TYPE_PHONE,
			Value: fmt.Sprintf("+1202555%04d", 100+i),
		}},
		PlatformContact: &contextv1.PlatformContact{Platform: "sip", ContactId: fmt.Sprintf("call-%d", i)},
		Channel:         interactionlogv1.Channel_CHANNEL_IVR,
	}
}

// live gives a customer a small life: a call, facts through the context service,
// a message and a repeated question straight to the log.
func live(t *testing.T, contexts contextv1.ContextServiceClient, logs interactionlogv1.InteractionLogServiceClient, i int) string {
	t.Helper()
	res, err := contexts.ResolveCustomer(t.Context(), caller(i))
	if err != nil {
		t.Fatal(err)
	}
	customer := res.GetCustomer()
	if _, err := contexts.RecordFacts(t.Context(), &contextv1.RecordFactsRequest{
		Customer: customer,
		Facts:    []*contextv1.FactInput{{Slot: "zip", Value: fmt.Sprintf("200%02d", i)}},
		Origin:   &contextv1.Origin{InteractionId: res.GetInteractionId(), Channel: interactionlogv1.Channel_CHANNEL_IVR},
	}); err != nil {
		t.Fatal(err)
	}
	question := &interactionlogv1.Event{
		EventId: "question", Channel: interactionlogv1.Channel_CHANNEL_CHAT,
		Payload: &interactionlogv1.Event_QuestionAsked{QuestionAsked: &interactionlogv1.QuestionAsked{Slot: "postcode"}},
	}
	if _, err := logs.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
		Customer: customer,
		Events:   []*interactionlogv1.Event{harness.Message("hello", "hello again"), question},
	}); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "the repeat is detected", func() bool {
		for _, e := range harness.History(t, logs, customer) {
			if r := e.GetRepeatDetected(); r != nil {
				return r.GetQuestionEventId() == "question" && r.GetSlotId() == "postcode"
			}
		}
		return false
	})
	return customer
}

// answers reads what the service says of each customer, without what belongs to
// the moment of asking.
func answers(t *testing.T, client contextv1.ContextServiceClient, customers []string) []proto.Message {
	t.Helper()
	var out []proto.Message
	for _, customer := range customers {
		fresh := &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}}
		c, err := client.GetContext(t.Context(), &contextv1.GetContextRequest{Customer: customer, Consistency: fresh})
		if err != nil {
			t.Fatal(err)
		}
		c.Freshness = nil
		if c.GetRepeats().GetRepeats() != 1 {
			t.Errorf("%s: %d repeats, want 1", customer, c.GetRepeats().GetRepeats())
		}
		p, err := client.PlanQuestions(t.Context(), &contextv1.PlanQuestionsRequest{
			Customer: customer, Slots: []*contextv1.SlotRequest{{Slot: "postcode"}, {Slot: "unknown"}}, Consistency: fresh,
		})
		if err != nil {
			t.Fatal(err)
		}
		p.Freshness = nil
		out = append(out, c, p)
	}
	return out
}
