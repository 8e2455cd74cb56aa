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
	// Value, Provenance and Alternatives are there for USE and CONFIRM; alternatives for CONFIRM only. A secret that is
	// to be used has a verification instead.
	Value        string
	Provenance   *Provenance
	Alternatives []Alternative
	Verification *JudgedPassport
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
	Value       string
	Provenance  Provenance
	Sensitivity Sensitivity
}

// Plan says for each request what the asker is to do at a time, in the order of the requests.
func Plan(v *View, a Asker, now time.Time, requests []SlotRequest) []SlotPlan {
	return PlanBack(v, a, now, now, requests)
}

// PlanBack is Plan for a moment in the past: what may be shown has to hold until the moment held as well.
func PlanBack(v *View, a Asker, now, held time.Time, requests []SlotRequest) []SlotPlan {
	l := v.lookBack(a, now, held)
	plans := make([]SlotPlan, len(requests))
	provenances := make([]Provenance, len(requests))
	for i, r := range requests {
		e, verdict := l.named(r.Scope, r.Slot)
		l.plan(&plans[i], &provenances[i], r, e, verdict)
	}
	return plans
}

// plan fills a plan in, and the provenance where there is a value.
func (l *look) plan(p *SlotPlan, from *Provenance, r SlotRequest, e *entry, v verdict) {
	*p = SlotPlan{
		Slot: r.Slot, Scope: r.Scope, SlotID: e.slot.ID, Decision: v.decision, Reason: v.reason,
		Sensitivity: e.slot.EffectiveSensitivity(), Verification: v.passport,
	}
	switch {
	case v.chosen != nil:
		*from = v.chosen.provenance()
		p.Value, p.Provenance = v.chosen.text, from
		p.Sensitivity = e.sensitivity(v.chosen)
	case v.hidden != nil:
		p.Sensitivity = e.sensitivity(v.hidden)
	}
	if v.decision == DecisionConfirm {
		p.Alternatives = l.alternatives(e, v)
	}
	p.Explanation = l.explain(e, v)
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
