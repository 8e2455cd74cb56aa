package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// VerificationGap is what keeps a verification from being enough. It has the numbers of the contract.
type VerificationGap int32

// The gaps.
const (
	GapUnspecified VerificationGap = iota
	GapNotVerified
	GapExpired
	GapTooOld
	GapLevelTooLow
	GapLoweredByChannel
	GapScopeMissing
	GapMethodNotAccepted
	GapLoweredByInteraction
)

// MissingVerification is something that is missing, and the same in a sentence for people.
type MissingVerification struct {
	Gap         VerificationGap
	Explanation string
}

// VerificationCheck says whether a customer is identified surely enough for some purpose.
type VerificationCheck struct {
	Sufficient bool
	// Passport is the verification that is enough, or the one that comes nearest; nil when there is none.
	Passport *JudgedPassport
	// Missing is what is missing, what to mend first at the front; empty when it is enough.
	Missing []MissingVerification
	// Until is how long it is enough if nothing happens; zero for ever, and when it is not enough.
	Until time.Time
}

// CheckVerification says whether a customer's standing is enough. Of several verifications that are, it gives the one
// that is for longest. A requirement of level None demands nothing: everybody meets it.
//
// Otherwise the nearest one is looked for among those that are still valid: those good for the scope, if there are any;
// of these the ones by a method accepted, if there are any; of these the one that lacks least, then the one worth most,
// then the newest. What it lacks is told in the order in which it has to be minded when the customer is verified again:
// for what, how, how surely; that the last time was too long ago, or has expired, is mended by any.
func CheckVerification(st Standing, r Requirement, now time.Time) VerificationCheck {
	if r.MinLevel <= VerificationNone {
		return VerificationCheck{Sufficient: true, Passport: first(st.Passports)}
	}
	known := only(st.Passports, func(j *JudgedPassport) bool { return j.Level > VerificationNone })
	valid := only(known, func(j *JudgedPassport) bool { return j.Valid })
	switch {
	case len(known) == 0:
		return VerificationCheck{Missing: []MissingVerification{{GapNotVerified, "The customer has not been verified" + r.needs()}}}
	case len(valid) == 0:
		return r.expired(known, now)
	}
	fits, missing := r.fitting(valid)
	if len(missing) == 0 {
		if c, ok := r.sufficient(fits, now); ok {
			return c
		}
	}
	nearest := slices.MinFunc(fits, func(x, y JudgedPassport) int {
		return cmp.Or(cmp.Compare(len(r.lacks(&x, now)), len(r.lacks(&y, now))), cmp.Compare(y.Effective, x.Effective))
	})
	return VerificationCheck{Passport: &nearest, Missing: append(missing, r.lacks(&nearest, now)...)}
}

// sufficient returns the check by the verification that is enough for longest, if one is.
func (r *Requirement) sufficient(fits []JudgedPassport, now time.Time) (c VerificationCheck, ok bool) {
	for i := range fits {
		j := &fits[i]
		if len(r.lacks(j, now)) > 0 {
			continue
		}
		until := earlier(j.ValidUntil, after(j.Time, r.MaxAge))
		if c.Passport == nil || !c.Until.IsZero() && (until.IsZero() || until.After(c.Until)) {
			c = VerificationCheck{Sufficient: true, Passport: j, Until: until}
		}
	}
	return c, c.Sufficient
}

// expired returns the check when nothing is valid any more: nearest is the one that would have been worth most. What it
// lacks besides is told, too: who verifies the customer in the same way again would have to do it twice.
func (r *Requirement) expired(known []JudgedPassport, now time.Time) VerificationCheck {
	fits, missing := r.fitting(known)
	nearest := slices.MaxFunc(fits, func(x, y JudgedPassport) int {
		return cmp.Or(cmp.Compare(x.OwnLevel, y.OwnLevel), x.ValidUntil.Compare(y.ValidUntil))
	})
	return VerificationCheck{Passport: &nearest, Missing: append(missing, r.lacks(&nearest, now)...)}
}

// fitting returns the verifications that are good for the scope and by a method accepted. Where none is, all are kept,
// and that is missing.
func (r *Requirement) fitting(all []JudgedPassport) (fits []JudgedPassport, missing []MissingVerification) {
	fits = all
	if some := only(fits, func(j *JudgedPassport) bool { return j.GoodFor(r.Scope) }); len(some) > 0 {
		fits = some
	} else {
		missing = append(missing, MissingVerification{GapScopeMissing, "No valid verification is good for " + r.Scope + "."})
	}
	if some := only(fits, func(j *JudgedPassport) bool { return r.accepts(j.Method) }); len(some) > 0 {
		fits = some
	} else {
		missing = append(missing, MissingVerification{
			GapMethodNotAccepted, "No valid verification was made by an accepted method: " + strings.Join(r.Methods, ", ") + ".",
		})
	}
	return fits, missing
}

// needs ends a sentence with the level demanded.
func (r *Requirement) needs() string { return "; " + r.MinLevel.String() + " is needed." }

// lacks says what a verification lacks in level and age. One that has expired lacks the level only when it had too little
// in its own channel: it has to be made again, and will be here.
func (r *Requirement) lacks(j *JudgedPassport, now time.Time) (missing []MissingVerification) {
	switch {
	case j.Effective >= r.MinLevel, !j.Valid && j.OwnLevel >= r.MinLevel:
	case j.OwnLevel >= r.MinLevel:
		gap := GapLoweredByChannel
		if j.LoweredBy == LoweredByInteraction {
			gap = GapLoweredByInteraction
		}
		missing = append(missing, MissingVerification{
			gap, "The verification by " + j.Method + " was passed in " + j.elsewhere() + " and counts as " + j.Effective.String() +
				" here" + r.needs(),
		})
	case !j.Valid:
		missing = append(missing, MissingVerification{
			GapLevelTooLow, "The verification by " + j.Method + " counted as " + j.OwnLevel.String() + r.needs(),
		})
	default:
		missing = append(missing, MissingVerification{
			GapLevelTooLow, "The verification by " + j.Method + " counts as " + j.Effective.String() + r.needs(),
		})
	}
	if !j.Valid {
		return append(missing, MissingVerification{
			GapExpired, "The verification by " + j.Method + " was valid until " + sayTime(j.ValidUntil) + ".",
		})
	}
	if passed(after(j.Time, r.MaxAge), now) {
		missing = append(missing, MissingVerification{
			GapTooOld, "The verification by " + j.Method + " was passed " + sayTime(j.Time) + ", longer ago than " + r.MaxAge.String() + ".",
		})
	}
	return missing
}

// accepts reports whether a verification may be by a method.
func (r *Requirement) accepts(method string) bool {
	return len(r.Methods) == 0 || slices.Contains(r.Methods, method)
}

// GoodFor reports whether a verification covers a scope; each does when none is named.
func (p *Passport) GoodFor(scope string) bool {
	return scope == "" || len(p.Scopes) == 0 || slices.Contains(p.Scopes, scope)
}

// only returns those for which keep holds; the list itself stays.
func only[T any](list []T, keep func(*T) bool) []T {
	var out []T
	for i := range list {
		if keep(&list[i]) {
			out = append(out, list[i])
		}
	}
	return out
}

// first returns the first of a list; nil of an empty one.
func first[T any](list []T) *T {
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}
