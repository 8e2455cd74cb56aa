package domain

import "time"

// explain tells a verdict in a sentence, for people. It names channels, times and names of slots, and never a value.
func (l *look) explain(e *entry, v verdict) string {
	switch {
	case v.decision == DecisionAsk:
		return explainAsk(e, v.reason)
	case v.decision == DecisionWithhold:
		return l.explainWithheld(e, v)
	case v.passport != nil:
		return explainVerified(v.passport)
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
	case ReasonKnown, ReasonUnspecified, ReasonUnknown, ReasonExpired, ReasonRetracted, ReasonSecret, ReasonVerified,
		ReasonNotCleared, ReasonVerificationTooLow, ReasonConsentMissing:
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
		ReasonUndefinedInScope, ReasonInvalid, ReasonUnknown, ReasonVerified, ReasonNotCleared, ReasonVerificationTooLow,
		ReasonConsentMissing:
	}
	return "Ask: no value was ever stated."
}

// explainVerified tells which verification makes a secret superfluous.
func explainVerified(p *JudgedPassport) string {
	b := append(make([]byte, 0, 160), "Known: verified as "...)
	b = append(b, p.Effective.String()...)
	if p.Method != "" {
		b = append(b, " by "...)
		b = append(b, p.Method...)
	}
	if p.Channel != ChannelUnspecified {
		b = append(b, " in "...)
		b = append(b, p.Channel.String()...)
	}
	b = append(b, ' ')
	b = appendTime(b, p.Time)
	if !p.ValidUntil.IsZero() {
		b = append(b, ", good until "...)
		b = appendTime(b, p.ValidUntil)
	}
	return string(append(b, '.'))
}

// explainWithheld tells why the asker does not get a value that is known, and what would help.
func (l *look) explainWithheld(e *entry, v verdict) string {
	switch v.reason {
	case ReasonVerificationTooLow:
		least := e.slot.MinVerification
		if s := v.hidden.said.source; s != nil {
			least = max(least, s.slot.MinVerification)
		}
		return "Withheld: the customer is " + l.level().String() + "; verify to " + least.String() + " and ask again."
	case ReasonConsentMissing:
		if l.refused {
			return "Withheld: the customer does not consent to the use for " + l.asker.Purpose + "."
		}
		purpose := e.slot.ConsentPurpose
		if s := v.hidden.said.source; s != nil && l.consented(e) {
			purpose = s.slot.ConsentPurpose
		}
		return "Withheld: the customer has not consented to " + purpose + "."
	case ReasonNotCleared, ReasonUnspecified, ReasonKnown, ReasonLinked, ReasonStale, ReasonUnsure, ReasonConflicting,
		ReasonUndefinedInScope, ReasonInvalid, ReasonUnknown, ReasonExpired, ReasonRetracted, ReasonSecret, ReasonVerified:
	}
	return "Withheld: it is known, but more sensitive than the asker is cleared for."
}

// minuteLayout is how times are told to people: absolute and in UTC, so that a text does not change with time.
const minuteLayout = "2006-01-02 15:04 UTC"

func appendTime(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, minuteLayout) }

func sayTime(t time.Time) string { return t.UTC().Format(minuteLayout) }

// sayEnding tells a time in a sentence that has told since already: the day only where it is another one.
func sayEnding(t, since time.Time) string {
	if t.UTC().Format(time.DateOnly) == since.UTC().Format(time.DateOnly) {
		return t.UTC().Format("15:04 UTC")
	}
	return sayTime(t)
}
