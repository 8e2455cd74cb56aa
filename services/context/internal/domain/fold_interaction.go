package domain

import (
	"slices"
	"strings"
)

// withheld is what the log puts in place of a text that answers a question for a secret.
const withheld = "[withheld]"

// foldInteraction folds an event into the interaction that it belongs to.
func (d *draft) foldInteraction(e *Event) {
	if e.InteractionID == "" {
		return
	}
	x := d.interaction(e)
	if x == nil {
		return
	}
	x.LastRevision = e.Revision
	if e.OccurredAt.After(x.LastEventTime) {
		x.LastEventTime = e.OccurredAt
	}
	if x.Channel == ChannelUnspecified {
		x.Channel = e.Channel
	}
	switch e.Actor.Kind {
	case ActorIVR, ActorBot, ActorAgent, ActorSupervisor:
		x.LastParticipant = e.Actor
	case ActorUnspecified, ActorCustomer, ActorSystem:
	}
	switch p := e.Payload.(type) {
	case InteractionStarted:
		x.started(e, p)
	case InteractionEnded:
		x.EndTime = e.OccurredAt
		if p.Outcome != OutcomeUnspecified {
			x.Outcome = p.Outcome
		}
		d.end(x)
	case InteractionSegmentChanged:
		x.segment(p)
	case MessageSent:
		x.message(e, p)
	case IntentDetected:
		if !x.HasSubject {
			x.Topic = excerpt(p.Intent)
		}
	case QuestionAsked:
		x.Questions++
	case RepeatDetected:
		x.Repeats++
	case FlowStarted:
		x.FlowRunID, x.FlowID, x.StepID = p.FlowRunID, p.FlowID, ""
	case StepEntered:
		x.enter(p.FlowRunID, p.StepID)
	case StepFailed:
		x.enter(p.FlowRunID, p.StepID)
		x.FailedSteps++
		x.LastFailedStep, x.LastFailure = p.StepID, p.Reason
	case FlowEnded:
		if p.Outcome == FlowOutcomeEscalated {
			x.Transfers++
		}
	case DispositionSet:
		x.Disposition = p.Code
		if p.Note != "" {
			x.Note = excerpt(p.Note)
		}
	case NoteAdded:
		x.Note = excerpt(p.Text)
	}
}

// interaction returns the event's interaction for changing, or nil when it is not known and the event is of a kind
// that comes after the fact (a survey, a disposition, a repeat found later): such an event makes no interaction.
func (d *draft) interaction(e *Event) *Interaction {
	if d.current != nil && d.current.ID == e.InteractionID && len(d.Open) > 0 && d.Open[0] == d.current {
		return d.current
	}
	byID := func(x *Interaction) bool { return x.ID == e.InteractionID }
	if i := slices.IndexFunc(d.Open, byID); i >= 0 {
		x := d.Open[i]
		d.claimInteractions()
		copy(d.Open[1:i+1], d.Open[:i])
		return d.front(x)
	}
	if i := slices.IndexFunc(d.Ended, byID); i >= 0 {
		x := d.Ended[i]
		d.claimInteractions()
		if x.EndRevision == 0 { // retired, and it goes on after all
			d.Ended = slices.Delete(d.Ended, i, i+1)
			d.open(x)
			return d.front(x)
		}
		c := *x
		d.Ended[i] = &c
		return &c
	}
	if !begins(e.Payload) {
		return nil
	}
	d.claimInteractions()
	d.InteractionsTotal++
	x := &Interaction{ID: e.InteractionID, StartTime: e.OccurredAt, LastEventTime: e.OccurredAt, StartRevision: e.Revision}
	d.open(x)
	return d.front(x)
}

// front puts a copy of x first among the open ones.
func (d *draft) front(x *Interaction) *Interaction {
	c := *x
	d.Open[0], d.current = &c, &c
	return &c
}

// open makes room for x at the front, and retires the one that was silent longest when there are too many.
func (d *draft) open(x *Interaction) {
	d.Open = slices.Insert(d.Open, 0, x)
	if last := len(d.Open) - 1; last >= MaxOpenInteractions {
		retired := d.Open[last]
		d.Open = slices.Delete(d.Open, last, last+1)
		d.file(retired)
	}
}

// end moves x from the open to the ended ones. One that had ended stays where it is.
func (d *draft) end(x *Interaction) {
	if x.EndRevision != 0 {
		return
	}
	x.EndRevision = x.LastRevision
	d.Open = slices.Delete(d.Open, 0, 1)
	d.current = nil
	d.file(x)
}

// file puts x among the ended ones and drops the oldest when there are too many.
func (d *draft) file(x *Interaction) {
	i := slices.IndexFunc(d.Ended, func(y *Interaction) bool { return y.order() < x.order() })
	if i < 0 {
		i = len(d.Ended)
	}
	d.Ended = slices.Insert(d.Ended, i, x)
	if len(d.Ended) > MaxEndedInteractions {
		d.Ended = slices.Delete(d.Ended, MaxEndedInteractions, len(d.Ended))
	}
}

// order is the revision by which an interaction that is over takes its place: its end, or else its newest event.
func (x *Interaction) order() int64 {
	if x.EndRevision != 0 {
		return x.EndRevision
	}
	return x.LastRevision
}

// claimInteractions makes the slices the draft's own, with room for one more in each.
func (d *draft) claimInteractions() {
	if !d.ownInteractions {
		d.Open = append(make([]*Interaction, 0, len(d.Open)+1), d.Open...)
		d.Ended = append(make([]*Interaction, 0, len(d.Ended)+1), d.Ended...)
		d.ownInteractions = true
	}
}

// begins reports whether an event is a sign of an interaction going on, so that it makes one that is not known yet.
func begins(p Payload) bool {
	switch p.(type) {
	case InteractionStarted, InteractionEnded, InteractionSegmentChanged, MessageSent, MenuSelected, IntentDetected,
		QuestionAsked, QuestionAvoided, FactStated, FactConfirmed, FactRetracted, FlowStarted, StepEntered, StepFailed, FlowEnded:
		return true
	}
	return false
}

func (x *Interaction) started(e *Event, p InteractionStarted) {
	x.StartTime = e.OccurredAt
	x.Direction = p.Direction
	if e.Channel != ChannelUnspecified {
		x.Channel = e.Channel
	}
	if p.Platform != "" {
		x.Platform, x.PlatformContactID = p.Platform, p.PlatformContactID
	}
	if p.Subject != "" {
		x.Topic, x.HasSubject = excerpt(p.Subject), true
	}
}

func (x *Interaction) segment(p InteractionSegmentChanged) {
	switch p.Participant.Kind {
	case ActorIVR, ActorBot, ActorAgent, ActorSupervisor:
		x.LastParticipant = p.Participant
	case ActorUnspecified, ActorCustomer, ActorSystem:
	}
	x.Segment = p.State
	x.Queue = ""
	if p.State == SegmentQueued {
		x.Queue = p.Queue
	}
}

// message counts a message and keeps the customer's last words. A withheld text is none.
func (x *Interaction) message(e *Event, p MessageSent) {
	x.Messages++
	if e.Actor.Kind != ActorCustomer || strings.TrimSpace(p.Text) == "" || p.Text == withheld {
		return
	}
	x.LastCustomerMessage, x.LastCustomerTime, x.LastCustomerRevision = excerpt(p.Text), e.OccurredAt, e.Revision
}

// enter notes the step reached in a run. A step of a run whose start was not seen belongs to a flow without a name.
func (x *Interaction) enter(run, step string) {
	if run != x.FlowRunID {
		if x.FlowRunID != "" && x.FlowID != "" {
			return // an older run reports late, or a run inside another goes on
		}
		x.FlowRunID = run
	}
	x.StepID = step
}
