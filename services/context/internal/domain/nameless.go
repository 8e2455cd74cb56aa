package domain

import (
	"slices"
	"time"
)

// BuildNameless assembles what of a context can be told while the slot dictionary is not known: neither facts, because
// nobody knows which of them are sensitive, nor verifications, because nobody knows what they are worth.
func BuildNameless(s *State, a Asker, view ContextView, now time.Time) *Context {
	bare := *s
	bare.Facts, bare.Passports, bare.FailedChecks = nil, nil, FailedChecks{}
	v := NewView(&bare, nil)
	v.nameless = true
	c := BuildContext(v, a, view, now)
	for i := range c.Sections {
		st := &c.Sections[i]
		told := !slices.Contains([]Section{SectionVerifications, SectionFacts, SectionDoNotAsk}, st.Section)
		switch {
		case st.Completeness == Withheld || st.Section == SectionConsents:
		case told && st.Section != SectionIdentity && st.Section != SectionBrief:
		case told:
			st.part(IncompleteNoDictionary, true)
		default:
			*st = SectionStatus{Section: st.Section, Completeness: Missing, Reason: IncompleteNoDictionary}
		}
	}
	return c
}
