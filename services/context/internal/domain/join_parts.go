package domain

import (
	"cmp"
	"slices"
)

// joinVerifications lists the passports of all: who was verified under one name is verified under the other. A failed
// check counts until one was passed, under whichever name.
func (d *draft) joinVerifications(all []*State) {
	d.Passports = gathered(all, func(s *State) []*Passport { return s.Passports })
	slices.SortFunc(d.Passports, func(a, b *Passport) int { return cmp.Compare(b.Revision, a.Revision) })
	d.Passports = d.Passports[:min(len(d.Passports), MaxPassports)]
	for i, s := range all {
		f := s.FailedChecks
		cleared := slices.ContainsFunc(all, func(o *State) bool {
			return o != all[i] && slices.ContainsFunc(o.Passports, func(p *Passport) bool { return p.Time.After(f.Time) })
		})
		if f.Count == 0 || cleared {
			continue
		}
		count := d.FailedChecks.Count + f.Count
		if d.FailedChecks.Count == 0 || f.Time.After(d.FailedChecks.Time) {
			d.FailedChecks = f
		}
		d.FailedChecks.Count = count
	}
}

// joinCases lists the cases of all. One that events of several customers belong to is one.
func (d *draft) joinCases(all []*State) {
	parts := gathered(all, func(s *State) []*Case { return s.OpenCases }, func(s *State) []*Case { return s.ResolvedCases })
	slices.SortFunc(parts, func(a, b *Case) int { return cmp.Compare(b.ChangeRevision, a.ChangeRevision) })
	var list []*Case
	places := map[string]int{}
	for _, c := range parts {
		if i, known := places[c.ID]; known {
			list[i] = list[i].joined(c)
			continue
		}
		places[c.ID] = len(list)
		list = append(list, c)
	}
	for _, c := range list {
		if c.ResolveTime.IsZero() {
			d.OpenCases = append(d.OpenCases, c)
		} else {
			d.ResolvedCases = append(d.ResolvedCases, c)
		}
	}
	slices.SortFunc(d.OpenCases, func(a, b *Case) int { return cmp.Compare(b.LastRevision, a.LastRevision) })
	slices.SortFunc(d.ResolvedCases, func(a, b *Case) int { return cmp.Compare(b.ChangeRevision, a.ChangeRevision) })
	d.OpenCases = d.OpenCases[:min(len(d.OpenCases), MaxOpenCases)]
	d.ResolvedCases = d.ResolvedCases[:min(len(d.ResolvedCases), MaxResolvedCases)]
}

// joined returns a case together with a part of it that was changed before: it is what it was changed to last, and was
// touched by both.
func (c *Case) joined(older *Case) *Case {
	j := *c
	// No text of a case can be emptied: what the newer part lacks was told in the other history.
	j.Subject, j.Intent, j.Status = cmp.Or(c.Subject, older.Subject), cmp.Or(c.Intent, older.Intent), cmp.Or(c.Status, older.Status)
	j.OpenTime = earlier(c.OpenTime, older.OpenTime)
	if older.LastRevision > c.LastRevision {
		j.LastRevision, j.LastChannel = older.LastRevision, cmp.Or(older.LastChannel, c.LastChannel)
	}
	if older.LastEventTime.After(j.LastEventTime) {
		j.LastEventTime = older.LastEventTime
	}
	first, second := c.RecentInteractions, older.RecentInteractions
	if older.LastRevision > c.LastRevision {
		first, second = second, first
	}
	both := slices.Concat(first, second)
	once := oncePer(both, func(id string) string { return id })
	j.Interactions += older.Interactions - int64(len(both)-len(once))
	j.RecentInteractions = once[:min(len(once), MaxCaseInteractions)]
	return &j
}

func (d *draft) joinHandoffs(all []*State) {
	list := gathered(all, func(s *State) []*Handoff { return s.Handoffs })
	slices.SortFunc(list, func(a, b *Handoff) int { return cmp.Compare(b.Revision, a.Revision) })
	list = oncePer(list, func(h *Handoff) string { return h.ID })
	joinAskedAgain(all, list)
	for len(list) > MaxHandoffs {
		list = without(list, d.leastNeeded(list))
	}
	d.Handoffs = list
}

// joinFlowRuns lists the runs of all. Where the start of one was seen in another history only, the flow's name is taken
// from there.
func (d *draft) joinFlowRuns(all []*State) {
	list := gathered(all, func(s *State) []*FlowRun { return s.FlowRuns })
	slices.SortFunc(list, func(a, b *FlowRun) int { return cmp.Compare(b.LastRevision, a.LastRevision) })
	places := map[string]int{}
	for _, r := range list {
		i, known := places[r.ID]
		if !known {
			places[r.ID] = len(d.FlowRuns)
			d.FlowRuns = append(d.FlowRuns, r)
			continue
		}
		j := *d.FlowRuns[i]
		j.StartTime = earlier(j.StartTime, r.StartTime)
		if j.FlowID == "" {
			j.FlowID, j.Version = r.FlowID, r.Version
		}
		j.StepID = cmp.Or(j.StepID, r.StepID)
		j.FailedSteps += r.FailedSteps
		if j.EndTime.IsZero() {
			j.EndTime, j.Outcome = r.EndTime, r.Outcome
		}
		d.FlowRuns[i] = &j
	}
	d.FlowRuns = d.FlowRuns[:min(len(d.FlowRuns), MaxFlowRuns)]
}
