package domain

import (
	"cmp"
	"slices"
	"time"
)

// breakKind is how an interaction stopped without having come to its end.
type breakKind int

const (
	notBroken breakKind = iota
	// wentSilent has no end and no news for ResumeSilence: the platform may just not have told.
	wentSilent
	// brokeOff was abandoned or failed, or the customer was sent on and arrived nowhere.
	brokeOff
)

// broken says whether an interaction stopped halfway and is still unfinished, for an asker at a moment.
func (s *State) broken(x *Interaction, a Asker, now time.Time) breakKind {
	kind := s.stopped(x, a, now)
	if kind != notBroken && (s.carriedOn(x, a.InteractionID) || s.takenOver(x)) {
		return notBroken
	}
	return kind
}

// stopped says whether an interaction stopped halfway, whatever has happened since.
func (s *State) stopped(x *Interaction, a Asker, now time.Time) breakKind {
	switch {
	case x.EndRevision == 0:
		return s.silent(x, a, now)
	case s.cutShort(x):
		return brokeOff
	}
	return notBroken
}

// cutShort reports whether an interaction ended before it had come to its end.
func (s *State) cutShort(x *Interaction) bool {
	switch x.Outcome {
	case OutcomeAbandoned, OutcomeFailed, OutcomeTransferred:
		return true
	case OutcomeUnspecified:
		return x.EndRevision != 0 && (x.Segment == SegmentQueued || s.unfinished(x))
	case OutcomeCompleted, OutcomeContained:
	}
	return false
}

// silent judges an interaction of which no end was told.
func (s *State) silent(x *Interaction, a Asker, now time.Time) breakKind {
	run := s.run(x.FlowRunID)
	switch {
	case run != nil && run.Outcome == FlowOutcomeCompleted, !s.pending(x):
		return notBroken
	case a.InteractionID != "" && kinOf(a.Channel) == kinCalls && kinOf(x.Channel) == kinCalls:
		return brokeOff // who calls again is no longer in the call before
	case now.Sub(x.LastEventTime) >= ResumeSilence:
		return wentSilent
	}
	return notBroken
}

// pending reports whether an interaction has come to something that can be gone on with.
func (s *State) pending(x *Interaction) bool {
	return x.Topic != "" || x.Messages > 0 || x.Segment == SegmentQueued || s.unfinished(x)
}

// run returns a run of a flow; nil when it is not known.
func (s *State) run(id string) *FlowRun {
	if i := slices.IndexFunc(s.FlowRuns, func(r *FlowRun) bool { return r.ID == id }); id != "" && i >= 0 {
		return s.FlowRuns[i]
	}
	return nil
}

// unfinished reports whether the interaction's newest flow did not come to its end.
func (s *State) unfinished(x *Interaction) bool {
	r := s.run(x.FlowRunID)
	return r != nil && r.Outcome != FlowOutcomeCompleted
}

// takenOver reports whether somebody took the customer over from the interaction.
func (s *State) takenOver(x *Interaction) bool {
	return slices.ContainsFunc(s.Handoffs, func(h *Handoff) bool {
		return h.InteractionID == x.ID && (h.State == HandoffTaken || h.State == HandoffDone)
	})
}

// carriedOn reports whether an interaction that began later, other than the current one, went on with the matter.
func (s *State) carriedOn(x *Interaction, current string) bool {
	for _, list := range [][]*Interaction{s.Open, s.Ended} {
		for _, y := range list {
			if y.ID != current && y.StartRevision > x.StartRevision && s.goesOn(x, y) {
				return true
			}
		}
	}
	return false
}

// unserved are the channels in which nobody is served: what happens there goes on with nothing.
var unserved = []Channel{ChannelAdvertising, ChannelReview, ChannelSurvey, ChannelPostal}

// goesOn reports whether y, which began later, looks like the continuation of x. Where nothing is known of the topics,
// the next call is about what the last call was about. But who rings again and gets nowhere has not been served: a call
// that has come to nothing yet goes on with nothing, and one that broke off, too, only with what was shortly before.
func (s *State) goesOn(x, y *Interaction) bool {
	switch {
	case slices.Contains(unserved, y.Channel):
		return false
	case y.Direction == DirectionInternal, y.Direction == DirectionOutbound && y.Outcome != OutcomeCompleted:
		return false
	case x.Outcome == OutcomeTransferred:
		return true
	}
	if was, is := s.topicOf(x), s.topicOf(y); was != "" && is != "" {
		return FoldName(was) == FoldName(is)
	}
	switch {
	case y.Outcome == OutcomeCompleted, y.Outcome == OutcomeContained:
		return true
	case !kindred(x.Channel, y.Channel):
		return false
	case y.EndRevision == 0 && !s.pending(y) && y.LastParticipant.Kind != ActorAgent && y.LastParticipant.Kind != ActorSupervisor:
		return false
	case y.EndRevision == 0, s.cutShort(y):
		return y.StartTime.Sub(x.LastEventTime) <= halfLifeBroken
	}
	return true
}

// about returns the interaction that says what x, which broke off, is about: x itself, or else the one that it went on
// with, if that had broken off without becoming a case.
func (s *State) about(x *Interaction, a Asker, now time.Time) *Interaction {
	if x.Topic != "" {
		return x
	}
	about := x
	for _, list := range [][]*Interaction{s.Open, s.Ended} {
		for _, y := range list {
			newer := about == x || y.StartRevision > about.StartRevision
			if y.Topic != "" && y.StartRevision < x.StartRevision && newer && !s.inCase(y) && s.goesOn(y, x) &&
				s.stopped(y, a, now) != notBroken && !s.takenOver(y) {
				about = y
			}
		}
	}
	return about
}

// inCase reports whether an interaction belongs to a case, open or resolved.
func (s *State) inCase(x *Interaction) bool {
	for _, list := range [][]*Case{s.OpenCases, s.ResolvedCases} {
		if slices.ContainsFunc(list, func(c *Case) bool { return slices.Contains(c.RecentInteractions, x.ID) }) {
			return true
		}
	}
	return false
}

// topicOf returns what an interaction is about: its own topic, or that of its case; of several that of the one touched
// last.
func (s *State) topicOf(x *Interaction) string {
	if x.Topic != "" {
		return x.Topic
	}
	var of *Case
	for _, list := range [][]*Case{s.OpenCases, s.ResolvedCases} {
		for _, c := range list {
			if slices.Contains(c.RecentInteractions, x.ID) && (of == nil || c.LastRevision > of.LastRevision) {
				of = c
			}
		}
	}
	if of == nil {
		return ""
	}
	return cmp.Or(of.Intent, of.Subject)
}
