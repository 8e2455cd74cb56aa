package domain

import (
	"cmp"
	"slices"
	"time"
)

// joinFacts puts together what was stated under the same name in the same scope.
func (d *draft) joinFacts(all []*State) {
	facts := gathered(all, func(s *State) []*NamedFacts { return s.Facts })
	byName := func(f, g *NamedFacts) int { return cmp.Or(cmp.Compare(f.Scope, g.Scope), cmp.Compare(f.Name, g.Name)) }
	slices.SortStableFunc(facts, byName)
	d.ownFacts = true
	for len(facts) > 0 {
		n := 1
		for n < len(facts) && byName(facts[0], facts[n]) == 0 {
			n++
		}
		d.Facts = append(d.Facts, joinedFacts(facts[:n]))
		facts = facts[n:]
	}
	if len(d.Facts) > MaxNames { // what many customers together have too much of goes in one go
		slices.SortStableFunc(d.Facts, func(f, g *NamedFacts) int { return cmp.Compare(g.newest(), f.newest()) })
		d.Facts = d.Facts[:MaxNames]
		slices.SortFunc(d.Facts, byName)
	}
	d.countFacts()
	d.boundFacts()
}

// joinedFacts returns what several histories say under one name, by the rules of the fold.
func joinedFacts(parts []*NamedFacts) *NamedFacts {
	if len(parts) == 1 {
		return parts[0]
	}
	f := &NamedFacts{Scope: parts[0].Scope, Name: parts[0].Name}
	f.meaning.inherit(&parts[0].meaning)
	var values []Value
	var retractions []Retraction
	for _, p := range parts {
		values = append(values, p.Values...)
		retractions = append(retractions, p.Retractions...)
	}
	slices.SortFunc(retractions, func(a, b Retraction) int { return cmp.Compare(a.Revision, b.Revision) })
	for i := range values {
		values[i].withdraw(retractions)
	}
	for _, r := range retractions {
		f.Retractions = withRetraction(f.Retractions, r)
	}
	slices.SortFunc(values, func(a, b Value) int { return cmp.Compare(b.Revision, a.Revision) })
	for _, w := range values {
		i := slices.IndexFunc(f.Values, func(v Value) bool { return sameText(v.Text, w.Text) })
		switch {
		case i < 0:
			f.Values = append(f.Values, w)
		case w.Retracted == 0 || w.Retracted > f.Values[i].Revision:
			// Not withdrawn before it was said again: it is the same statement, going on.
			f.Values[i] = f.Values[i].joined(w)
		}
	}
	f.Values = f.Values[:min(len(f.Values), MaxValues)]
	return f
}

// withdraw marks the value with the first of the retractions, oldest first, that covers it.
func (v *Value) withdraw(retractions []Retraction) {
	for _, r := range retractions {
		if r.Revision > v.Revision && (r.Text == "" || sameText(v.Text, r.Text)) {
			if v.Retracted == 0 || r.Revision < v.Retracted {
				v.Retracted = r.Revision
			}
			return
		}
	}
}

// joined returns v with an equal value of another history that was said before it. The provenance is that of the newest
// statement; where it was only ever confirmed, of the first confirmation.
func (v Value) joined(w Value) Value {
	base, other := v, w
	if w.StatedRevision >= v.StatedRevision {
		base, other = w, v
	}
	base.Retracted = v.Retracted
	base = base.after(other)
	if other.Confirmed && other.Revision > base.StatedRevision && passed(base.ExpireTime, other.Time) {
		base.ExpireTime = time.Time{} // confirmed since: the expiry is lifted, as in the fold
	}
	base.Revision = max(v.Revision, w.Revision)
	return base
}
