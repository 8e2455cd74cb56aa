package score

import (
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/play"
)

// Tally counts answers of one kind of values.
type Tally struct {
	// Needed are the rows, Known those whose value had been said before in another task.
	Needed, Known int64
	// Prefilled are the rows answered with USE, Correct those of them with the right value, CorrectKnown those of them that
	// were known.
	Prefilled, Correct, CorrectKnown int64
	// Covered are the rows of secrets for which a verification stands: they need not be proved again, and have no value.
	Covered int64
	// Confirm and Ask are the rows answered so, ConfirmCorrect those of the first that offered the right value.
	Confirm, ConfirmCorrect, Ask int64
}

// Precision is the share of prefilled values that are right; 0 when there are none.
func (t Tally) Precision() float64 { return ratio(t.Correct, t.Prefilled) }

// Recall is the share of known values that were prefilled and right; 0 when there are none.
func (t Tally) Recall() float64 { return ratio(t.CorrectKnown, t.Known) }

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Score is the outcome of a replay.
type Score struct {
	// Specific, Generic and Secret keep apart values that prove something when they are right, those that do not, and those
	// that must never be prefilled.
	Specific, Generic, Secret Tally
	// Unanswered are rows for which the leg did not ask, because its query, as played, does not have the name.
	Unanswered int64
}

// Add scores the answers of one dialogue by its rows. Answers without a row are not scored.
func (s *Score) Add(rows []Row, answers []play.Answer, isSecret dialogue.IsSecret) {
	type key struct{ task, slot string }
	given := make(map[key]play.Answer, len(answers))
	for _, a := range answers {
		given[key{a.Task, a.Slot}] = a
	}
	for _, r := range rows {
		t := &s.Specific
		switch {
		case isSecret(r.Task, r.Slot):
			t = &s.Secret
		case r.Generic:
			t = &s.Generic
		}
		a, ok := given[key{r.Task, r.Slot}]
		if !ok {
			s.Unanswered++
		}
		t.add(r, a)
	}
}

// add scores one row. A row without an answer counts as ASK: nothing was filled in.
func (t *Tally) add(r Row, a play.Answer) {
	t.Needed++
	t.Known += one(r.Known)
	right := r.right(a.Value)
	switch a.Decision {
	case contextv1.Decision_DECISION_USE:
		if a.Reason == contextv1.DecisionReason_DECISION_REASON_VERIFIED {
			t.Covered++
			return
		}
		t.Prefilled++
		t.Correct += one(right)
		t.CorrectKnown += one(right && r.Known)
	case contextv1.Decision_DECISION_CONFIRM:
		t.Confirm++
		t.ConfirmCorrect += one(right)
	default:
		t.Ask++
	}
}

// right compares without regard to case and spaces around and between words; nothing else is forgiven.
func (r Row) right(value string) bool {
	v := normal(value)
	if v == normal(r.Value) {
		return true
	}
	for _, other := range r.Variants {
		if v == normal(other) {
			return true
		}
	}
	return false
}

func normal(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
