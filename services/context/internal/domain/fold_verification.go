package domain

import "slices"

// verify folds a check of the customer's identity. Only what was passed, with a level, is a passport: a check that was
// passed and showed nothing must neither push passports out nor make failed checks forgotten. One that failed is counted
// until one is passed, and one that was given up says nothing about the customer. One that could not be made is not even
// counted: nobody was asked.
//
// A passport is as old as its event says, but never younger than the log's record of it: a clock that is ahead must not
// make it last longer.
func (d *draft) verify(e *Event, p VerificationAttempted) {
	if p.Result == VerificationUnavailable {
		return
	}
	d.Verifications++
	switch p.Result {
	case VerificationPassed:
		if p.Level <= VerificationNone {
			return
		}
		d.FailedChecks = FailedChecks{}
		d.Passports = prepend(d.Passports, &Passport{
			EventID: e.EventID, Revision: e.Revision, Method: p.Method, Level: p.Level, Scopes: p.Scopes,
			Time: earlier(e.OccurredAt, e.RecordedAt), Channel: e.Channel, InteractionID: e.InteractionID, Actor: e.Actor,
			ExpireTime: p.ExpireTime,
		}, MaxPassports)
	case VerificationFailed:
		d.FailedChecks = FailedChecks{Count: d.FailedChecks.Count + 1, Time: e.OccurredAt, Method: p.Method}
	case VerificationResultUnspecified, VerificationAbandoned, VerificationUnavailable:
	}
}

// prepend returns a new slice with v in front of at most limit-1 of the others. Published states keep theirs.
func prepend[T any](list []T, v T, limit int) []T {
	n := min(len(list), limit-1)
	out := make([]T, 0, n+1)
	return append(append(out, v), list[:n]...)
}

// replaced returns a new slice with v in place i.
func replaced[T any](list []T, i int, v T) []T {
	out := slices.Clone(list)
	out[i] = v
	return out
}

// without returns a new slice without place i.
func without[T any](list []T, i int) []T {
	out := make([]T, 0, len(list)-1)
	return append(append(out, list[:i]...), list[i+1:]...)
}
