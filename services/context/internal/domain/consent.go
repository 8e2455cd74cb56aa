package domain

import (
	"cmp"
	"slices"
	"time"
)

// consentTo returns what the customer decided about a purpose, as it stands at a moment; unspecified when nothing was
// ever said.
func (s *State) consentTo(purpose string, now time.Time) ConsentStatus {
	i, found := slices.BinarySearchFunc(s.Consents, purpose, func(c Consent, p string) int { return cmp.Compare(c.Purpose, p) })
	if !found {
		return ConsentUnspecified
	}
	return s.Consents[i].StatusAt(now)
}

// refuses reports whether the customer does not want what is known of them to be used for a purpose.
func (s *State) refuses(purpose string, now time.Time) bool {
	switch s.consentTo(purpose, now) {
	case ConsentDenied, ConsentRevoked:
		return true
	case ConsentUnspecified, ConsentGranted:
	}
	return false
}

// StatusAt returns the consent's status at a moment: one that was given and has expired is as good as revoked.
func (c Consent) StatusAt(now time.Time) ConsentStatus {
	if c.Status == ConsentGranted && passed(c.ExpireTime, now) {
		return ConsentRevoked
	}
	return c.Status
}

// consentsAt returns all consents as they stand at a moment.
func (s *State) consentsAt(now time.Time) []Consent {
	if !slices.ContainsFunc(s.Consents, func(c Consent) bool { return c.StatusAt(now) != c.Status }) {
		return s.Consents
	}
	all := slices.Clone(s.Consents)
	for i := range all {
		all[i].Status = all[i].StatusAt(now)
	}
	return all
}
