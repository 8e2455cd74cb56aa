package star

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

// twoTasks is written for this test: a balance, then a table.
const twoTasks = `{"DialogueID": 12, "AnonymizedUserWorkerID": "w1", "CompletionLevel": "Complete", "Events": [` +
	`{"Agent": "UserGuide", "Action": "instruct", "Text": "Play a customer.", "UnixTime": 100},` +
	`{"Agent": "User", "Action": "utter", "Text": "My balance, please", "UnixTime": 101},` +
	`{"Agent": "Wizard", "Action": "request_suggestions", "Text": "draft", "UnixTime": 102},` +
	`{"Agent": "Wizard", "Action": "pick_suggestion", "ActionLabel": "ask_name", "Text": "Your name?", "UnixTime": 103},` +
	`{"Agent": "User", "Action": "utter", "Text": "Ada Byron", "UnixTime": 104},` +
	`{"Agent": "Wizard", "Action": "pick_suggestion", "ActionLabel": "bank_ask_pin", "Text": "And your PIN?", "UnixTime": 105},` +
	`{"Agent": "User", "Action": "utter", "Text": "four seven one one", "UnixTime": 106},` +
	`{"Agent": "Wizard", "Action": "query", "APIName": "bank_balance", "UnixTime": 107, "Constraints": [{"FullName": "\"Ada Byron\""}, {"PIN": "\"4711\""}, {"RequestType": "\"Check\""}]},` +
	`{"Agent": "KnowledgeBase", "Action": "return_item", "APIName": "bank_balance"},` +
	`{"Agent": "Wizard", "Action": "utter", "Text": "You have 5 euros.", "UnixTime": 108},` +
	`{"Agent": "User", "Action": "utter", "Text": "A table for two", "UnixTime": 109},` +
	`{"Agent": "Wizard", "Action": "query", "APIName": "restaurant_book", "UnixTime": 110, "Constraints": [{"Name": "api.is_one_of([\"A\"])"}, {"PartySize": 2}, {"Time": "api.is_equal_to(\"8 pm\")"}]},` +
	`{"Agent": "Wizard", "Action": "pick_suggestion", "ActionLabel": "restaurant_ask_confirm_booking", "Text": "Shall I?", "UnixTime": 111},` +
	`{"Agent": "User", "Action": "complete", "UnixTime": 112}]}`

func read(t *testing.T, text string) ([]*dialogue.Dialogue, error) {
	t.Helper()
	var out []*dialogue.Dialogue
	for d, err := range dialogue.Read("f", strings.NewReader(text), Parse) {
		if err != nil {
			return out, err
		}
		out = append(out, d)
	}
	return out, nil
}

func at(second int64) time.Time { return time.Unix(second, 0).UTC() }

func TestParse(t *testing.T) {
	got, err := read(t, twoTasks+"\n\n")
	if err != nil {
		t.Fatal(err)
	}
	said := func(i int, text string) *dialogue.Item {
		return &dialogue.Item{Index: i, Time: at(100 + int64(i)), Utterance: &dialogue.Utterance{ByCustomer: true, Text: text}}
	}
	pin := said(6, "four seven one one")
	pin.Utterance.Secret = true
	want := []*dialogue.Dialogue{{ID: "12", Customer: "w1", Completed: true, Legs: []*dialogue.Leg{
		{Task: "bank_balance", Start: at(100), Needs: []string{"FullName", "PIN"}, Items: []*dialogue.Item{
			said(1, "My balance, please"),
			{Index: 3, Time: at(103), Questions: []dialogue.Question{{Slot: "FullName", Scope: "bank_balance", Prompt: "Your name?"}}},
			said(4, "Ada Byron"),
			{Index: 5, Time: at(105), Questions: []dialogue.Question{{Slot: "PIN", Scope: "bank_balance", Prompt: "And your PIN?", Purpose: dialogue.Verify}}},
			pin,
			{Index: 7, Time: at(107),
				Queries:      []dialogue.Query{{API: "bank_balance", Names: []string{"FullName", "PIN", "RequestType"}}},
				Verification: &dialogue.Verification{Method: "pin", Passed: true},
				Facts: []dialogue.Fact{
					{Slot: "FullName", Scope: "bank_balance", Value: "Ada Byron"},
					{Slot: "PIN", Scope: "bank_balance", Value: "4711", Secret: true},
				}},
		}},
		{Task: "restaurant_book", Start: at(108), Needs: []string{"Name", "PartySize", "Time"}, Items: []*dialogue.Item{
			{Index: 9, Time: at(108), Utterance: &dialogue.Utterance{Text: "You have 5 euros."}},
			{Index: 10, Time: at(109), Utterance: &dialogue.Utterance{ByCustomer: true, Text: "A table for two"}},
			{Index: 11, Time: at(110),
				Queries: []dialogue.Query{{API: "restaurant_book", Names: []string{"Name", "PartySize", "Time"}}},
				Facts: []dialogue.Fact{
					{Slot: "PartySize", Scope: "restaurant_book", Value: "2"},
					{Slot: "Time", Scope: "restaurant_book", Value: "8 pm"},
				}},
			{Index: 12, Time: at(111), Questions: []dialogue.Question{{
				Slot: "restaurant_ask_confirm_booking", Scope: "restaurant_book", Prompt: "Shall I?", Purpose: dialogue.Confirm,
			}}},
		}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("x", 40000)
	for _, tc := range []struct{ name, text, want string }{
		{"no JSON", "{", "f:1: no JSON of the expected form: unexpected end of JSON input"},
		{"later line", `{"DialogueID": 1}` + "\n7", "f:2: no JSON of the expected form: json: cannot unmarshal number into Go value of type star.record"},
		{"other dataset", `{"dialogue_id": "1_00001", "turns": []}`, "f:1: DialogueID is missing: this is no dialogue of the star dataset"},
		{"bad id", `{"DialogueID": "a b"}`, `f:1: dialogue id "a b" is not 1 to 60 characters of letters, digits and ._~:@/+=-`},
		{"no time", `{"DialogueID": 1, "Events": [{"Agent": "User"}]}`, "f:1: no event of the dialogue has a UnixTime"},
		{"bad time", `{"DialogueID": 1, "Events": [{"UnixTime": -5}]}`, "f:1: UnixTime -5 is no time between the years 1970 and 9999"},
		{"long text", `{"DialogueID": 1, "Events": [{"Agent": "User", "Action": "utter", "UnixTime": 1, "Text": "` + long + `"}]}`,
			"f:1: an utterance is longer than 32768 bytes"},
		{"long name", `{"DialogueID": 1, "Events": [{"Action": "query", "UnixTime": 1, "APIName": "` + long + `"}]}`,
			"f:1: the name of a task is longer than 128 bytes"},
		{"broken gzip", "\x1f\x8b\x00", "f: unexpected EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := read(t, tc.text)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestValue(t *testing.T) {
	for in, want := range map[string]string{
		`"\"Ada\""`:                         "Ada",
		`"\" Ada  \""`:                      "Ada",
		`"Ada"`:                             "Ada",
		`"api.is_equal_to(\"8 pm\")"`:       "8 pm",
		`"api.is_equal_to([\"8 pm\"])"`:     "8 pm",
		`"api.is_equal_to([\"8\", \"9\"])"`: "",
		`"api.is_one_of([\"A\"])"`:          "",
		`"api.is_less_than(5)"`:             "",
		`"[\"A\"]"`:                         "A",
		`"null"`:                            "",
		`"\"None\""`:                        "",
		`"\"\""`:                            "",
		`null`:                              "",
		`3`:                                 "3",
		`2.50`:                              "2.50",
		`true`:                              "True",
		`false`:                             "False",
		`["A"]`:                             "",
		`{"a": 1}`:                          "",
		`"api.is_equal_to(\"two\nlines\")"`: "two\nlines",
	} {
		if got := value(json.RawMessage(in)); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

func TestQuestionLabels(t *testing.T) {
	for label, want := range map[string]bool{
		"ask_name": true, "trip_inform_simple_step_ask_proceed": true, "bank_inform_task": false, "hello": false, "": false,
	} {
		if got := isQuestion(label); got != want {
			t.Errorf("%q: got %v", label, got)
		}
	}
	for label, slots := range Asks {
		for _, a := range slots {
			if !isQuestion(label) || a.Slot == "" || len(a.Tasks) == 0 {
				t.Errorf("%s: %+v", label, a)
			}
		}
	}
}

// The legs have to be those of the gold, for which somebody else cut the same dialogues.
func TestLegsOfRealDialogues(t *testing.T) {
	type chain struct {
		DialogueID json.RawMessage `json:"dialogue_id"`
		Chain      []struct {
			Task   string
			Window int `json:"window_start_event"`
		}
	}
	chains := map[string]chain{}
	for line, err := range dialogue.Lines("gold", open(t, "star/carryover.dev.jsonl")) {
		var c chain
		if err != nil || line.Decode(&c) != nil {
			t.Fatal(line.Number, err)
		}
		chains[dialogue.IDText(c.DialogueID)] = c
	}
	legs, all, secret := 0, 0, 0
	for d, err := range dialogue.Read("star", open(t, "star/dialogues.dev.jsonl.gz"), Parse) {
		if err != nil {
			t.Fatal(err)
		}
		for _, leg := range d.Legs {
			for _, item := range leg.Items {
				for _, f := range item.Facts {
					all++
					if f.Secret && f.Slot != "Code" {
						secret++
					}
				}
			}
		}
		c, ok := chains[d.ID]
		if !ok {
			continue
		}
		delete(chains, d.ID)
		legs += len(d.Legs)
		var got, want []string
		for i, leg := range d.Legs {
			got = append(got, leg.Task)
			if len(leg.Items) > 0 && i > 0 && leg.Items[0].Index < c.Chain[min(i, len(c.Chain)-1)].Window {
				t.Errorf("dialogue %s: leg %d begins with event %d, want not before %d", d.ID, i+1, leg.Items[0].Index, c.Chain[i].Window)
			}
		}
		for _, x := range c.Chain {
			want = append(want, x.Task)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("dialogue %s: -want +got:\n%s", d.ID, diff)
		}
	}
	if len(chains) > 0 {
		t.Errorf("%d dialogues of the gold were not read", len(chains))
	}
	t.Logf("%d legs of dialogues in the gold; %d facts in all, %d of them secret", legs, all, secret)
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
	f.Add([]byte(twoTasks))
	f.Add([]byte(`{"DialogueID": "x", "Events": [{"Action": "query", "APIName": "a", "UnixTime": 1, "Constraints": [{"b": "\""}, null]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(dialogue.Line{File: "f", Number: 1, Text: text})
		if err != nil {
			return
		}
		last := -1
		for _, leg := range d.Legs {
			if leg.Start.IsZero() {
				t.Error("a leg without a beginning")
			}
			for _, item := range leg.Items {
				if item.Index <= last || item.Time.IsZero() {
					t.Errorf("item %d after %d, time %v", item.Index, last, item.Time)
				}
				last = item.Index
			}
		}
		d.Withhold(IsSecret)
		if err := d.Check(); err != nil {
			t.Errorf("not as checked before: %v", err)
		}
	})
}
