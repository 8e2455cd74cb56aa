package domain

import "time"

// Attempt is a check of the customer's identity.
type Attempt struct {
	EventID              string
	Method               string
	Result               VerificationResult
	Level, RequiredLevel VerificationLevel
	// Scopes are what it is good for; everything when empty.
	Scopes []string
	// OccurredAt is when it was made, Channel and InteractionID where.
	OccurredAt    time.Time
	Channel       Channel
	InteractionID string
}

// AttemptOf returns the attempt that an event tells of.
func AttemptOf(e *Event, p VerificationAttempted) Attempt {
	return Attempt{
		EventID: e.EventID, Method: p.Method, Result: p.Result, Level: p.Level, RequiredLevel: p.RequiredLevel, Scopes: p.Scopes,
		OccurredAt: e.OccurredAt, Channel: e.Channel, InteractionID: e.InteractionID,
	}
}

// Wanted returns the level that was wanted. None is no level to want: a check that failed may state it as the level
// reached.
func (a *Attempt) Wanted() VerificationLevel {
	for _, level := range []VerificationLevel{a.RequiredLevel, a.Level} {
		if level > VerificationNone {
			return level
		}
	}
	return VerificationSingleFactor
}

// DoubleVerification tells that the customer's identity was checked although a sufficient verification was valid.
type DoubleVerification struct {
	VerificationEventID string
	Method              string
	// Passport is the verification that was valid, as it counted where the other was made.
	Passport JudgedPassport
}

// DetectDoubleVerification says whether a check of the customer's identity was one too many. The view must be that of
// the state before the check.
//
// It is one when the asker could have relied on a passport instead: on one that was valid when the check was made, was
// worth the level wanted in the channel and the interaction of the check, and was good for all that the check is good
// for. So a step up, a check for another scope and one after the expiry are none; each new try after a failed one is
// none either, until one is passed. What came of the check does not matter, since the customer was asked all the same;
// only where it could not be made (UNAVAILABLE) nobody was asked. Neither is it one when it was made before the passport
// and only reported later: then nobody could rely on it.
func DetectDoubleVerification(v *View, a Attempt) (DoubleVerification, bool) {
	if a.Result == VerificationUnavailable {
		return DoubleVerification{}, false
	}
	policy := v.Dictionary().Policy()
	st := v.State().Standing(&policy, Asker{Channel: a.Channel, InteractionID: a.InteractionID}, a.OccurredAt)
	for i := range st.Passports {
		j := &st.Passports[i]
		if j.Valid && j.Effective >= a.Wanted() && !a.OccurredAt.Before(j.Time) && j.covers(a.Scopes) {
			return DoubleVerification{VerificationEventID: a.EventID, Method: a.Method, Passport: *j}, true
		}
	}
	return DoubleVerification{}, false
}

// covers reports whether a verification is good for all the scopes; an empty list is everything.
func (p *Passport) covers(scopes []string) bool {
	for _, s := range scopes {
		if !p.GoodFor(s) {
			return false
		}
	}
	return len(scopes) > 0 || len(p.Scopes) == 0
}
