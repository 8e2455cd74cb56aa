package domain

import "time"

// Question is a question that was asked.
type Question struct {
	EventID     string
	Slot, Scope string
	Purpose     QuestionPurpose
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
// a repeat, too. Questions that confirm a value or verify the customer's identity are none. Neither is one that
// occurred before the value was first stated and was only reported later: then nobody knew.
func DetectRepeat(v *View, q Question) (Repeat, bool) {
	switch q.Purpose {
	case PurposeConfirm, PurposeVerify:
		return Repeat{}, false
	case PurposeUnspecified, PurposeCollect:
	}
	e, verdict := v.verdictFor(q.Scope, q.Slot, q.OccurredAt)
	if verdict.decision != DecisionUse || q.OccurredAt.Before(verdict.chosen.firstTime) {
		return Repeat{}, false
	}
	f := e.fact(verdict, q.OccurredAt)
	return Repeat{
		QuestionEventID: q.EventID, Slot: q.Slot, Scope: q.Scope, SlotID: f.SlotID,
		FactEventID: f.Provenance.EventID, FactChannel: f.Provenance.Channel,
		FactInteractionID: f.Provenance.InteractionID, FactTime: f.Provenance.Time, Fact: f,
	}, true
}

// KnownFact returns what Plan would offer for a slot, to use or to confirm.
func KnownFact(v *View, now time.Time, scope, slot string) (Fact, bool) {
	e, verdict := v.verdictFor(scope, slot, now)
	if verdict.chosen == nil {
		return Fact{}, false
	}
	return e.fact(verdict, now), true
}
