package server_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/eventtest"
)

// The planted card numbers: test numbers of the schemes, one for each way in which a field may come.
const (
	plainCard  = "4111111111111111"
	spacedCard = "5555 5555 5555 4444"
	dashedCard = "3782-822463-10005"
)

// The canary: a card number planted in every string of every kind of event is either refused or masked. Afterwards it
// is in no file, no log and no answer.
func TestPlantedCardNumbersAreNowhere(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		var answers bytes.Buffer
		n, stored := 0, 0
		for _, kind := range eventtest.Kinds() {
			for _, card := range []string{plainCard, spacedCard, dashedCard} {
				for _, path := range stringsOf(eventtest.Full(kind, "x")) {
					n++
					ev := eventtest.Full(kind, fmt.Sprintf("planted-%d", n))
					plant(ev, path, card)
					resp, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
						Customer: "customers/full", Events: []*interactionlogv1.Event{ev}, IncludeEvents: true,
					})
					if err != nil {
						fmt.Fprintln(&answers, err)
						continue
					}
					stored++
					fmt.Fprintln(&answers, protojson.Format(resp))
				}
			}
		}
		if stored < n/3 {
			t.Errorf("only %d of %d planted events were stored", stored, n)
		}
		plantKeys(t, f, &answers)
		plantIngest(t, f, &answers)
		everything := map[string][]byte{"answers": answers.Bytes(), "logs": []byte(f.logs.String()), "tail": tailBytes(t, f)}
		if f.file != "" {
			everything["files"] = filesOf(t, filepath.Dir(f.file))
			if !bytes.Contains(everything["files"], []byte("411111******1111")) {
				t.Error("the files do not show what is stored: they prove nothing")
			}
		}
		for where, content := range everything {
			for _, card := range []string{plainCard, spacedCard, dashedCard, "5555555555554444", "378282246310005", "6011000990139424", "2223003122003222"} {
				if at := bytes.Index(content, []byte(card)); at >= 0 {
					t.Errorf("%s has %s: %q", where, card, content[max(0, at-80):min(len(content), at+40)])
				}
			}
		}
	})
}

// filesOf returns the content of every file in a folder.
func filesOf(t *testing.T, dir string) []byte {
	t.Helper()
	var all []byte
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content...)
	}
	return all
}

func stringsOf(ev *interactionlogv1.Event) []string {
	var paths []string
	eventtest.Strings(ev, func(path, _ string, _ func(string)) { paths = append(paths, path) })
	return paths
}

func plant(ev *interactionlogv1.Event, where, card string) {
	var put func(string)
	eventtest.Strings(ev, func(path, _ string, set func(string)) {
		if path == where {
			put = set
		}
	})
	put(card)
}

// plantKeys types card numbers key by key and in pieces.
func plantKeys(t *testing.T, f *fixture, answers *bytes.Buffer) {
	t.Helper()
	one := &interactionlogv1.AppendEventsRequest{Customer: "customers/keys", IncludeEvents: true}
	for i, key := range strings.Split("6011000990139424", "") {
		one.Events = append(one.Events, pressed(fmt.Sprintf("one-%d", i), "one", key))
	}
	resp, err := f.AppendEvents(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(answers, protojson.Format(resp))
	if got := typedIn(resp); strings.Count(got, "*") < 6 {
		t.Errorf("typed in one append: %s", got)
	}
	var split []*interactionlogv1.AppendEventsResponse
	for i, key := range strings.Split("2223003122003222", "") {
		resp := f.append(t, "customers/keys", pressed(fmt.Sprintf("split-%d", i), "split", key))
		split = append(split, resp)
	}
	list, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{
		Customer: "customers/keys", Filter: &interactionlogv1.EventFilter{InteractionId: "split"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var open strings.Builder
	for _, ev := range list.GetEvents() {
		open.WriteString(strings.ReplaceAll(ev.GetMenuSelected().GetDigits(), "*", ""))
	}
	if open.Len() > 10 {
		t.Errorf("typed in %d appends: %s is left open", len(split), open.String())
	}
	// A retry of a masked key is a replay, not a reused id.
	again := f.append(t, "customers/keys", pressed("split-15", "split", "2"))
	if !again.GetResults()[0].GetReplayed() {
		t.Error("the retry of a masked key was not recognised")
	}
}

func typedIn(resp *interactionlogv1.AppendEventsResponse) string {
	var b strings.Builder
	for _, r := range resp.GetResults() {
		b.WriteString(r.GetEvent().GetMenuSelected().GetDigits())
	}
	return b.String()
}

func plantIngest(t *testing.T, f *fixture, answers *bytes.Buffer) {
	t.Helper()
	deep, err := structpb.NewStruct(map[string]any{
		"note":  "card " + spacedCard,
		"cvv":   737,
		"list":  []any{plainCard, map[string]any{"pan": 4111111111111111}},
		"pairs": []any{map[string]any{"name": "card_number", "value": "4111111111111112345"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	hidden := of("customers/full", said("hidden", "x"))
	// A field of a newer contract.
	hidden.ProtoReflect().SetUnknown(append([]byte{0xc2, 0x3e, byte(len(plainCard))}, plainCard...))
	acks, err := ingest(t.Context(), f, []*interactionlogv1.Event{
		of("customers/full", said("said", "it is "+dashedCard+", cvv 737")),
		of("customers/full", &interactionlogv1.Event{EventId: "deep", Payload: &interactionlogv1.Event_CustomEvent{
			CustomEvent: &interactionlogv1.CustomEvent{Type: "acme.paid", Attributes: deep},
		}}),
		hidden,
		of("customers/"+plainCard, said("refused", "x")),
		of("customers/full", said(plainCard, "x")),
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, ack := range acks {
		fmt.Fprintln(answers, protojson.Format(ack))
		if refused := ack.GetError() != nil; refused != (i >= 3) {
			t.Errorf("event %d: %v", i, ack)
		}
	}
}

func tailBytes(t *testing.T, f *fixture) []byte {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := f.TailEvents(ctx, &interactionlogv1.TailEventsRequest{StopAtHead: true})
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for {
		msg, err := stream.Recv()
		if err != nil {
			if notEOF(err) != nil {
				t.Fatal(err)
			}
			return all.Bytes()
		}
		b, err := proto.Marshal(msg)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
}

func TestSecretsAreWithheld(t *testing.T) {
	f := onMemory(t, setup{})
	secret := said("e1", "my mother's name is Smith")
	secret.GetMessageSent().SecretAnswer = true
	pin := &interactionlogv1.Event{EventId: "e2", Payload: &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{Slot: "card_pin", Value: "1234"}}}
	cvv := &interactionlogv1.Event{EventId: "e3", Payload: &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{Slot: "CVV", Value: "123"}}}
	resp, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
		Customer: "customers/c1", Events: []*interactionlogv1.Event{secret, pin, cvv}, IncludeEvents: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range resp.GetResults() {
		ev := r.GetEvent()
		red := r.GetRedactions()[0]
		wantSame(t, "redactions of the event", ev.GetRedactions(), r.GetRedactions())
		got = append(got, fmt.Sprintf("%s%s %s %s %d", ev.GetMessageSent().GetText(), ev.GetFactStated().GetValue(), red.GetKind(), red.GetField(), red.GetCount()))
	}
	wantSame(t, "stored", got, []string{
		"[withheld] REDACTION_KIND_SECRET_ANSWER message_sent.text 1",
		"*** REDACTION_KIND_PIN fact_stated.value 1",
		"*** REDACTION_KIND_SECURITY_CODE fact_stated.value 1",
	})
}
