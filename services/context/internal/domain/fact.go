package domain

import "time"

// FactStatus is how far a value may be relied on.
type FactStatus int32

// The statuses.
const (
	FactStatusUnspecified FactStatus = iota
	FactFresh
	FactStale
	FactUnsure
	FactConflicting
	FactInvalid
)

// Fact is a slot's value.
type Fact struct {
	SlotID      string
	DisplayName string
	Value       string
	Status      FactStatus
	Provenance  Provenance
	// FreshUntil is the moment after which it is stale or unknown; zero for never.
	FreshUntil   time.Time
	Sensitivity  Sensitivity
	Alternatives []Alternative
	// Withheld is why the value is not shown: Value then is the mask. Unspecified when it is shown.
	Withheld DecisionReason

	revision int64
	settled  bool // Plan says to use this very value
}

// Mask stands for a value that is withheld.
const Mask = "***"

// fact returns a verdict with a value as a fact, for the asker.
func (l *look) fact(e *entry, v verdict) Fact {
	x, reason := v.chosen, v.reason
	if v.hidden != nil {
		x, reason = v.hidden, v.hiddenReason
	}
	f := Fact{
		SlotID: e.slot.ID, DisplayName: e.title(x), Value: x.text, Status: status(reason), Provenance: x.provenance(),
		FreshUntil: e.freshUntil(x, l.now), Sensitivity: e.sensitivity(x), revision: x.revision,
	}
	if v.hidden != nil {
		f.Withhold(v.reason)
		return f
	}
	f.Alternatives = l.alternatives(e, v)
	return f
}

// Withhold takes the value out of a fact.
func (f *Fact) Withhold(why DecisionReason) { f.Value, f.Alternatives, f.Withheld = Mask, nil, why }

// title returns the slot's name for people, and the stated one where there is no entry.
func (e *entry) title(x *variant) string {
	if e == undefinedEntry {
		return x.said.facts.Name
	}
	return e.slot.Title()
}

// freshUntil is the moment after which a value is stale, if it is not yet, or else unknown; zero for never.
func (e *entry) freshUntil(x *variant, now time.Time) time.Time {
	t := e.expiresAfter(x)
	if s := e.staleAfter(x); !passed(s, now) {
		t = earlier(t, s)
	}
	return t
}

// status returns what a reason says about a value. A value to be confirmed because of where it comes from is fresh in
// itself.
func status(r DecisionReason) FactStatus {
	switch r {
	case ReasonStale:
		return FactStale
	case ReasonUnsure:
		return FactUnsure
	case ReasonConflicting:
		return FactConflicting
	case ReasonInvalid:
		return FactInvalid
	case ReasonUnspecified, ReasonKnown, ReasonLinked, ReasonUndefinedInScope, ReasonUnknown, ReasonExpired, ReasonRetracted, ReasonSecret,
		ReasonVerified, ReasonNotCleared, ReasonVerificationTooLow, ReasonConsentMissing:
	}
	return FactFresh
}
