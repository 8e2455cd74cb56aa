package domain

import (
	"cmp"
	"slices"
)

// Join returns what is known of several customers that are one: own is the survivor's state, others are those of the
// customers merged into it, directly or by way of each other. It is pure and deterministic, none of the states is
// changed, and without others it is own itself. The result is bounded as every state is.
//
// The histories are put side by side by the times at which their events occurred, but each keeps its own order: only
// between histories do clocks decide, and where they say the same, the order of the customers. Revisions are numbered
// anew in that order, so that the newest counts whoever said it. The joined state's own revision and its time stay the
// survivor's, for tokens speak of one history.
func Join(own *State, others ...*State) *State {
	if len(others) == 0 {
		return own
	}
	all := renumbered(append([]*State{own}, others...))
	d := &draft{State: State{Revision: own.Revision, RevisionTime: own.RevisionTime, MergedInto: own.MergedInto}}
	d.joinTotals(all)
	d.joinIdentifiers(all)
	d.joinFacts(all)
	d.joinInteractions(all)
	d.joinVerifications(all)
	d.joinCases(all)
	d.joinHandoffs(all)
	d.joinFlowRuns(all)
	d.joinFindings(all)
	d.joinConsents(all)
	d.joinMerges(all)
	return d.done(own)
}

// Alone reports whether no merge concerns the customer, so far as this history says: then the state is all there is.
func (s *State) Alone() bool { return s.MergedInto.ID == "" && len(s.Merges) == 0 }

// Lists reports whether the state says that a customer was merged into this one by a merge.
func (s *State) Lists(mergeID, customer string) bool {
	return slices.ContainsFunc(s.Merges, func(m Merge) bool { return m.ID == mergeID && m.Customer == customer })
}

// WithMerges returns the state with other merges listed. The state itself stays as it is.
func (s *State) WithMerges(merges []Merge) *State {
	c := *s
	c.Merges = merges
	return &c
}

func (d *draft) joinTotals(all []*State) {
	var speaker *State // seen last of those whose language is known
	for _, s := range all {
		d.FirstSeen = earlier(d.FirstSeen, s.FirstSeen)
		if s.LastSeen.After(d.LastSeen) {
			d.LastSeen = s.LastSeen
		}
		if s.Locale != "" && (speaker == nil || s.LastSeen.After(speaker.LastSeen)) {
			speaker = s
		}
		d.InteractionsTotal += s.InteractionsTotal
		d.QuestionsAsked += s.QuestionsAsked
		d.QuestionsAvoided += s.QuestionsAvoided
		d.Repeats += s.Repeats
		d.Verifications += s.Verifications
		d.DoubleVerifications += s.DoubleVerifications
	}
	if speaker != nil {
		d.Locale = speaker.Locale
	}
}

// joinIdentifiers lists an identifier that several have once: where it was linked last, since it was linked first.
func (d *draft) joinIdentifiers(all []*State) {
	places := map[Identifier]int{}
	var list []LinkedIdentifier
	for _, l := range interleaved(each(all, func(s *State) []LinkedIdentifier { return s.Identifiers }),
		func(a, b LinkedIdentifier) bool { return a.LinkTime.After(b.LinkTime) }) {
		i, known := places[l.Identifier]
		if !known {
			places[l.Identifier] = len(list)
			list = append(list, l)
			continue
		}
		if have := &list[i]; l.LinkTime.Before(have.LinkTime) {
			if have.Origin != LinkOriginUnspecified {
				l.Origin = have.Origin
			}
			*have = l
		}
	}
	d.Identifiers = list[:min(len(list), MaxIdentifiers)]
}

// joinMerges lists the merges that both sides agree on, in the order in which they were made.
func (d *draft) joinMerges(all []*State) {
	var list []Merge
	for _, s := range all {
		for _, m := range s.Merges {
			if slices.ContainsFunc(all[1:], func(o *State) bool { return o.MergedInto.ID == m.ID }) {
				list = append(list, m)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Merge) int { return cmp.Compare(a.Revision, b.Revision) })
	list = oncePer(list, func(m Merge) string { return m.ID })
	d.Merges = list[:min(len(list), MaxMerges)]
}

func each[A, B any](in []A, one func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = one(a)
	}
	return out
}

// gathered returns what all states have of a kind, in the order of the states.
func gathered[T any](all []*State, lists ...func(*State) []T) []T {
	var out []T
	for _, s := range all {
		for _, list := range lists {
			out = append(out, list(s)...)
		}
	}
	return out
}

// oncePer returns the first of the entries with each key.
func oncePer[T any, K comparable](list []T, key func(T) K) []T {
	seen := make(map[K]bool, len(list))
	var out []T
	for _, x := range list {
		if k := key(x); !seen[k] {
			seen[k] = true
			out = append(out, x)
		}
	}
	return out
}

// interleaved merges lists: each keeps its own order, and of the entries at the heads of the lists that one comes first
// which is before the others, or else that of the first list.
func interleaved[T any](lists [][]T, before func(a, b T) bool) []T {
	total := 0
	for _, list := range lists {
		total += len(list)
	}
	if total == 0 {
		return nil
	}
	out := make([]T, 0, total)
	rest := slices.Clone(lists)
	for len(out) < total {
		first := -1
		for i, list := range rest {
			if len(list) > 0 && (first < 0 || before(list[0], rest[first][0])) {
				first = i
			}
		}
		out = append(out, rest[first][0])
		rest[first] = rest[first][1:]
	}
	return out
}
