package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// What an agent may see and a bot may not, the bot does not ask for either, and is not told however it looks.
func TestGoClientWithKeys(t *testing.T) {
	s, keys := startWithKeys(t, "admin", "agent", "bot")
	slots := contextv1.NewContextServiceClient(harness.Dial(t, s.Context))
	if _, err := slots.CreateSlot(withKey(t.Context(), keys["admin"]), &contextv1.CreateSlotRequest{
		SlotId: "iban", Slot: &contextv1.Slot{DisplayName: "iban", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SENSITIVE},
	}); err != nil {
		t.Fatal(err)
	}
	agents := dialClient(t, s.Suite, client.WithTokenSource(func(context.Context) (string, error) { return keys["agent"], nil }))
	bots := dialClient(t, s.Suite, client.WithAPIKey(keys["bot"]))
	agent := agents.known(t, "keys").At(client.Place{Channel: client.ChannelVoice, Actor: client.Actor{Kind: client.ActorAgent}})
	bot := bots.Customer(agent.Name()).At(client.Place{Channel: client.ChannelChat, Actor: client.Actor{Kind: client.ActorBot}})
	if _, err := agent.RecordFacts(t.Context(), []client.FactInput{
		{Slot: "iban", Value: "DE02120300000000202051"}, {Slot: "town", Value: "Lund"},
	}); err != nil {
		t.Fatal(err)
	}

	w := watching(t, bot, client.ViewFull)
	told := w.until(map[string]string{"iban": "***", "town": "Lund"})
	filled, err := bot.Fill(t.Context(), []string{"iban", "town", "pet"}, func(_ context.Context, s client.SlotPlan) (client.Answer, error) {
		if s.Slot != "pet" {
			t.Errorf("the bot asks for %+v", s)
		}
		return client.Answer{Value: "cat"}, nil
	})
	if err != nil || !slices.Equal(filled.Withheld, []string{"iban"}) || filled.Values["town"] != "Lund" || filled.Values["iban"] != "" {
		t.Errorf("the bot filled %+v, %v", filled, err)
	}
	told = append(told, w.until(map[string]string{"iban": "***", "pet": "cat"})...)
	pop, err := bot.Context(t.Context(), client.ViewFull)
	if err != nil || factOf(pop, "iban").Withheld != client.WithheldNotCleared {
		t.Errorf("the bot's context: %+v, %v", pop, err)
	}
	for _, u := range append(told, &client.Update{Context: pop}) {
		if all, err := json.Marshal(u.Context); err != nil || strings.Contains(string(all), "DE02") {
			t.Errorf("the bot is told %s, %v", all, err)
		}
	}
	filled, err = agent.Fill(t.Context(), []string{"iban", "pet"}, func(_ context.Context, s client.SlotPlan) (client.Answer, error) {
		t.Errorf("the agent asks for %+v", s)
		return client.Answer{}, nil
	})
	if err != nil || filled.Values["iban"] != "DE02120300000000202051" || filled.Values["pet"] != "cat" {
		t.Errorf("the agent filled %+v, %v", filled, err)
	}

	_, err = bot.RecordFacts(t.Context(), []client.FactInput{{Slot: "iban", Value: factOf(pop, "iban").Value}})
	refused(t, "a masked value sent back", err, client.ReasonMaskedValue)
	_, err = bot.Merge(t.Context(), "customers/other", "")
	refused(t, "a merge by a bot", err, client.ReasonPermissionDenied)
	for _, key := range []string{"", keys["bot"] + "x"} {
		stranger := dialClient(t, s.Suite, client.WithAPIKey(key)).Customer(agent.Name())
		_, err = stranger.Context(t.Context(), client.ViewFull)
		refused(t, "a read by a stranger", err, client.ReasonUnauthenticated)
		for _, err := range stranger.Watch(t.Context(), client.ViewFull) {
			refused(t, "a watch by a stranger", err, client.ReasonUnauthenticated)
		}
	}
}

// clientErrs has the errors that the client's documentation promises and the other tests do not meet.
func clientErrs(t *testing.T, c goClient) {
	ctx, customer := t.Context(), c.known(t, "errors")
	slots := contextv1.NewContextServiceClient(harness.Dial(t, c.suite.Context))
	for id, slot := range map[string]*contextv1.Slot{
		"pin": {Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET}, "rooms": {Type: contextv1.SlotType_SLOT_TYPE_INTEGER},
	} {
		if _, err := slots.CreateSlot(ctx, &contextv1.CreateSlotRequest{SlotId: id, Slot: slot}); err != nil {
			t.Fatal(err)
		}
	}
	phone := func(number string) []client.Identifier {
		return []client.Identifier{{Type: client.IdentifierPhone, Value: number}}
	}
	record := func(slot, value string) error {
		_, err := customer.RecordFacts(ctx, []client.FactInput{{Slot: slot, Value: value}})
		return err
	}
	appended := func(events ...client.Event) error {
		_, err := customer.Append(ctx, events)
		return err
	}
	resolved := func(r client.ResolveRequest) error {
		_, err := c.Resolve(ctx, r)
		return err
	}
	said := client.MessageSent{Text: "Hello"}
	if err := appended(client.Event{EventID: "taken", Payload: said}); err != nil {
		t.Fatal(err)
	}
	_, unknown := c.Customer("customers/nobody").Context(ctx, client.ViewFull)
	_, lookup := c.Lookup(ctx, client.Lookup{Identifier: phone("+12025550177")[0]})
	_, plan := customer.Plan(ctx, nil)
	_, handoff := c.Handoff(ctx, "no-such-token")
	var watch error
	for _, err := range c.Customer("customers/nobody").Watch(ctx, client.ViewFull) {
		watch = err
	}
	for what, test := range map[string]struct {
		err  error
		code client.Code
		why  client.Reason
	}{
		"nobody has the number":  {resolved(client.ResolveRequest{Identifiers: phone("+12025550177"), MustExist: true}), client.CodeNotFound, client.ReasonIdentifierNotFound},
		"no number":              {resolved(client.ResolveRequest{Identifiers: phone("+12")}), client.CodeInvalidArgument, client.ReasonInvalidIdentifier},
		"a number of no country": {resolved(client.ResolveRequest{Identifiers: phone("555-0123")}), client.CodeInvalidArgument, client.ReasonRegionRequired},
		"nothing to go by":       {resolved(client.ResolveRequest{}), client.CodeInvalidArgument, client.ReasonNothingToResolve},
		"a context of nobody":    {unknown, client.CodeNotFound, client.ReasonCustomerNotFound},
		"a watch of nobody":      {watch, client.CodeNotFound, client.ReasonCustomerNotFound},
		"a lookup of nobody":     {lookup, client.CodeNotFound, client.ReasonIdentifierNotFound},
		"a plan of nothing":      {plan, client.CodeInvalidArgument, client.ReasonInvalidRequest},
		"a handoff of no token":  {handoff, client.CodeNotFound, client.ReasonHandoffNotFound},
		"a secret":               {record("pin", "1234"), client.CodeInvalidArgument, client.ReasonSecretNotStored},
		"no number of rooms":     {record("rooms", "some"), client.CodeInvalidArgument, client.ReasonInvalidSlotValue},
		"another event":          {appended(client.Event{EventID: "taken", Payload: client.MessageSent{Text: "Bye"}}), client.CodeAlreadyExists, client.ReasonEventIDReused},
		"one event twice":        {appended(client.Event{EventID: "a", Payload: said}, client.Event{EventID: "a", Payload: said}), client.CodeInvalidArgument, client.ReasonDuplicateEventID},
		"a card number as id":    {appended(client.Event{EventID: "4111111111111111", Payload: said}), client.CodeInvalidArgument, client.ReasonCardNumberInID},
		"tomorrow's event":       {appended(client.Event{OccurredAt: time.Now().Add(48 * time.Hour), Payload: said}), client.CodeInvalidArgument, client.ReasonInvalidTime},
	} {
		refused(t, what, test.err, test.why)
		if !errors.Is(test.err, test.code) {
			t.Errorf("%s: %v, want %s", what, test.err, test.code)
		}
	}
	var e *client.Error
	if !errors.As(plan, &e) || len(e.Fields) != 1 || e.Fields[0].Field != "slots" {
		t.Errorf("a plan of nothing names the fields %+v", e)
	}

	past, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
	defer cancel()
	if _, err := customer.Context(past, client.ViewFull); !errors.Is(err, client.CodeDeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	away, err := client.Dial(closed.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = away.Close() }()
	_, err = away.Customer(customer.Name()).Flat(ctx)
	if !errors.Is(err, client.ReasonUnavailable) || !errors.As(err, &e) || !e.Temporary() {
		t.Errorf("a server that is not there: %v", err)
	}
}
