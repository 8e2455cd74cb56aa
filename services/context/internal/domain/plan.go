package domain

import "time"

// SlotRequest is a slot that somebody would like to have filled, by their own name for it.
type SlotRequest struct{ Slot, Scope string }

// SlotPlan is what to do about one slot.
type SlotPlan struct {
	Slot, Scope string
	// SlotID is empty where the dictionary has no entry for the name.
	SlotID   string
	Decision Decision
	Reason   DecisionReason
	// Value, Provenance and Alternatives are there for USE and CONFIRM; alternatives for CONFIRM only.
	Value        string
	Provenance   *Provenance
	Alternatives []Alternative
	Sensitivity  Sensitivity
	Explanation  string
}

// Provenance is where a value comes from.
type Provenance struct {
	EventID string
	// Slot and Scope are the name under which it was stated.
	Slot, Scope   string
	Channel       Channel
	InteractionID string
	Actor         Actor
	// Time is when it was stated or confirmed last.
	Time         time.Time
	Confidence   float64
	Verification VerificationLevel
	Confirmed    bool
	Origin       FactOrigin
}

// Alternative is a value that was not chosen.
type Alternative struct {
	Value      string
	Provenance Provenance
}

// Plan says for each request what to do at a time, in the order of the requests.
func Plan(v *View, now time.Time, requests []SlotRequest) []SlotPlan {
	plans := make([]SlotPlan, len(requests))
	provenances := make([]Provenance, len(requests))
	for i, r := range requests {
		slot, verdict := v.verdictFor(r.Scope, r.Slot, now)
		p := &plans[i]
		*p = SlotPlan{
			Slot: r.Slot, Scope: r.Scope, SlotID: slot.slot.ID, Decision: verdict.decision, Reason: verdict.reason,
			Sensitivity: slot.slot.EffectiveSensitivity(),
		}
		if verdict.chosen != nil {
			p.Value = verdict.chosen.text
			provenances[i] = verdict.chosen.provenance()
			p.Provenance = &provenances[i]
			p.Sensitivity = slot.sensitivity(verdict.chosen)
		}
		if verdict.decision == DecisionConfirm {
			p.Alternatives = slot.alternatives(verdict, now)
		}
		p.Explanation = explain(slot, verdict)
	}
	return plans
}

// verdictFor resolves a name and decides about it. The entry returned is undefinedEntry where there is none.
func (v *View) verdictFor(scope, name string, now time.Time) (*entry, verdict) {
	scope, name = foldScope(scope), FoldName(name)
	if e := v.dict.resolve(scope, name); e != nil {
		decided := e.decide(v.answerFor(e), now)
		return e, decided
	}
	decided := v.undefinedAnswers(scope, name).decide(now)
	return undefinedEntry, decided
}

// provenance returns where the value comes from.
func (x *variant) provenance() Provenance {
	w := x.said.value
	return Provenance{
		EventID: w.EventID, Slot: x.said.facts.Name, Scope: x.said.facts.Scope, Channel: w.Channel,
		InteractionID: w.InteractionID, Actor: w.Actor, Time: x.time, Confidence: x.confidence,
		Verification: w.Verification, Confirmed: x.confirmed, Origin: w.Origin,
	}
}

// alternatives returns the other values of a verdict that are worth showing, newest first.
func (e *entry) alternatives(v verdict, now time.Time) []Alternative {
	var all []Alternative
	for i := range v.rest {
		x := &v.rest[i]
		if len(all) < maxAlternatives && e.offers(x, now) {
			if all == nil {
				all = make([]Alternative, 0, min(len(v.rest)-i, maxAlternatives))
			}
			all = append(all, Alternative{Value: x.text, Provenance: x.provenance()})
		}
	}
	return all
}
