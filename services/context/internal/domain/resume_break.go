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
	kind := notBroken
	switch {
	case x.EndRevision == 0:
		kind = s.silent(x, a, now)
	case x.Outcome == OutcomeAbandoned, x.Outcome == OutcomeFailed, x.Outcome == OutcomeTransferred:
		kind = brokeOff
	case x.Outcome == OutcomeUnspecified && (x.Segment == SegmentQueued || s.unfinished(x)):
		kind = brokeOff
	}
	if kind != notBroken && (s.carriedOn(x, a.InteractionID) || s.takenOver(x)) {
		return notBroken
	}
	return kind
}

// silent judges an interaction of which no end was told.
func (s *State) silent(x *Interaction, a Asker, now time.Time) breakKind {
	run := s.run(x.FlowRunID)
	pending := x.Topic != "" || x.Messages > 0 || x.Segment == SegmentQueued || s.unfinished(x)
	switch {
	case run != nil && run.Outcome == FlowOutcomeCompleted, !pending:
		return notBroken
	case a.InteractionID != "" && kinOf(a.Channel) == kinCalls && kinOf(x.Channel) == kinCalls:
		return brokeOff // who calls again is no longer in the call before
	case now.Sub(x.LastEventTime) >= ResumeSilence:
		return wentSilent
	}
	return notBroken
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
// the next call is about what the last call was about.
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
	return kindred(x.Channel, y.Channel) || y.Outcome == OutcomeCompleted || y.Outcome == OutcomeContained
}

// topicOf returns what an interaction is about: its own topic, or that of its case.
func (s *State) topicOf(x *Interaction) string {
	if x.Topic != "" {
		return x.Topic
	}
	for _, list := range [][]*Case{s.OpenCases, s.ResolvedCases} {
		for _, c := range list {
			if slices.Contains(c.RecentInteractions, x.ID) {
				return cmp.Or(c.Intent, c.Subject)
			}
		}
	}
	return ""
}
