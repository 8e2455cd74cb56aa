package intake

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/eventtest"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var testSource = Source{Tenant: "default", Service: true, Now: testkit.Epoch}

func said(id, text string) *interactionlogv1.Event {
	return &interactionlogv1.Event{EventId: id, Customer: "customers/c1", Payload: &interactionlogv1.Event_MessageSent{
		MessageSent: &interactionlogv1.MessageSent{Text: text},
	}}
}

func custom(attributes map[string]any) *interactionlogv1.Event {
	s, err := structpb.NewStruct(attributes)
	if err != nil {
		panic(err)
	}
	return &interactionlogv1.Event{EventId: "e1", Customer: "customers/c1", Payload: &interactionlogv1.Event_CustomEvent{
		CustomEvent: &interactionlogv1.CustomEvent{Type: "acme.test", Attributes: s},
	}}
}

// prepare takes one event through the pipeline and back.
func prepare(t testing.TB, p *Pipeline, ev *interactionlogv1.Event) (*Draft, *interactionlogv1.Event) {
	t.Helper()
	drafts, err := p.Prepare(t.Context(), testSource, []*interactionlogv1.Event{ev})
	if err != nil {
		t.Fatal(err)
	}
	if drafts[0].Err != nil {
		return drafts[0], nil
	}
	back, err := Unpack(drafts[0].Stored)
	if err != nil {
		t.Fatal(err)
	}
	return drafts[0], back
}

func TestTextIsNormalised(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                      "plain",
		"tab\tand\r\nnew":            "tab\tand\r\nnew",
		"nul\x00 bell\a":             "nul bell",
		"del\x7f c1\u0085":           "del c1",
		"cafe\u0301":                 "caf\u00e9",
		"\U0001F469\u200D\U0001F4BB": "\U0001F469\u200D\U0001F4BB",
		"41\x0011111111111111":       "411111******1111",
	} {
		_, back := prepare(t, New(), said("e1", in))
		if got := back.GetMessageSent().GetText(); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	_, back := prepare(t, New(), custom(map[string]any{"cafe\u0301": "e\u0301", "a\x00": "1", "a": "2", "l": []any{"\x01x"}}))
	want := map[string]any{"caf\u00e9": "\u00e9", "a#2": "1", "a": "2", "l": []any{"x"}}
	if diff := cmp.Diff(want, back.GetCustomEvent().GetAttributes().AsMap()); diff != "" {
		t.Error(diff)
	}
}

func TestAttributesAreMaskedByName(t *testing.T) {
	_, back := prepare(t, New(), custom(map[string]any{
		"cvv": 737.0, "card": map[string]any{"number": "4111 1111 1111 1111", "cvc": map[string]any{"value": "123"}},
		"pin": "1234", "pin_verified": true, "amount": 12.5, "big": 4111111111111111.0, "ratings": []any{5.0, 4.0, 3.0, 4.0, 5.0, 5.0, 1.0, 2.0},
		"pairs": []any{map[string]any{"name": "cvv", "value": "999"}}, "4111111111111111": "key", "phone": "+442071838750",
	}))
	want := map[string]any{
		"cvv": "***", "card": map[string]any{"number": "411111******1111", "cvc": map[string]any{"value": "***"}},
		"pin": "***", "pin_verified": true, "amount": 12.5, "big": "411111******1111", "ratings": []any{5.0, 4.0, 3.0, 4.0, 5.0, 5.0, 1.0, 2.0},
		"pairs": []any{map[string]any{"name": "cvv", "value": "***"}}, "411111******1111": "key", "phone": "+442071838750",
	}
	if diff := cmp.Diff(want, back.GetCustomEvent().GetAttributes().AsMap()); diff != "" {
		t.Error(diff)
	}
	for _, r := range back.GetRedactions() {
		if r.GetField() != "custom_event.attributes" {
			t.Errorf("the redaction tells of %s", r.GetField())
		}
	}
}

func TestUnreadableValuesAreRefused(t *testing.T) {
	deep := &structpb.Value{Kind: &structpb.Value_StringValue{StringValue: "x"}}
	for range maxAttributeDepth {
		deep = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{deep}})
	}
	with := func(v *structpb.Value) *interactionlogv1.Event {
		ev := custom(nil)
		ev.GetCustomEvent().Attributes.Fields = map[string]*structpb.Value{"v": v}
		return ev
	}
	fact := &interactionlogv1.Event{EventId: "e1", Customer: "customers/c1", Payload: &interactionlogv1.Event_FactStated{
		FactStated: &interactionlogv1.FactStated{Slot: "s", Value: "v", ExpireTime: &timestamppb.Timestamp{Nanos: -1}},
	}}
	score := &interactionlogv1.Event{EventId: "e1", Customer: "customers/c1", Payload: &interactionlogv1.Event_SurveyAnswered{
		SurveyAnswered: &interactionlogv1.SurveyAnswered{SurveyId: "s", QuestionId: "q", Score: 4111111111111111},
	}}
	for name, c := range map[string]struct {
		ev     *interactionlogv1.Event
		reason string
		field  string
	}{
		"no kind":        {with(&structpb.Value{}), "INVALID_REQUEST", "custom_event.attributes"},
		"nil":            {with(nil), "INVALID_REQUEST", "custom_event.attributes"},
		"not a number":   {with(structpb.NewNumberValue(math.NaN())), "INVALID_REQUEST", "custom_event.attributes"},
		"infinite":       {with(structpb.NewNumberValue(math.Inf(-1))), "INVALID_REQUEST", "custom_event.attributes"},
		"deep":           {with(deep), "INVALID_REQUEST", "custom_event.attributes"},
		"large":          {with(structpb.NewStringValue(strings.Repeat("x", 32<<10))), "INVALID_REQUEST", "custom_event.attributes"},
		"time":           {fact, "INVALID_REQUEST", "fact_stated.expire_time"},
		"card as number": {score, "CARD_NUMBER_IN_ID", "survey_answered.score"},
		"nil event":      {nil, "INVALID_REQUEST", ""},
	} {
		d, _ := prepare(t, New(), c.ev)
		if d.Err == nil || d.Err.Reason != c.reason || len(d.Err.Fields) == 0 || d.Err.Fields[0].Path != c.field {
			t.Errorf("%s: %v", name, d.Err)
		}
	}
}

// The digest tells content apart, and nothing else.
func TestDigestIsOfTheContent(t *testing.T) {
	base := func() *interactionlogv1.Event {
		ev := eventtest.Full(eventtest.Kinds()[3], "e1")
		ev.OccurredAt = nil
		return ev
	}
	digest := func(change func(*interactionlogv1.Event)) [32]byte {
		ev := base()
		change(ev)
		d, _ := prepare(t, New(), ev)
		if d.Err != nil {
			t.Fatal(d.Err)
		}
		return d.Stored.Digest
	}
	want := digest(func(*interactionlogv1.Event) {})
	if digest(func(ev *interactionlogv1.Event) { ev.Traceparent = "" }) != want {
		t.Error("the trace is part of the digest")
	}
	seen := map[[32]byte]string{want: "nothing"}
	for name, change := range map[string]func(*interactionlogv1.Event){
		"time":        func(ev *interactionlogv1.Event) { ev.OccurredAt = timestamppb.New(testkit.Epoch) },
		"interaction": func(ev *interactionlogv1.Event) { ev.InteractionId += "x" },
		"case":        func(ev *interactionlogv1.Event) { ev.CaseId += "x" },
		"moved": func(ev *interactionlogv1.Event) {
			ev.CaseId = ev.GetInteractionId()[5:] + ev.GetCaseId()
			ev.InteractionId = ev.GetInteractionId()[:5]
		},
		"channel": func(ev *interactionlogv1.Event) { ev.Channel++ },
		"actor":   func(ev *interactionlogv1.Event) { ev.Actor.Id += "x" },
		"source":  func(ev *interactionlogv1.Event) { ev.Source += "x" },
		"text":    func(ev *interactionlogv1.Event) { ev.GetMessageSent().Text += "x" },
		"kind":    func(ev *interactionlogv1.Event) { ev.Payload = said("", "x").GetPayload() },
	} {
		d := digest(change)
		if other, same := seen[d]; same {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		seen[d] = name
	}
}

// Digests are stored: were they made differently, the retry of an old event would look like a reused id.
func TestDigestStaysTheSame(t *testing.T) {
	d, _ := prepare(t, New(), said("e1", "hello"))
	const want = "f6f9d6e333ae71dcc359752eae82a6869cca86ee63f69137fb2b6e614301321a"
	if got := fmt.Sprintf("%x", d.Stored.Digest); got != want {
		t.Errorf("digest %s, and it was %s", got, want)
	}
}

// Events of a request share no memory in the store, and one does not leak into the next.
func TestEventsOfARequestAreApart(t *testing.T) {
	var together []*interactionlogv1.Event
	for _, kind := range eventtest.Kinds() {
		together = append(together, eventtest.Full(kind, "e-"+string(kind.Name())))
	}
	drafts, err := New().Prepare(t.Context(), testSource, together)
	if err == nil {
		err = First(drafts)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, kind := range eventtest.Kinds() {
		alone, _ := prepare(t, New(), eventtest.Full(kind, "e-"+string(kind.Name())))
		if diff := cmp.Diff(alone.Stored, drafts[i].Stored); diff != "" {
			t.Errorf("%s (-alone +among others):\n%s", kind.Name(), diff)
		}
		clear(drafts[i].Stored.Payload)
	}
}

// louder is an analyser.
type louder struct{ saw []string }

func (l *louder) Analyse(_ context.Context, ev *interactionlogv1.Event) {
	l.saw = append(l.saw, ev.GetMessageSent().GetText())
	ev.Touchpoint = "analysed"
}

func TestAnalysersSeeCleanEvents(t *testing.T) {
	l := &louder{}
	d, back := prepare(t, New(l), said("e1", "card 4111111111111111"))
	if diff := cmp.Diff([]string{"card 411111******1111"}, l.saw); diff != "" {
		t.Error(diff)
	}
	if back.GetTouchpoint() != "analysed" {
		t.Error("what the analyser adds is not stored")
	}
	plain, _ := prepare(t, New(), said("e1", "card 4111111111111111"))
	if d.Stored.Digest != plain.Stored.Digest {
		t.Error("what the analyser adds is part of the digest")
	}
}

// Whatever comes in, an accepted event survives storing, keeps the rules, and is not changed by another pass.
func TestPrepareIsStable(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range 3000 {
		ev := eventtest.Random(r, fmt.Sprintf("e%d", i))
		original := proto.CloneOf(ev)
		d, back := prepare(t, New(), ev)
		if d.Err != nil {
			if d.Err.Kind != fault.Invalid {
				t.Fatalf("seed %d: %v", seed, d.Err)
			}
			continue
		}
		if len(back.GetRedactions()) == 0 && original.GetOccurredAt() != nil {
			if diff := cmp.Diff(original, back, protocmp.Transform(), protocmp.IgnoreFields(&interactionlogv1.Event{}, "customer", "traceparent")); diff != "" {
				// Normalising changes nothing here: the random texts are in NFC.
				t.Fatalf("seed %d: stored differently:\n%s", seed, diff)
			}
		}
		back.Redactions = nil
		if original.GetOccurredAt() == nil {
			back.OccurredAt = nil // which is part of the digest
		}
		again, _ := prepare(t, New(), back)
		if again.Err != nil || again.Stored.Digest != d.Stored.Digest {
			t.Fatalf("seed %d: a stored event is another one when it is sent again: %v", seed, again.Err)
		}
	}
}

func TestKeysAreMaskedAcrossBatches(t *testing.T) {
	key := func(i int, digits, menu, option string) *interactionlogv1.Event {
		return &interactionlogv1.Event{EventId: fmt.Sprintf("e%d", i), Customer: "customers/c1", InteractionId: "i1",
			Payload: &interactionlogv1.Event_MenuSelected{MenuSelected: &interactionlogv1.MenuSelected{Menu: menu, Option: option, Digits: digits}}}
	}
	typed := func(p *Pipeline, batches ...[]*interactionlogv1.Event) (digits []string) {
		for _, b := range batches {
			drafts, err := p.Prepare(t.Context(), testSource, b)
			if err != nil || First(drafts) != nil {
				t.Fatal(err, First(drafts))
			}
			for _, d := range drafts {
				digits = append(digits, d.Event.GetMenuSelected().GetDigits())
				if o := d.Event.GetMenuSelected().GetOption(); o != "" && o[0] < 'a' && o != d.Event.GetMenuSelected().GetDigits() {
					t.Errorf("the option %s tells the key", o)
				}
			}
		}
		return digits
	}
	number := strings.Split("4111111111111111", "")
	open := func(digits []string) int {
		n := 0
		for _, d := range digits {
			n += len(strings.ReplaceAll(d, "*", ""))
		}
		return n
	}
	t.Run("one batch", func(t *testing.T) {
		var b []*interactionlogv1.Event
		for i, k := range number {
			b = append(b, key(i, k, "", k))
		}
		if got := typed(New(), b); open(got) > 10 {
			t.Errorf("left open: %v", got)
		}
	})
	t.Run("key by key, with retries", func(t *testing.T) {
		p := New()
		var got []string
		for i, k := range number {
			first := typed(p, []*interactionlogv1.Event{key(i, k, "card", "")})
			again := typed(p, []*interactionlogv1.Event{key(i, k, "card", "")}, []*interactionlogv1.Event{key(i, k, "card", "")})
			if again[0] != first[0] || again[1] != first[0] {
				t.Errorf("key %d: %s, and again %v", i, first[0], again)
			}
			got = append(got, first...)
		}
		if open(got) > 10 {
			t.Errorf("left open: %v", got)
		}
	})
	t.Run("boxes", func(t *testing.T) {
		got := typed(New(), []*interactionlogv1.Event{key(1, "4111", "box1", ""), key(2, "1111", "box2", ""), key(3, "1111", "box3", ""), key(4, "1111", "box4", "")})
		if open(got) > 10 {
			t.Errorf("left open: %v", got)
		}
	})
	t.Run("choices from menus stay", func(t *testing.T) {
		p := New()
		for i := range 12 {
			if got := typed(p, []*interactionlogv1.Event{key(i, "4", fmt.Sprintf("menu%d", i), "billing")}); got[0] != "4" {
				t.Errorf("choice %d became %s", i, got[0])
			}
		}
	})
	t.Run("same event twice in a batch", func(t *testing.T) {
		if got := typed(New(), []*interactionlogv1.Event{key(1, "4", "", ""), key(1, "4", "", "")}); got[0] != "4" || got[1] != "4" {
			t.Error(got)
		}
	})
}

func TestKeyMemoryIsBounded(t *testing.T) {
	k := newKeyMemory()
	for i := range 5 * rememberedInteractions {
		k.of(interaction{customer: fmt.Sprint(i)})
	}
	if n := len(k.young) + len(k.old); n > 2*rememberedInteractions {
		t.Errorf("%d interactions are remembered", n)
	}
	ty := k.of(interaction{id: "x"})
	for i := range uint64(1000) {
		ty.keep(i, outcome{})
	}
	if len(ty.outcomes) != rememberedInputs || len(ty.order) != rememberedInputs {
		t.Errorf("%d outcomes are remembered", len(ty.outcomes))
	}
}

func FuzzPrepare(f *testing.F) {
	for _, kind := range eventtest.Kinds() {
		b, err := proto.Marshal(eventtest.Full(kind, "e1"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	p := New()
	f.Fuzz(func(t *testing.T, b []byte) {
		ev := &interactionlogv1.Event{}
		if proto.Unmarshal(b, ev) != nil {
			return
		}
		src := testSource
		src.Now = time.Unix(2_000_000_000, 0)
		drafts, err := p.Prepare(t.Context(), src, []*interactionlogv1.Event{ev})
		if err != nil || drafts[0].Err != nil {
			return
		}
		if _, err := Unpack(drafts[0].Stored); err != nil {
			t.Fatal(err)
		}
		SearchText(drafts[0].Stored)
	})
}
