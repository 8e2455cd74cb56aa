package domain

import "slices"

// foldFlow folds an event into the run of a flow that it belongs to. A step of a run whose start was not seen makes one
// of a flow without a name.
func (d *draft) foldFlow(e *Event) {
	switch p := e.Payload.(type) {
	case FlowStarted:
		d.changeRun(e, p.FlowRunID, func(r *FlowRun) {
			r.FlowID, r.Version = p.FlowID, p.Version
		})
	case StepEntered:
		d.changeRun(e, p.FlowRunID, func(r *FlowRun) { r.StepID = p.StepID })
	case StepFailed:
		d.changeRun(e, p.FlowRunID, func(r *FlowRun) {
			r.StepID = p.StepID
			r.FailedSteps++
		})
	case FlowEnded:
		d.changeRun(e, p.FlowRunID, func(r *FlowRun) { r.EndTime, r.Outcome = e.OccurredAt, p.Outcome })
	}
}

func (d *draft) changeRun(e *Event, id string, change func(*FlowRun)) {
	if id == "" {
		return
	}
	r := &FlowRun{ID: id, StartTime: e.OccurredAt, Channel: e.Channel, InteractionID: e.InteractionID}
	rest := d.FlowRuns
	if i := slices.IndexFunc(rest, func(x *FlowRun) bool { return x.ID == id }); i >= 0 {
		c := *rest[i]
		r, rest = &c, without(rest, i)
	}
	if e.OccurredAt.After(r.LastEventTime) {
		r.LastEventTime = e.OccurredAt
	}
	r.LastRevision = e.Revision
	change(r)
	d.FlowRuns = prepend(rest, r, MaxFlowRuns)
}
