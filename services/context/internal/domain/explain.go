package domain

import "time"

// explain tells a verdict in a sentence, for people. It names channels, times and names of slots, and never a value.
func explain(e *entry, v verdict) string {
	if v.decision == DecisionAsk {
		return explainAsk(e, v.reason)
	}
	b := make([]byte, 0, 160)
	x := v.chosen
	if v.decision == DecisionUse {
		b = append(b, "Known: "...)
	} else {
		b = append(b, "Confirm: "...)
	}
	if x.said.value.StatedRevision == 0 {
		b = append(b, "confirmed in "...)
	} else {
		b = append(b, "stated in "...)
	}
	b = append(b, x.said.value.Channel.String()...)
	b = append(b, ' ')
	b = appendTime(b, x.time)
	b = append(b, " as "...)
	b = append(b, x.said.facts.Name...)
	if x.said.facts.Scope != "" {
		b = append(b, " of "...)
		b = append(b, x.said.facts.Scope...)
	}
	if x.said.source != nil {
		b = append(b, ", which also answers this ("...)
		b = append(b, x.said.source.slot.ID...)
		b = append(b, ')')
	}
	return string(append(b, explainWhy(e, v)...))
}

// explainWhy ends the sentence about a known value.
func explainWhy(e *entry, v verdict) string {
	switch v.reason {
	case ReasonStale:
		return "; that is longer ago than " + e.slot.MaxAge.String() + "."
	case ReasonUnsure:
		return "; it is less certain than the slot demands."
	case ReasonConflicting:
		return "; another system gave another value."
	case ReasonInvalid:
		return "; it does not satisfy the slot's rules."
	case ReasonUndefinedInScope:
		return ", where the name may mean something else."
	case ReasonLinked:
		if v.decision == DecisionConfirm {
			return ", if the customer agrees."
		}
	case ReasonKnown, ReasonUnspecified, ReasonUnknown, ReasonExpired, ReasonRetracted, ReasonSecret:
	}
	if v.chosen.confirmed {
		return ", and confirmed by the customer."
	}
	return "."
}

func explainAsk(e *entry, r DecisionReason) string {
	switch r {
	case ReasonExpired:
		return "Ask: the last value has expired."
	case ReasonRetracted:
		return "Ask: the last value was withdrawn."
	case ReasonSecret:
		if e.slot.Sensitivity == SensitivitySecret {
			return "Ask: the slot is secret and never stored; a verification carries over instead."
		}
		return "Ask: what was given is payment card or secret data and was not stored."
	case ReasonUnspecified, ReasonKnown, ReasonLinked, ReasonStale, ReasonUnsure, ReasonConflicting,
		ReasonUndefinedInScope, ReasonInvalid, ReasonUnknown:
	}
	return "Ask: no value was ever stated."
}

// minuteLayout is how times are told to people: absolute and in UTC, so that a text does not change with time.
const minuteLayout = "2006-01-02 15:04 UTC"

func appendTime(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, minuteLayout) }

func sayTime(t time.Time) string { return t.UTC().Format(minuteLayout) }
