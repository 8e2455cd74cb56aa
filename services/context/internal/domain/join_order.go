package domain

import (
	"cmp"
	"slices"
	"time"
)

// point is an event of which a state still knows the revision, and about when it occurred.
type point struct {
	stream   int
	revision int64
	time     time.Time
}

// renumbered returns copies of states whose parts have revisions that compare between the states, in the order of Join.
// What a copy points to is its own as far as it has revisions.
func renumbered(all []*State) []*State {
	timelines := make([][]point, len(all))
	numbers := make([]map[int64]int64, len(all))
	for i, s := range all {
		timelines[i] = s.timeline(i)
		numbers[i] = map[int64]int64{0: 0}
	}
	for n, p := range interleaved(timelines, func(a, b point) bool { return a.time.Before(b.time) }) {
		numbers[p.stream][p.revision] = int64(n + 1)
	}
	return eachIndexed(all, func(i int, s *State) *State { return s.renumber(numbers[i]) })
}

func eachIndexed[A, B any](in []A, one func(int, A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = one(i, a)
	}
	return out
}

// timeline returns the revisions of which the state's parts speak, in order, with times that never go back: an event
// counts as no earlier than those before it, and one whose time is forgotten as at the same time as the one before it.
func (s *State) timeline(stream int) []point {
	var all []point
	s.eachRevision(func(revision int64, at time.Time) {
		if revision != 0 {
			all = append(all, point{stream, revision, at})
		}
	})
	slices.SortFunc(all, func(a, b point) int { return cmp.Compare(a.revision, b.revision) })
	out := all[:0]
	for _, p := range all {
		if last := len(out) - 1; last >= 0 && out[last].revision == p.revision {
			// Some parts know a later time than the event's.
			out[last].time = earlier(out[last].time, p.time)
			continue
		}
		out = append(out, p)
	}
	now := s.FirstSeen
	for i := range out {
		if out[i].time.Before(now) {
			out[i].time = now
		}
		now = out[i].time
	}
	return out
}

// eachRevision calls visit with every revision that the state's parts have, and the event's time, zero where it is not
// known.
func (s *State) eachRevision(visit func(revision int64, at time.Time)) {
	for _, f := range s.Facts {
		for i := range f.Values {
			v := &f.Values[i]
			visit(v.Revision, v.Time)
			if v.StatedRevision != v.Revision {
				visit(v.StatedRevision, v.FirstTime)
			}
			visit(v.Retracted, time.Time{})
		}
		for _, r := range f.Retractions {
			visit(r.Revision, r.Time)
		}
	}
	for _, list := range [][]*Interaction{s.Open, s.Ended} {
		for _, x := range list {
			visit(x.StartRevision, x.StartTime)
			visit(x.LastRevision, x.LastEventTime)
			visit(x.EndRevision, x.EndTime)
			visit(x.LastCustomerRevision, x.LastCustomerTime)
		}
	}
	for _, p := range s.Passports {
		visit(p.Revision, p.Time)
	}
	for _, list := range [][]*Case{s.OpenCases, s.ResolvedCases} {
		for _, c := range list {
			visit(c.LastRevision, c.LastEventTime)
			visit(c.ChangeRevision, c.ResolveTime)
		}
	}
	for _, h := range s.Handoffs {
		visit(h.Revision, h.OfferTime)
	}
	for _, r := range s.FlowRuns {
		visit(r.LastRevision, r.LastEventTime)
	}
	for _, m := range s.Merges {
		visit(m.Revision, m.Time)
	}
}

// renumber returns a copy of the state with other revisions in its parts.
func (s *State) renumber(to map[int64]int64) *State {
	c := *s
	c.Facts = each(s.Facts, func(f *NamedFacts) *NamedFacts { return f.renumber(to) })
	interaction := func(x *Interaction) *Interaction {
		y := *x
		y.StartRevision, y.LastRevision, y.EndRevision = to[x.StartRevision], to[x.LastRevision], to[x.EndRevision]
		y.LastCustomerRevision = to[x.LastCustomerRevision]
		return &y
	}
	c.Open, c.Ended = each(s.Open, interaction), each(s.Ended, interaction)
	c.Passports = each(s.Passports, func(p *Passport) *Passport {
		q := *p
		q.Revision = to[p.Revision]
		return &q
	})
	matter := func(x *Case) *Case {
		y := *x
		y.LastRevision, y.ChangeRevision = to[x.LastRevision], to[x.ChangeRevision]
		return &y
	}
	c.OpenCases, c.ResolvedCases = each(s.OpenCases, matter), each(s.ResolvedCases, matter)
	c.Handoffs = each(s.Handoffs, func(h *Handoff) *Handoff {
		g := *h
		g.Revision = to[h.Revision]
		return &g
	})
	c.FlowRuns = each(s.FlowRuns, func(r *FlowRun) *FlowRun {
		q := *r
		q.LastRevision = to[r.LastRevision]
		return &q
	})
	c.Merges = each(s.Merges, func(m Merge) Merge {
		m.Revision = to[m.Revision]
		return m
	})
	return &c
}

func (f *NamedFacts) renumber(to map[int64]int64) *NamedFacts {
	c := &NamedFacts{Scope: f.Scope, Name: f.Name}
	c.meaning.inherit(&f.meaning)
	c.Values = each(f.Values, func(v Value) Value {
		v.Revision, v.StatedRevision, v.Retracted = to[v.Revision], to[v.StatedRevision], to[v.Retracted]
		return v
	})
	c.Retractions = each(f.Retractions, func(r Retraction) Retraction {
		r.Revision = to[r.Revision]
		return r
	})
	return c
}
