package domain

import (
	"cmp"
	"slices"
)

// joinInteractions lists the interactions of all. One that began under one customer and went on under another, as when
// a visitor turned out to be somebody, is one.
func (d *draft) joinInteractions(all []*State) {
	type filed struct {
		*Interaction
		open bool
	}
	var parts []filed
	for _, s := range all {
		for _, x := range s.Open {
			parts = append(parts, filed{x, true})
		}
		for _, x := range s.Ended {
			parts = append(parts, filed{x, false})
		}
	}
	slices.SortFunc(parts, func(a, b filed) int { return cmp.Compare(b.LastRevision, a.LastRevision) })
	var list []filed
	places := map[string]int{}
	for _, f := range parts {
		i, known := places[f.ID]
		if !known {
			places[f.ID] = len(list)
			list = append(list, f)
			continue
		}
		d.InteractionsTotal--
		list[i] = filed{list[i].joined(f.Interaction), list[i].open || f.open}
	}
	for _, f := range list {
		if f.open && f.EndRevision == 0 {
			d.Open = append(d.Open, f.Interaction)
		} else {
			d.Ended = append(d.Ended, f.Interaction)
		}
	}
	slices.SortFunc(d.Open, func(a, b *Interaction) int { return cmp.Compare(b.LastRevision, a.LastRevision) })
	if len(d.Open) > MaxOpenInteractions {
		d.Ended = append(d.Ended, d.Open[MaxOpenInteractions:]...)
		d.Open = d.Open[:MaxOpenInteractions]
	}
	slices.SortStableFunc(d.Ended, func(a, b *Interaction) int { return cmp.Compare(b.order(), a.order()) })
	d.Ended = d.Ended[:min(len(d.Ended), MaxEndedInteractions)]
}

// joined returns an interaction together with an older part of it: what the newer part says, and the rest from the older.
func (x *Interaction) joined(older *Interaction) *Interaction {
	j := *x
	j.StartRevision, j.StartTime = older.StartRevision, older.StartTime
	if x.StartRevision < older.StartRevision {
		j.StartRevision, j.StartTime = x.StartRevision, x.StartTime
	}
	if older.LastEventTime.After(j.LastEventTime) {
		j.LastEventTime = older.LastEventTime
	}
	j.Channel = cmp.Or(x.Channel, older.Channel)
	j.Direction = cmp.Or(x.Direction, older.Direction)
	if x.Platform == "" {
		j.Platform, j.PlatformContactID = older.Platform, older.PlatformContactID
	}
	if older.EndRevision > x.EndRevision {
		j.EndRevision, j.EndTime = older.EndRevision, older.EndTime
	}
	j.Outcome = cmp.Or(x.Outcome, older.Outcome)
	if x.Topic == "" || older.HasSubject && !x.HasSubject {
		j.Topic, j.HasSubject = older.Topic, older.HasSubject
	}
	j.Disposition = cmp.Or(x.Disposition, older.Disposition)
	j.Note = cmp.Or(x.Note, older.Note)
	if x.LastParticipant == (Actor{}) {
		j.LastParticipant = older.LastParticipant
	}
	if x.Segment == SegmentUnspecified {
		j.Segment, j.Queue = older.Segment, older.Queue
	}
	if x.FlowRunID == "" {
		j.FlowRunID, j.FlowID, j.StepID = older.FlowRunID, older.FlowID, older.StepID
	}
	if x.LastFailedStep == "" {
		j.LastFailedStep, j.LastFailure = older.LastFailedStep, older.LastFailure
	}
	j.Messages += older.Messages
	j.Questions += older.Questions
	j.Repeats += older.Repeats
	j.FailedSteps += older.FailedSteps
	j.Transfers += older.Transfers
	if older.LastCustomerRevision > x.LastCustomerRevision {
		j.LastCustomerMessage, j.LastCustomerTime = older.LastCustomerMessage, older.LastCustomerTime
		j.LastCustomerRevision = older.LastCustomerRevision
	}
	return &j
}
