package domain

import "time"

// Decision is what to do about a slot.
type Decision int32

// The decisions.
const (
	DecisionUnspecified Decision = iota
	DecisionUse
	DecisionConfirm
	DecisionAsk
	DecisionWithhold
)

// DecisionReason is why a decision was taken.
type DecisionReason int32

// The reasons.
const (
	ReasonUnspecified DecisionReason = iota
	ReasonKnown
	ReasonLinked
	ReasonStale
	ReasonUnsure
	ReasonConflicting
	ReasonUndefinedInScope
	ReasonInvalid
	ReasonUnknown
	ReasonExpired
	ReasonRetracted
	ReasonSecret
	ReasonVerified
	ReasonNotCleared
	ReasonVerificationTooLow
	ReasonConsentMissing
)

// verdict is a decision about a slot at a time.
type verdict struct {
	decision Decision
	reason   DecisionReason
	// chosen is the value to use or confirm, and rest the different ones, newest first; for ASK there is none.
	chosen *variant
	rest   []variant
	// passport stands for a secret that need not be asked for.
	passport *JudgedPassport
	// hidden is the value that is withheld, and hiddenReason what would have been said of it. It is apart from chosen so
	// that nobody shows it by mistake.
	hidden       *variant
	hiddenReason DecisionReason
}

func ask(r DecisionReason) verdict { return verdict{decision: DecisionAsk, reason: r} }

// decide is the policy: what to do about slot e at a moment, for an asker who may see everything.
//
// The newest value counts, by revision, among those stated under any of the slot's names and those of the slots that
// it links to. Links go one step: what answers the linked slot by a link of its own does not answer this one. If the
// newest was withdrawn, has expired, or was masked by the log, the slot is to be asked; older values are not dug out
// again, because the customer had replaced them. Only a link's value that has expired leaves the field to older ones.
//
// Otherwise the first of these that holds asks for confirmation: the value is not valid for the slot; it conflicts; it
// is stale; it is unsure; it is known only by a link that says CONFIRM (also when an older own value differs, which
// then is an alternative). A value that the customer confirmed is neither unsure nor conflicting. A value known by a
// link only has to be as fresh and as sure as both slots demand. An equal value stated for the slot itself makes up for
// the caution of a link.
func (e *entry) decide(a *answer, m moment) verdict {
	switch {
	case e.slot.Sensitivity == SensitivitySecret:
		return ask(ReasonSecret)
	case a == nil || a.newest == nil:
		return ask(ReasonUnknown)
	case a.newest.withdrawn:
		return ask(ReasonRetracted)
	}
	variants := a.variants
	for len(variants) > 1 && variants[0].source != nil && e.expired(&variants[0], m.held) {
		variants = variants[1:]
	}
	chosen := &variants[0]
	switch {
	case e.expired(chosen, m.held):
		return ask(ReasonExpired)
	case Masked(chosen.text):
		return ask(ReasonSecret)
	}
	v := verdict{decision: DecisionConfirm, chosen: chosen, rest: variants[1:]}
	switch {
	case e.invalid(chosen.text) != "":
		v.reason = ReasonInvalid
	case e.conflicting(chosen, v.rest, m.held):
		v.reason = ReasonConflicting
	case e.stale(chosen, m.now):
		v.reason = ReasonStale
	case e.unsure(chosen):
		v.reason = ReasonUnsure
	case !chosen.usable:
		v.reason = ReasonLinked
	case chosen.source != nil:
		v.decision, v.reason = DecisionUse, ReasonLinked
	default:
		v.decision, v.reason = DecisionUse, ReasonKnown
	}
	return v
}

// maxAlternatives bounds the other values that are offered.
const maxAlternatives = 4

// offers reports whether another value is still worth showing.
func (e *entry) offers(x *variant, now time.Time) bool { return !e.expired(x, now) && !Masked(x.text) }

// conflictWindow is how much older another system's value may be to put the newest in doubt. Further back, the
// customer's circumstances were others.
const conflictWindow = 24 * time.Hour

// conflicting reports whether the slot's policy wants different values of different systems settled: another scope's
// last word is another value, stated at most conflictWindow before. Values of one scope do not conflict, because there
// the newest corrects the others; neither does one that the customer confirmed. Links that say CONFIRM have no say.
func (e *entry) conflicting(chosen *variant, rest []variant, now time.Time) bool {
	if e.slot.OnConflict == ConflictLatest || chosen.confirmed || !chosen.usable {
		return false
	}
	for i := range rest {
		x := rest[i].standing
		if x != nil && x.scope != chosen.scope && chosen.time.Sub(x.value.Time) <= conflictWindow && e.offers(&rest[i], now) {
			return true
		}
	}
	return false
}

// unsure reports whether a value is less certain than it has to be.
func (e *entry) unsure(x *variant) bool {
	least := e.slot.MinConfidence
	if x.source != nil {
		least = max(least, x.source.slot.MinConfidence)
	}
	return !x.confirmed && x.confidence < least
}

// staleAfter is the moment after which a value is to be confirmed; zero for never.
func (e *entry) staleAfter(x *variant) time.Time {
	t := after(x.time, e.slot.MaxAge)
	if x.source != nil {
		t = earlier(t, after(x.time, x.source.slot.MaxAge))
	}
	return t
}

// expiresAfter is the moment after which a value is unknown again; zero for never.
func (e *entry) expiresAfter(x *variant) time.Time {
	t := earlier(x.expireTime, after(x.time, e.slot.ExpireAfter))
	if x.source != nil {
		t = earlier(t, after(x.time, x.source.slot.ExpireAfter))
	}
	return t
}

// sensitivity is how carefully a value of the slot is to be handled: as both slots demand when a link gives it.
func (e *entry) sensitivity(x *variant) Sensitivity {
	s := e.slot.EffectiveSensitivity()
	if x.said.source != nil {
		s = max(s, x.said.source.slot.EffectiveSensitivity())
	}
	return s
}

func (e *entry) stale(x *variant, now time.Time) bool   { return passed(e.staleAfter(x), now) }
func (e *entry) expired(x *variant, now time.Time) bool { return passed(e.expiresAfter(x), now) }

// after returns t plus d, and zero for no d.
func after(t time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return time.Time{}
	}
	return t.Add(d)
}

// earlier returns the earlier of two moments of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// passed reports whether a moment, zero for never, has passed.
func passed(t, now time.Time) bool { return !t.IsZero() && now.After(t) }
