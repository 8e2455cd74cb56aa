package domain

import "time"

// look is one asker's look at a customer at a moment. It decides as the slots say, and then withholds what is not for
// this asker. An asker who may see everything pays two comparisons a slot for that.
type look struct {
	view  *View
	asker Asker
	moment
	// refused says that the customer does not want to be known for the asker's purpose.
	refused bool
	// standing is worked out when first needed: most slots demand no verification.
	standing *Standing
}

// moment is when is looked. What is asked about the past is judged by two clocks: a value that is stale today may have been
// fresh then, but a verification, a consent or a value that has expired since is not revived by asking about a time when
// it had not. All three end with time and never begin, so what ends later ends both.
type moment struct {
	// now is when ages are judged.
	now time.Time
	// held is when what is shown has to hold: now, or later.
	held time.Time
}

func once(now time.Time) moment { return moment{now: now, held: now} }

func (v *View) lookAs(a Asker, now time.Time) look { return v.lookBack(a, now, now) }

// lookBack looks at another moment than that by which is judged what may be shown.
func (v *View) lookBack(a Asker, now, held time.Time) look {
	if held.Before(now) {
		held = now
	}
	return look{view: v, asker: a, moment: moment{now, held}, refused: a.Purpose != "" && v.state.refuses(a.Purpose, held)}
}

// level is how surely the customer is identified for the asker.
func (l *look) level() VerificationLevel {
	if len(l.view.state.Passports) == 0 {
		return VerificationNone
	}
	return l.judged().Level
}

func (l *look) judged() *Standing {
	if l.standing == nil {
		p := l.view.dict.Policy()
		s := l.view.state.Standing(&p, l.asker, l.held)
		l.standing = &s
	}
	return l.standing
}

// named resolves a name and decides about it. The entry returned is undefinedEntry where there is none.
func (l *look) named(scope, name string) (*entry, verdict) {
	scope, name = foldScope(scope), FoldName(name)
	if e := l.view.dict.resolve(scope, name); e != nil {
		return e, l.decide(e, l.view.answerFor(e))
	}
	return undefinedEntry, l.withhold(undefinedEntry, l.view.undefinedAnswers(scope, name).decide(l.moment))
}

// decide says what to do about a slot.
func (l *look) decide(e *entry, a *answer) verdict {
	if e.slot.Sensitivity == SensitivitySecret {
		return l.secret(e)
	}
	return l.withhold(e, e.decide(a, l.moment))
}

// secret decides about a secret slot. There never is a value: what carries over is the verification that it led to.
func (l *look) secret(e *entry) verdict {
	least := e.needs()
	if l.refused || l.level() < least {
		return ask(ReasonSecret)
	}
	st := l.judged()
	for i := range st.Passports {
		if st.Passports[i].Effective >= least {
			return verdict{decision: DecisionUse, reason: ReasonVerified, passport: &st.Passports[i]}
		}
	}
	return ask(ReasonSecret)
}

// needs is the level at which a verification stands for a secret slot.
func (e *entry) needs() VerificationLevel {
	return max(VerificationSingleFactor, e.slot.MinVerification)
}

// withhold takes a value away that is not for the asker. There is nothing to withhold where nobody would get a value.
func (l *look) withhold(e *entry, v verdict) verdict {
	if v.chosen == nil {
		return v
	}
	if r := l.keeps(e, v.chosen); r != ReasonUnspecified {
		return verdict{decision: DecisionWithhold, reason: r, hidden: v.chosen, hiddenReason: v.reason}
	}
	return v
}

// keeps says why the asker may not see a value of a slot; unspecified when it may. A value that a link gives is kept as
// both slots demand: nobody may get by a detour what the way straight would not give. What cannot be mended by verifying
// the customer comes first.
func (l *look) keeps(e *entry, x *variant) DecisionReason {
	if l.refused {
		return ReasonConsentMissing
	}
	if e.sensitivity(x) > l.asker.Clearance {
		return ReasonNotCleared
	}
	source := x.said.source
	if !e.guarded && (source == nil || !source.guarded) {
		return ReasonUnspecified
	}
	if source == nil {
		source = e
	}
	switch {
	case !l.consented(e) || !l.consented(source):
		return ReasonConsentMissing
	case l.level() < max(e.slot.MinVerification, source.slot.MinVerification):
		return ReasonVerificationTooLow
	}
	return ReasonUnspecified
}

func (l *look) consented(e *entry) bool {
	p := e.slot.ConsentPurpose
	return p == "" || l.view.state.consentTo(p, l.held) == ConsentGranted
}

// alternatives returns the other values of a verdict that are worth showing and may be, newest first.
func (l *look) alternatives(e *entry, v verdict) []Alternative {
	var all []Alternative
	for i := range v.rest {
		x := &v.rest[i]
		if len(all) < maxAlternatives && e.offers(x, l.held) && l.keeps(e, x) == ReasonUnspecified {
			if all == nil {
				all = make([]Alternative, 0, min(len(v.rest)-i, maxAlternatives))
			}
			all = append(all, Alternative{Value: x.text, Provenance: x.provenance(), Sensitivity: e.sensitivity(x)})
		}
	}
	return all
}
