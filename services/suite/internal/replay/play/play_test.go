package play

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite/internal/local"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// tape is a connection that remembers its calls.
type tape struct {
	grpc.ClientConnInterface
	calls []call
}

type call struct {
	method string
	req    proto.Message
	resp   proto.Message
}

func (c *tape) Invoke(ctx context.Context, method string, req, resp any, opts ...grpc.CallOption) error {
	err := c.ClientConnInterface.Invoke(ctx, method, req, resp, opts...)
	if err == nil {
		c.calls = append(c.calls, call{method[strings.LastIndex(method, "/")+1:], req.(proto.Message), resp.(proto.Message)})
	}
	return err
}

// player plays to a suite of its own through a tape.
func player(t *testing.T, slots ...*contextv1.Slot) (*Player, *tape) {
	t.Helper()
	s, err := local.Start(t.Context(), local.Options{Slots: slots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &tape{ClientConnInterface: s.Conn}
	return &Player{
		Log: interactionlogv1.NewInteractionLogServiceClient(c), Context: contextv1.NewContextServiceClient(c),
		Dataset: "test", IsSecret: Secrets(slots), Calls: NewCalls(),
	}, c
}

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func said(i int, text string) *dialogue.Item {
	return &dialogue.Item{Index: i, Time: noon.Add(time.Duration(i) * time.Minute), Utterance: &dialogue.Utterance{ByCustomer: true, Text: text}}
}

func learned(i int, facts ...dialogue.Fact) *dialogue.Item {
	return &dialogue.Item{Index: i, Time: noon.Add(time.Duration(i) * time.Minute), Facts: facts, Queries: []dialogue.Query{{API: facts[0].Scope}}}
}

func use(slot, value string) Answer {
	return Answer{
		Task: "a", Slot: slot, Decision: contextv1.Decision_DECISION_USE, Reason: contextv1.DecisionReason_DECISION_REASON_KNOWN, Value: value,
	}
}

func unknown(slot string) Answer {
	return Answer{Task: "a", Slot: slot, Decision: contextv1.Decision_DECISION_ASK, Reason: contextv1.DecisionReason_DECISION_REASON_UNKNOWN}
}

func TestEverythingIsStoredBeforeTheNextLegAsks(t *testing.T) {
	p, c := player(t)
	result, err := p.Play(t.Context(), &dialogue.Dialogue{ID: "1", Completed: true, Legs: []*dialogue.Leg{
		{Task: "a", Start: noon, Needs: []string{"x"}, Items: []*dialogue.Item{
			said(1, "one"), learned(2, dialogue.Fact{Scope: "a", Slot: "x", Value: "v"}), said(3, "three"),
		}},
		{Task: "a", Start: noon.Add(4 * time.Minute), Needs: []string{"x", "y"}, Items: []*dialogue.Item{said(4, "four")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var methods []string
	token, written := "", int64(0)
	for _, call := range c.calls {
		methods = append(methods, call.method)
		switch resp := call.resp.(type) {
		case *contextv1.PlanQuestionsResponse:
			got := call.req.(*contextv1.PlanQuestionsRequest).GetConsistency().GetAtLeastAsFresh()
			if got != token || resp.GetRevision() < written {
				t.Errorf("PlanQuestions saw revision %d of %d, with the newest token: %v", resp.GetRevision(), written, got == token)
			}
		case interface {
			GetConsistencyToken() string
			GetRevision() int64
		}:
			token, written = resp.GetConsistencyToken(), resp.GetRevision()
		}
	}
	want := []string{
		"ResolveCustomer", "GetContext", "PlanQuestions", "AppendEvents", "RecordFacts", "AppendEvents", "CreateHandoff", "AppendEvents",
		"ResolveCustomer", "AcceptHandoff", "GetContext", "PlanQuestions", "RecordQuestion", "AcknowledgeHandoff", "AppendEvents",
		"CompleteHandoff", "AppendEvents",
	}
	if diff := cmp.Diff(want, methods); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	answers := []Answer{
		unknown("x"), use("x", "v"), unknown("y"),
	}
	if diff := cmp.Diff(answers, result.Answers); diff != "" {
		t.Errorf("answers: -want +got:\n%s", diff)
	}
}

func TestLegsAreChannels(t *testing.T) {
	p, c := player(t)
	d := &dialogue.Dialogue{ID: "1"}
	for i := range 4 {
		d.Legs = append(d.Legs, &dialogue.Leg{Task: "a", Start: noon, Items: []*dialogue.Item{said(i, "hello")}})
	}
	if _, err := p.Play(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	var channels []interactionlogv1.Channel
	var outcomes []interactionlogv1.InteractionOutcome
	for _, call := range c.calls {
		switch req := call.req.(type) {
		case *contextv1.ResolveCustomerRequest:
			channels = append(channels, req.GetChannel())
		case *interactionlogv1.AppendEventsRequest:
			for _, e := range req.GetEvents() {
				if e.GetChannel() != channels[len(channels)-1] {
					t.Errorf("event %s is in channel %v", e.GetEventId(), e.GetChannel())
				}
				if ended := e.GetInteractionEnded(); ended != nil {
					outcomes = append(outcomes, ended.GetOutcome())
				}
			}
		}
	}
	ivr, chat, voice := interactionlogv1.Channel_CHANNEL_IVR, interactionlogv1.Channel_CHANNEL_CHAT, interactionlogv1.Channel_CHANNEL_VOICE
	if diff := cmp.Diff([]interactionlogv1.Channel{ivr, chat, voice, ivr}, channels); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	passed, gone := interactionlogv1.InteractionOutcome_INTERACTION_OUTCOME_TRANSFERRED, interactionlogv1.InteractionOutcome_INTERACTION_OUTCOME_ABANDONED
	if diff := cmp.Diff([]interactionlogv1.InteractionOutcome{passed, passed, passed, gone}, outcomes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What is secret by the dataset or by the dictionary must not even leave this process.
func TestSecretsAreNotSent(t *testing.T) {
	p, c := player(t, &contextv1.Slot{
		Name: "slots/pin", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET, Aliases: []*contextv1.SlotAlias{{Name: "Kenn_wort", Scope: "a"}},
	})
	result, err := p.Play(t.Context(), &dialogue.Dialogue{ID: "1", Legs: []*dialogue.Leg{{
		Task: "a", Start: noon, Needs: []string{"kennwort"}, Items: []*dialogue.Item{
			said(1, "it is swordfish or 8-1-5-1"),
			learned(2, dialogue.Fact{Scope: "a", Slot: "kennwort", Value: "swordfish"}, dialogue.Fact{Scope: "a", Slot: "y", Value: "fine"},
				dialogue.Fact{Scope: "a", Slot: "z", Value: "8151", Secret: true}),
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range c.calls {
		text := prototext.Format(call.req)
		if call.method == "AppendEvents" {
			// The words travel once, marked; the log withholds them.
			req := call.req.(*interactionlogv1.AppendEventsRequest)
			for _, e := range req.GetEvents() {
				if m := e.GetMessageSent(); m != nil && !m.GetSecretAnswer() {
					t.Errorf("%q is not marked", m.GetText())
				}
			}
			continue
		}
		if strings.Contains(text, "swordfish") || strings.Contains(text, "8151") {
			t.Errorf("%s sends a secret: %s", call.method, text)
		}
	}
	if result.Counts.SecretsWithheld != 2 || result.Counts.MessagesWithheld != 1 || result.Counts.Facts != 1 {
		t.Errorf("%+v", result.Counts)
	}
}

// A value that the dictionary does not accept is dropped alone.
func TestRefusedFacts(t *testing.T) {
	p, _ := player(t, &contextv1.Slot{
		Name: "slots/number", Type: contextv1.SlotType_SLOT_TYPE_ID, Validation: &contextv1.SlotValidation{Pattern: "[0-9]+"},
	})
	result, err := p.Play(t.Context(), &dialogue.Dialogue{ID: "1", Legs: []*dialogue.Leg{
		{Task: "a", Start: noon, Items: []*dialogue.Item{learned(1,
			dialogue.Fact{Scope: "a", Slot: "x", Value: "kept"}, dialogue.Fact{Scope: "a", Slot: "number", Value: "none"},
			dialogue.Fact{Scope: "a", Slot: "y", Value: "kept too"})}},
		{Task: "a", Start: noon.Add(time.Hour), Needs: []string{"x", "number", "y"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if result.Counts.FactsRefused != 1 || result.Counts.Facts != 2 {
		t.Errorf("%+v", result.Counts)
	}
	want := []Answer{
		use("x", "kept"), unknown("number"), use("y", "kept too"),
	}
	if diff := cmp.Diff(want, result.Answers); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A batch is sent before it is too large.
func TestLongLegs(t *testing.T) {
	p, c := player(t)
	leg := &dialogue.Leg{Task: "a", Start: noon}
	for i := range 1200 {
		leg.Items = append(leg.Items, said(i, "hello"))
	}
	for i := range 40 {
		leg.Items = append(leg.Items, said(2000+i, strings.Repeat("long ", 6000)))
	}
	result, err := p.Play(t.Context(), &dialogue.Dialogue{ID: "1", Legs: []*dialogue.Leg{leg}})
	if err != nil {
		t.Fatal(err)
	}
	batches := 0
	for _, call := range c.calls {
		if call.method == "AppendEvents" {
			batches++
		}
	}
	if result.Counts.Messages != 1240 || batches < 4 {
		t.Errorf("%d messages in %d batches", result.Counts.Messages, batches)
	}
}

func TestSecretsOfADictionary(t *testing.T) {
	secret := Secrets([]*contextv1.Slot{
		{Name: "slots/pin", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET, Aliases: []*contextv1.SlotAlias{{Name: "code"}, {Name: "Word", Scope: "bank"}}},
		{Name: "slots/coupon", Sensitivity: commonv1.Sensitivity_SENSITIVITY_PUBLIC, Aliases: []*contextv1.SlotAlias{{Name: "code", Scope: "shop"}}},
	})
	for _, tc := range []struct {
		scope, slot string
		want        bool
	}{
		{"bank", "PIN", true}, {"bank", "p-i_n", true}, {"bank", "Code", true}, {"shop", "code", false},
		{"bank", "word", true}, {"shop", "word", false}, {"shop", "coupon", false}, {"shop", "unknown", false},
	} {
		if got := secret(tc.scope, tc.slot); got != tc.want {
			t.Errorf("%s of %s: %v", tc.slot, tc.scope, got)
		}
	}
}

func TestCalls(t *testing.T) {
	c := NewCalls()
	for i := range 100 {
		c.Observe("A", time.Duration(i+1)*time.Millisecond)
	}
	c.Observe("B", 0)
	c.Observe("B", 100*time.Hour)
	times := c.Times()
	a := times["A"]
	if a.Count != 100 || a.P50MS < 49 || a.P50MS > 51 || a.P99MS < 97 || a.P99MS > 101 {
		t.Errorf("%+v", a)
	}
	if b := times["B"]; b.Count != 2 || b.P50MS > 0.01 || b.P99MS < 600_000 {
		t.Errorf("%+v", b)
	}
}
