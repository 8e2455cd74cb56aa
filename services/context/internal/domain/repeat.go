package domain

import "time"

// Question is a question that was asked.
type Question struct {
	EventID     string
	Slot, Scope string
	Purpose     QuestionPurpose
	// Asker is who asked.
	Asker Asker
	// OccurredAt is when it was asked.
	OccurredAt time.Time
}

// Repeat tells that a question was asked although its answer was known, and what was known.
type Repeat struct {
	QuestionEventID   string
	Slot, Scope       string
	SlotID            string
	FactEventID       string
	FactChannel       Channel
	FactInteractionID string
	FactTime          time.Time
	// Fact is the value that was known.
	Fact Fact
}

// DetectRepeat says whether a question was a repeat. The view must be that of the state before the question.
//
// It is one when the asker could have used a value instead: when Plan, asked at that moment with the asker's name for
// the slot, would have said USE. Where that was said does not matter; to be asked again within the same interaction is
// a repeat, too. What was withheld from this asker could not be used, so asking for it is none. Questions that confirm a
// value or verify the customer's identity are none, and neither are those for a secret: whether the customer was
// verified twice is another matter. Neither is one that occurred before the value was first stated and was only reported
// later: then nobody knew.
func DetectRepeat(v *View, q Question) (Repeat, bool) {
	switch q.Purpose {
	case PurposeConfirm, PurposeVerify:
		return Repeat{}, false
	case PurposeUnspecified, PurposeCollect:
	}
	l := v.lookAs(q.Asker, q.OccurredAt)
	e, verdict := l.named(q.Scope, q.Slot)
	if verdict.decision != DecisionUse || verdict.chosen == nil || q.OccurredAt.Before(verdict.chosen.firstTime) {
		return Repeat{}, false
	}
	f := l.fact(e, verdict)
	return Repeat{
		QuestionEventID: q.EventID, Slot: q.Slot, Scope: q.Scope, SlotID: f.SlotID,
		FactEventID: f.Provenance.EventID, FactChannel: f.Provenance.Channel,
		FactInteractionID: f.Provenance.InteractionID, FactTime: f.Provenance.Time, Fact: f,
	}, true
}

// KnownFact returns what Plan would offer the asker for a slot, to use or to confirm; what is withheld comes without its
// value.
func KnownFact(v *View, a Asker, now time.Time, scope, slot string) (Fact, bool) {
	l := v.lookAs(a, now)
	e, verdict := l.named(scope, slot)
	if verdict.chosen == nil && verdict.hidden == nil {
		return Fact{}, false
	}
	return l.fact(e, verdict), true
}
