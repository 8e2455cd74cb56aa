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
	var list []filed
	places := map[string]int{}
	add := func(x *Interaction, open bool) {
		i, known := places[x.ID]
		if !known {
			places[x.ID] = len(list)
			list = append(list, filed{x, open})
			return
		}
		d.InteractionsTotal--
		list[i] = filed{list[i].joined(x), list[i].open || open}
	}
	for _, s := range all {
		for _, x := range s.Open {
			add(x, true)
		}
		for _, x := range s.Ended {
			add(x, false)
		}
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

// joined returns two parts of one interaction as one: what the newer part says, and the rest from the older.
func (x *Interaction) joined(y *Interaction) *Interaction {
	newer, older := x, y
	if y.LastRevision > x.LastRevision {
		newer, older = y, x
	}
	j := *newer
	j.StartRevision, j.StartTime = older.StartRevision, older.StartTime
	if newer.StartRevision < older.StartRevision {
		j.StartRevision, j.StartTime = newer.StartRevision, newer.StartTime
	}
	if older.LastEventTime.After(j.LastEventTime) {
		j.LastEventTime = older.LastEventTime
	}
	j.Channel = cmp.Or(newer.Channel, older.Channel)
	j.Direction = cmp.Or(newer.Direction, older.Direction)
	if newer.Platform == "" {
		j.Platform, j.PlatformContactID = older.Platform, older.PlatformContactID
	}
	if older.EndRevision > newer.EndRevision {
		j.EndRevision, j.EndTime = older.EndRevision, older.EndTime
	}
	j.Outcome = cmp.Or(newer.Outcome, older.Outcome)
	if newer.Topic == "" || older.HasSubject && !newer.HasSubject {
		j.Topic, j.HasSubject = older.Topic, older.HasSubject
	}
	j.Disposition = cmp.Or(newer.Disposition, older.Disposition)
	j.Note = cmp.Or(newer.Note, older.Note)
	if newer.LastParticipant == (Actor{}) {
		j.LastParticipant = older.LastParticipant
	}
	if newer.Segment == SegmentUnspecified {
		j.Segment, j.Queue = older.Segment, older.Queue
	}
	if newer.FlowRunID == "" {
		j.FlowRunID, j.FlowID, j.StepID = older.FlowRunID, older.FlowID, older.StepID
	}
	if newer.LastFailedStep == "" {
		j.LastFailedStep, j.LastFailure = older.LastFailedStep, older.LastFailure
	}
	j.Messages += older.Messages
	j.Questions += older.Questions
	j.Repeats += older.Repeats
	j.FailedSteps += older.FailedSteps
	j.Transfers += older.Transfers
	if older.LastCustomerRevision > newer.LastCustomerRevision {
		j.LastCustomerMessage, j.LastCustomerTime = older.LastCustomerMessage, older.LastCustomerTime
		j.LastCustomerRevision = older.LastCustomerRevision
	}
	return &j
}
