package domain

import "slices"

// foldMerge folds a merge or its end. The states of both customers stay as they are: what is known of both together is
// put together when it is read.
func (d *draft) foldMerge(e *Event) {
	switch p := e.Payload.(type) {
	case CustomersMerged:
		m := Merge{ID: p.MergeID, Customer: p.Other, Reason: p.Reason, Time: e.OccurredAt, Revision: e.Revision}
		if !p.Survives {
			d.MergedInto = m
			return
		}
		if !slices.ContainsFunc(d.Merges, func(have Merge) bool { return have.ID == p.MergeID }) && len(d.Merges) < MaxMerges {
			d.Merges = append(slices.Clone(d.Merges), m)
		}
	case CustomersUnmerged:
		if d.MergedInto.ID == p.MergeID {
			d.MergedInto = Merge{}
		}
		if i := slices.IndexFunc(d.Merges, func(m Merge) bool { return m.ID == p.MergeID }); i >= 0 {
			d.Merges = without(d.Merges, i)
		}
	}
}
