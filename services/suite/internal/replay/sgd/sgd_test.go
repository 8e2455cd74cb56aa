package sgd

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/realdata"
)

// trip is written for this test: a bus, then a table.
const trip = `{"dialogue_id": "9_00001", "turns": [
 {"speaker": "USER", "utterance": "A bus to NY on the 3rd", "frames": [{"service": "Buses_9", "state": {"active_intent": "FindBus"}, "actions": [
   {"act": "INFORM", "slot": "to", "values": ["NY"], "canonical_values": ["New York"]},
   {"act": "INFORM", "slot": "fare", "values": ["dontcare"], "canonical_values": ["dontcare"]},
   {"act": "INFORM", "slot": "day", "values": ["3rd", "4th"], "canonical_values": ["a", "b"]}]}]},
 {"speaker": "SYSTEM", "utterance": "One at 8. From where?", "frames": [{"service": "Buses_9", "actions": [
   {"act": "OFFER", "slot": "leaves", "values": ["8"], "canonical_values": ["08:00"]},
   {"act": "REQUEST", "slot": "from", "values": []},
   {"act": "INFORM", "slot": "count", "values": ["1"], "canonical_values": ["1"]}],
   "service_call": {"method": "FindBus", "parameters": {"to": "New York", "day": "2019-03-03"}}}]},
 {"speaker": "USER", "utterance": "Good", "frames": [{"service": "Buses_9", "state": {"active_intent": "FindBus"}, "actions": [{"act": "SELECT", "slot": ""}]}]},
 {"speaker": "SYSTEM", "utterance": "For one?", "frames": [{"service": "Buses_9", "actions": [
   {"act": "CONFIRM", "slot": "seats", "values": ["1"], "canonical_values": ["1"]}]}]},
 {"speaker": "USER", "utterance": "Yes, and then dinner", "frames": [
   {"service": "Buses_9", "state": {"active_intent": "FindBus"}, "actions": [{"act": "AFFIRM", "slot": ""}]},
   {"service": "Food_9", "state": {"active_intent": "FindTable"}, "actions": []}]},
 {"speaker": "SYSTEM", "utterance": "It is in Main Street", "frames": [{"service": "Food_9", "actions": [
   {"act": "INFORM", "slot": "address", "values": ["Main St"], "canonical_values": ["Main Street"]}],
   "service_call": {"method": "FindTable", "parameters": {"city": "New York"}}}]}]}`

func TestParse(t *testing.T) {
	got, err := Parse(dialogue.Line{File: "f", Number: 1, Text: []byte(trip)})
	if err != nil {
		t.Fatal(err)
	}
	item := func(i int, text string) *dialogue.Item {
		return &dialogue.Item{
			Index: i, Time: day.Add(time.Duration(i) * 20 * time.Second),
			Utterance: &dialogue.Utterance{ByCustomer: i%2 == 0, Text: text},
		}
	}
	bus := []*dialogue.Item{item(0, "A bus to NY on the 3rd"), item(1, "One at 8. From where?"), item(2, "Good"), item(3, "For one?")}
	bus[0].Facts = []dialogue.Fact{{Scope: "Buses_9", Slot: "to", Value: "New York"}}
	bus[1].Questions = []dialogue.Question{{Scope: "Buses_9", Slot: "from"}}
	bus[1].Queries = []dialogue.Query{{API: "Buses_9.FindBus", Names: []string{"day", "to"}}}
	bus[2].Facts = []dialogue.Fact{{Scope: "Buses_9", Slot: "leaves", Value: "08:00"}}
	bus[3].Questions = []dialogue.Question{{Scope: "Buses_9", Slot: "seats", Purpose: dialogue.Confirm}}
	food := []*dialogue.Item{item(4, "Yes, and then dinner"), item(5, "It is in Main Street")}
	food[0].Facts = []dialogue.Fact{{Scope: "Buses_9", Slot: "seats", Value: "1"}}
	food[1].Queries = []dialogue.Query{{API: "Food_9.FindTable", Names: []string{"city"}}}
	food[1].Facts = []dialogue.Fact{{Scope: "Food_9", Slot: "address", Value: "Main Street", FromSystem: true}}
	want := &dialogue.Dialogue{ID: "9_00001", Completed: true, Legs: []*dialogue.Leg{
		{Task: "Buses_9", Start: day, Needs: []string{"day", "to"}, Items: bus},
		{Task: "Food_9", Start: day.Add(80 * time.Second), Needs: []string{"city"}, Items: food},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	many := `{"dialogue_id": "1", "turns": [{}` + strings.Repeat(",{}", maxTurns) + `]}`
	for _, tc := range []struct{ name, text, want string }{
		{"no JSON", "?", "f:3: no JSON of the expected form: invalid character '?' looking for beginning of value"},
		{"other dataset", `{"DialogueID": 7}`, "f:3: dialogue_id is missing: this is no dialogue of the sgd dataset"},
		{"too long", many, "f:3: a dialogue of more than 2000 turns"},
		{"bad id", `{"dialogue_id": "ü"}`, `f:3: dialogue id "ü" is not 1 to 60 characters of letters, digits and ._~:@/+=-`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Parse(dialogue.Line{File: "f", Number: 3, Text: []byte(tc.text)})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The legs, and the names that they need, have to be those of the gold.
func TestLegsOfRealDialogues(t *testing.T) {
	type gold struct {
		DialogueID json.RawMessage `json:"dialogue_id"`
		Chain      []struct {
			Service string
			Cut     int `json:"cut_turn"`
		}
		Needed []struct{ Service, Slot string } `json:"needed_later"`
	}
	golds := map[string]gold{}
	for line, err := range dialogue.Lines("gold", open(t, "sgd/carryover.dev.jsonl")) {
		var g gold
		if err != nil || line.Decode(&g) != nil {
			t.Fatal(line.Number, err)
		}
		golds[dialogue.IDText(g.DialogueID)] = g
	}
	type leg struct {
		Service string
		Cut     int
		Needs   map[string]bool
	}
	for d, err := range dialogue.Read("sgd", open(t, "sgd/dev.jsonl.gz"), Parse) {
		if err != nil {
			t.Fatal(err)
		}
		g, ok := golds[d.ID]
		if !ok {
			continue
		}
		delete(golds, d.ID)
		var got, want []leg
		for _, l := range d.Legs {
			needs := map[string]bool{}
			for _, n := range l.Needs {
				needs[n] = true
			}
			got = append(got, leg{l.Task, int(l.Start.Sub(day) / turnTime), needs})
		}
		got[0].Needs = nil // the gold has no needs of the first leg
		for i, x := range g.Chain {
			w := leg{Service: x.Service, Cut: x.Cut}
			for _, n := range g.Needed {
				if n.Service == x.Service && i > 0 {
					if w.Needs == nil {
						w.Needs = map[string]bool{}
					}
					w.Needs[n.Slot] = true
				}
			}
			want = append(want, w)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("dialogue %s: -want +got:\n%s", d.ID, diff)
		}
	}
	if len(golds) > 0 {
		t.Errorf("%d dialogues of the gold were not read", len(golds))
	}
}

func open(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(realdata.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(trip))
	f.Add([]byte(`{"dialogue_id": "a", "turns": [{"speaker": "USER", "frames": [{"service_call": {"parameters": {"": 1}}}, {}]}, {}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(dialogue.Line{File: "f", Number: 1, Text: text})
		if err != nil {
			return
		}
		turns := 0
		for _, leg := range d.Legs {
			for _, item := range leg.Items {
				if item.Index != turns {
					t.Errorf("turn %d comes as %d", item.Index, turns)
				}
				turns++
			}
		}
		if err := d.Check(); err != nil {
			t.Errorf("not as checked before: %v", err)
		}
	})
}
