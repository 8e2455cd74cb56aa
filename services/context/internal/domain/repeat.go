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
	known := verdict.chosen.provenance()
	return Repeat{
		QuestionEventID: q.EventID, Slot: q.Slot, Scope: q.Scope, SlotID: e.slot.ID,
		FactEventID: known.EventID, FactChannel: known.Channel, FactInteractionID: known.InteractionID, FactTime: known.Time,
	}, true
}

// KnownFact returns what PlanBack would offer the asker for a slot, to use or to confirm; what is withheld comes without
// its value.
func KnownFact(v *View, a Asker, now, held time.Time, scope, slot string) (Fact, bool) {
	l := v.lookBack(a, now, held)
	e, verdict := l.named(scope, slot)
	if verdict.chosen == nil && verdict.hidden == nil {
		return Fact{}, false
	}
	return l.fact(e, verdict), true
}

// Withholds says why the asker is not shown what a slot has; unspecified when there is nothing, or nothing against it.
func Withholds(v *View, a Asker, now time.Time, scope, slot string) DecisionReason {
	l := v.lookAs(a, now)
	e, verdict := l.named(scope, slot)
	switch {
	case e.slot.Sensitivity == SensitivitySecret:
		return ReasonNotCleared
	case verdict.decision == DecisionWithhold:
		return verdict.reason
	}
	return ReasonUnspecified
}
