package domain

import (
	"cmp"
	"slices"
)

// joinFindings lists what was found out about any of them; of several findings about one thing the newest counts. That
// somebody left an audience segment under one name does not take them out of it under another.
func (d *draft) joinFindings(all []*State) {
	for _, s := range all {
		if d.Survey.Time.IsZero() || s.Survey.Time.After(d.Survey.Time) {
			d.Survey = s.Survey
		}
		if d.Persona.Time.IsZero() || s.Persona.Time.After(d.Persona.Time) {
			d.Persona = s.Persona
		}
	}
	d.Stages = newestFindings(all, func(s *State) []Finding { return s.Stages }, MaxStages)
	d.Recommendations = newestFindings(all, func(s *State) []Finding { return s.Recommendations }, MaxRecommendations)

	audiences := gathered(all, func(s *State) []Finding { return s.Audiences })
	slices.SortStableFunc(audiences, func(a, b Finding) int { return b.Time.Compare(a.Time) })
	audiences = oncePer(audiences, func(f Finding) string { return f.ID })
	d.Audiences = audiences[:min(len(audiences), MaxAudiences)]
	slices.SortFunc(d.Audiences, func(a, b Finding) int { return cmp.Compare(a.ID, b.ID) })
}

// newestFindings merges lists that are each newest first.
func newestFindings(all []*State, of func(*State) []Finding, limit int) []Finding {
	list := interleaved(each(all, of), func(a, b Finding) bool { return a.Time.After(b.Time) })
	list = oncePer(list, func(f Finding) string { return f.ID })
	return list[:min(len(list), limit)]
}

// joinConsents takes the newest decision about each purpose. When it cannot be told which is newer, the stricter counts:
// nobody may be held to a consent that they may have taken back.
func (d *draft) joinConsents(all []*State) {
	list := gathered(all, func(s *State) []Consent { return s.Consents })
	slices.SortStableFunc(list, func(a, b Consent) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.strictness(), a.strictness()), stricterEnd(a, b))
	})
	list = oncePer(list, func(c Consent) string { return c.Purpose })
	d.Consents = list[:min(len(list), MaxConsents)]
	slices.SortFunc(d.Consents, func(a, b Consent) int { return cmp.Compare(a.Purpose, b.Purpose) })
}

// strictness orders decisions by how little they allow.
func (c Consent) strictness() int {
	switch c.Status {
	case ConsentGranted:
		return 0
	case ConsentUnspecified:
		return 1
	case ConsentRevoked:
		return 2
	case ConsentDenied:
	}
	return 3
}

// stricterEnd orders equal decisions: one that ends sooner is before one that ends later or never.
func stricterEnd(a, b Consent) int {
	switch {
	case a.ExpireTime.Equal(b.ExpireTime):
		return 0
	case a.ExpireTime.IsZero():
		return 1
	case b.ExpireTime.IsZero():
		return -1
	}
	return a.ExpireTime.Compare(b.ExpireTime)
}
