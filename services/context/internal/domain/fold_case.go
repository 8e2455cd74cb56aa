package domain

import (
	"slices"
	"time"
)

// foldCase folds an event into the case that it belongs to. An event that changes a case makes one that is not known:
// its opening may have been reported under another customer, or be forgotten.
func (d *draft) foldCase(e *Event) {
	if e.CaseID == "" {
		return
	}
	c := d.caseOf(e.CaseID)
	if c == nil {
		if !changesCase(e.Payload) {
			return
		}
		c = &Case{ID: e.CaseID, OpenTime: e.OccurredAt, Priority: PriorityNormal}
	}
	switch p := e.Payload.(type) {
	case CaseOpened:
		c.opened(e, p)
	case CaseUpdated:
		c.updated(e, p)
	case CaseResolved:
		c.ResolveTime, c.ChangeRevision = e.OccurredAt, e.Revision
		c.Resolution, c.Code = shorten(p.Resolution, MaxSummaryBytes), p.Code
		c.Promise = Promise{}
	case CaseReopened:
		if c.LastRevision == 0 { // not known: it was resolved before, wherever that was told
			c.ResolveTime = e.OccurredAt
		}
		c.reopen(e)
	}
	c.touch(e)
	d.fileCase(c)
}

func changesCase(p Payload) bool {
	switch p.(type) {
	case CaseOpened, CaseUpdated, CaseResolved, CaseReopened:
		return true
	}
	return false
}

// caseOf returns a copy of a case and takes the case off its list; nil when it is not known.
func (d *draft) caseOf(id string) *Case {
	for _, list := range []*[]*Case{&d.OpenCases, &d.ResolvedCases} {
		if i := slices.IndexFunc(*list, func(c *Case) bool { return c.ID == id }); i >= 0 {
			c := *(*list)[i]
			*list = without(*list, i)
			return &c
		}
	}
	return nil
}

// fileCase puts a case on the list where it belongs. Among the open ones it is the one touched last; a resolved one has
// its place by the event that changed it last, and keeps it whatever else is said about it later.
func (d *draft) fileCase(c *Case) {
	if c.Open() {
		d.OpenCases = prepend(d.OpenCases, c, MaxOpenCases)
		return
	}
	at := slices.IndexFunc(d.ResolvedCases, func(x *Case) bool { return x.ChangeRevision < c.ChangeRevision })
	if at < 0 {
		at = len(d.ResolvedCases)
	}
	list := slices.Insert(slices.Clone(d.ResolvedCases), at, c)
	d.ResolvedCases = list[:min(len(list), MaxResolvedCases)]
}

// touch notes that an event belongs to the case.
func (c *Case) touch(e *Event) {
	c.LastRevision = e.Revision
	if e.OccurredAt.After(c.LastEventTime) {
		c.LastEventTime = e.OccurredAt
	}
	if e.Channel != ChannelUnspecified {
		c.LastChannel = e.Channel
	}
	if e.InteractionID == "" || len(c.RecentInteractions) > 0 && c.RecentInteractions[0] == e.InteractionID {
		return
	}
	at := slices.Index(c.RecentInteractions, e.InteractionID)
	rest := c.RecentInteractions
	if at >= 0 {
		rest = without(rest, at)
	} else {
		c.Interactions++
	}
	c.RecentInteractions = prepend(rest, e.InteractionID, MaxCaseInteractions)
}

func (c *Case) opened(e *Event, p CaseOpened) {
	c.ChangeRevision = e.Revision
	c.OpenTime = earlier(c.OpenTime, e.OccurredAt)
	c.Subject = shorten(p.Subject, MaxSummaryBytes)
	if p.Intent != "" {
		c.Intent = p.Intent
	}
	if p.Priority != PriorityUnspecified {
		c.Priority = p.Priority
	}
	c.promise(e, p.Promise)
	if !c.Open() {
		c.reopen(e)
	}
}

func (c *Case) updated(e *Event, p CaseUpdated) {
	c.ChangeRevision = e.Revision
	if p.Subject != "" {
		c.Subject = shorten(p.Subject, MaxSummaryBytes)
	}
	if p.Intent != "" {
		c.Intent = p.Intent
	}
	if p.Priority != PriorityUnspecified {
		c.Priority = p.Priority
	}
	if p.Status != "" {
		c.Status = p.Status
	}
	if p.PromiseSettled {
		c.Promise = Promise{}
	}
	c.promise(e, p.Promise)
}

// promise notes what was promised; a new time alone moves the promise that there is.
func (c *Case) promise(e *Event, p Promised) {
	switch {
	case p.Text != "":
		c.Promise = Promise{Text: shorten(p.Text, MaxSummaryBytes), DueTime: p.DueTime, Time: e.OccurredAt, Actor: e.Actor}
	case !p.DueTime.IsZero() && c.Promise.Text != "":
		c.Promise.DueTime = p.DueTime
	}
}

// reopen opens a resolved case again. One that is open stays as it is.
func (c *Case) reopen(e *Event) {
	c.ChangeRevision = e.Revision
	if c.Open() {
		return
	}
	c.Reopened++
	c.ResolveTime, c.Resolution, c.Code = time.Time{}, "", ""
}
