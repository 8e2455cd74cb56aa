package score

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/play"
)

const (
	use     = contextv1.Decision_DECISION_USE
	confirm = contextv1.Decision_DECISION_CONFIRM
	ask     = contextv1.Decision_DECISION_ASK
)

func secret(_, slot string) bool { return slot == "PIN" }

func TestAdd(t *testing.T) {
	for _, tc := range []struct {
		name   string
		row    Row
		answer *play.Answer
		want   Score
	}{
		{"right and known", Row{Value: "ada byron", Known: true}, &play.Answer{Decision: use, Value: " Ada  BYRON"},
			Score{Specific: Tally{Needed: 1, Known: 1, Prefilled: 1, Correct: 1, CorrectKnown: 1}}},
		{"right by chance", Row{Value: "x"}, &play.Answer{Decision: use, Value: "x"},
			Score{Specific: Tally{Needed: 1, Prefilled: 1, Correct: 1}}},
		{"right by a variant", Row{Value: "new york", Variants: []string{"NY"}}, &play.Answer{Decision: use, Value: "ny"},
			Score{Specific: Tally{Needed: 1, Prefilled: 1, Correct: 1}}},
		{"punctuation counts", Row{Value: "jane doe"}, &play.Answer{Decision: use, Value: "Jane Doe."},
			Score{Specific: Tally{Needed: 1, Prefilled: 1}}},
		{"wrong", Row{Value: "x", Known: true}, &play.Answer{Decision: use, Value: "y"},
			Score{Specific: Tally{Needed: 1, Known: 1, Prefilled: 1}}},
		{"to confirm, right", Row{Value: "x", Known: true}, &play.Answer{Decision: confirm, Value: "x"},
			Score{Specific: Tally{Needed: 1, Known: 1, Confirm: 1, ConfirmCorrect: 1}}},
		{"to confirm, wrong", Row{Value: "x"}, &play.Answer{Decision: confirm, Value: "y"},
			Score{Specific: Tally{Needed: 1, Confirm: 1}}},
		{"to ask", Row{Value: "x", Known: true}, &play.Answer{Decision: ask},
			Score{Specific: Tally{Needed: 1, Known: 1, Ask: 1}}},
		{"no answer", Row{Value: "x", Known: true}, nil,
			Score{Specific: Tally{Needed: 1, Known: 1, Ask: 1}, Unanswered: 1}},
		{"generic", Row{Value: "2", Generic: true, Known: true}, &play.Answer{Decision: use, Value: "2"},
			Score{Generic: Tally{Needed: 1, Known: 1, Prefilled: 1, Correct: 1, CorrectKnown: 1}}},
		{"secret", Row{Slot: "PIN", Value: "4711", Known: true}, &play.Answer{Slot: "PIN", Decision: ask},
			Score{Secret: Tally{Needed: 1, Known: 1, Ask: 1}}},
		{"secret that a verification stands for", Row{Slot: "PIN", Value: "4711", Known: true},
			&play.Answer{Slot: "PIN", Decision: use, Reason: contextv1.DecisionReason_DECISION_REASON_VERIFIED},
			Score{Secret: Tally{Needed: 1, Known: 1, Covered: 1}}},
		{"other task", Row{Task: "a", Value: "x"}, &play.Answer{Task: "b", Decision: use, Value: "x"},
			Score{Specific: Tally{Needed: 1, Ask: 1}, Unanswered: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got Score
			answers := []play.Answer{{Task: "elsewhere", Slot: "unscored", Decision: use, Value: "x"}}
			if tc.answer != nil {
				answers = append(answers, *tc.answer)
			}
			got.Add([]Row{tc.row}, answers, secret)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRates(t *testing.T) {
	if p, r := (Tally{}).Precision(), (Tally{}).Recall(); p != 0 || r != 0 {
		t.Errorf("of nothing: %v, %v", p, r)
	}
	got := Tally{Known: 8, Prefilled: 10, Correct: 9, CorrectKnown: 6}
	if p, r := got.Precision(), got.Recall(); p != 0.9 || r != 0.75 {
		t.Errorf("precision %v, recall %v; want 0.9, 0.75", p, r)
	}
}

func TestRead(t *testing.T) {
	g, err := Read("f", strings.NewReader(
		`{"dialogue_id": 7, "needed_later": [{"task": "a", "slot": "s", "value": "v", "generic": true, "known_before": true}]}`+"\n"+
			`{"dialogue_id": "8_1", "needed_later": [{"service": "b", "slot": "s", "value": "v", "variants": ["w"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := g.Take("7")
	if diff := cmp.Diff([]Row{{Task: "a", Slot: "s", Value: "v", Generic: true, Known: true}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, again := g.Take("7"); again || g.Left() != 1 {
		t.Errorf("taken twice, or %d left", g.Left())
	}
	got, _ = g.Take("8_1")
	if diff := cmp.Diff([]Row{{Task: "b", Slot: "s", Value: "v", Variants: []string{"w"}}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "f: the file has no dialogues"},
		{"no JSON", "\n{", "f:2: no JSON of the expected form: unexpected end of JSON input"},
		{"no id", `{"needed_later": []}`, "f:1: dialogue_id is missing"},
		{"no rows", `{"dialogue_id": 1}`, "f:1: needed_later is missing: this is no gold of carried-over slots"},
		{"row without slot", `{"dialogue_id": 1, "needed_later": [{"task": "a"}]}`, "f:1: needed_later[0]: task (or service) or slot is missing"},
		{"twice", `{"dialogue_id": 1, "needed_later": []}` + "\n" + `{"dialogue_id": 1, "needed_later": []}`, "f:2: dialogue 1 is in the file twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Read("f", strings.NewReader(tc.text))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"dialogue_id": 7, "needed_later": [{"task": "a", "slot": "s", "value": "v"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := Read("f", bytes.NewReader(text))
		if err == nil && g.Left() == 0 {
			t.Error("no dialogues and no error")
		}
	})
}
