package domain

import (
	"slices"
	"time"
)

// matter is a candidate in the making.
type matter struct {
	asker Asker
	kase  *Case        // nil for an interaction without case
	last  *Interaction // the newest; nil when the state no longer has it
	about *Interaction // what says what an interaction without case is about
	broke breakKind

	at         time.Time
	revision   int64
	channel    Channel
	likelihood float64
	sum        float64 // of the factors' weights
	factors    []ResumeFactor
}

// matters lists what is open.
func (s *State) matters(a Asker, now time.Time) []matter {
	var out []matter
	for _, c := range s.OpenCases {
		if a.InteractionID != "" && (slices.Contains(c.RecentInteractions, a.InteractionID) || s.leadsTo(c.LastInteraction(), a.InteractionID)) {
			continue // it is being gone on with
		}
		m := matter{asker: a, kase: c, at: c.LastEventTime, revision: c.LastRevision, channel: c.LastChannel}
		if m.last = s.interactionByID(c.LastInteraction()); m.last != nil {
			m.broke = s.broken(m.last, a, now)
			// Not every event of an interaction says which case it belongs to.
			m.revision = max(m.revision, m.last.LastRevision)
			if m.last.LastEventTime.After(m.at) {
				m.at = m.last.LastEventTime
			}
		}
		out = append(out, m)
	}
	for _, list := range [][]*Interaction{s.Open, s.Ended} {
		for _, x := range list {
			m, ok := s.loose(x, a, now)
			if !ok {
				continue
			}
			// Where a case is open about the same, it is of that one, although no event says so.
			if c := s.openAbout(m.about.Topic); c == nil {
				out = append(out, m)
			} else if i := slices.IndexFunc(out, func(m matter) bool { return m.kase == c }); i >= 0 {
				out[i].take(m)
			}
		}
	}
	return out
}

// openAbout returns the open case about a topic, of several the one touched last; nil when there is none.
func (s *State) openAbout(topic string) *Case {
	if topic == "" {
		return nil
	}
	folded := FoldName(topic)
	var about *Case
	for _, c := range s.OpenCases {
		if (FoldName(c.Intent) == folded || FoldName(c.Subject) == folded) && (about == nil || c.LastRevision > about.LastRevision) {
			about = c
		}
	}
	return about
}

// take makes an interaction that broke off the last one of a case, if it is.
func (m *matter) take(loose matter) {
	if m.last != nil && m.last.LastRevision > loose.last.LastRevision {
		return
	}
	m.last, m.broke, m.channel = loose.last, loose.broke, loose.channel
	m.revision = max(m.revision, loose.revision)
	if loose.at.After(m.at) {
		m.at = loose.at
	}
}

// loose returns the matter of an interaction that broke off and belongs to no case, not even to one that is resolved.
func (s *State) loose(x *Interaction, a Asker, now time.Time) (matter, bool) {
	m := matter{asker: a, last: x, at: x.LastEventTime, revision: x.LastRevision, channel: x.Channel}
	if x.ID == a.InteractionID || x.Direction == DirectionInternal || now.Sub(x.LastEventTime) > ResumeWindow ||
		slices.Contains(unserved, x.Channel) {
		return m, false
	}
	if m.broke = s.broken(x, a, now); m.broke == notBroken || s.leadsTo(x.ID, a.InteractionID) {
		return m, false
	}
	if s.inCase(x) {
		return m, false
	}
	m.about = s.about(x, a, now)
	return m, true
}
