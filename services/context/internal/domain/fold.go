package domain

import (
	"fmt"
	"slices"
)

// Apply folds events, in the order of their revisions, into a state and returns the state after them. It is pure and
// deterministic: the same events give the same state, at whatever points they were cut into calls. A nil state is the
// empty one. Events that the state has already are skipped; when nothing is new, s itself is returned. An event that
// does not follow is ErrGap, and the state returned with it holds the events before the gap.
//
// s is never changed. The cost of an event does not depend on the length of the history: the state's own fields and
// the parts that the event touches are copied once per call, everything else is shared with s. So many events in one
// call are cheaper than the same events in many.
func Apply(s *State, events ...Event) (*State, error) {
	var d *draft
	revision := int64(0)
	if s != nil {
		revision = s.Revision
	}
	for i := range events {
		e := &events[i]
		if e.Revision <= revision {
			continue
		}
		if e.Revision != revision+1 {
			return d.done(s), fmt.Errorf("%w: state at revision %d, event at %d", ErrGap, revision, e.Revision)
		}
		if d == nil {
			d = newDraft(s)
		}
		d.apply(e)
		revision = e.Revision
	}
	return d.done(s), nil
}

// draft is a state in the making. It owns the slices that it has copied, and may change these; the entries that the
// slices point to are always replaced, never changed, unless the draft made them.
type draft struct {
	State
	ownFacts, ownIdentifiers, ownInteractions bool
	// current is the interaction of the event before, when the draft made it.
	current *Interaction
}

func newDraft(s *State) *draft {
	d := &draft{}
	if s != nil {
		d.State = *s
	}
	return d
}

// done returns the state made, and s when none was.
func (d *draft) done(s *State) *State {
	switch {
	case d != nil:
		// A copy, so that the published state does not keep the draft alive.
		made := d.State
		return &made
	case s != nil:
		return s
	}
	return &State{}
}

func (d *draft) apply(e *Event) {
	d.Revision, d.RevisionTime = e.Revision, e.RecordedAt
	if !d.Erased.IsZero() {
		return // nothing is known of who was erased, whatever comes after
	}
	switch e.Payload.(type) {
	case EventErased:
		return
	case CustomerErased:
		*d = draft{State: State{Revision: e.Revision, RevisionTime: e.RecordedAt, Erased: e.RecordedAt}}
		return
	case CustomersMerged, CustomersUnmerged:
		// It says nothing about the customer, so that a merge undone leaves no trace.
		d.foldMerge(e)
		return
	}
	if d.FirstSeen.IsZero() || e.OccurredAt.Before(d.FirstSeen) {
		d.FirstSeen = e.OccurredAt
	}
	if e.OccurredAt.After(d.LastSeen) {
		d.LastSeen = e.OccurredAt
	}
	d.foldInteraction(e)
	d.foldCase(e)
	switch p := e.Payload.(type) {
	case InteractionStarted:
		if p.Locale != "" {
			d.Locale = p.Locale
		}
	case QuestionAsked:
		d.QuestionsAsked++
	case QuestionAvoided:
		d.QuestionsAvoided++
	case RepeatDetected:
		d.Repeats++
		d.foldHandoff(e)
	case FactStated:
		d.state(e, p)
	case FactConfirmed:
		d.confirm(e, p)
	case FactRetracted:
		d.retract(e, p)
	case IdentifierLinked:
		d.link(e, p)
	case IdentifierUnlinked:
		d.unlink(p)
	case VerificationAttempted:
		d.verify(e, p)
	case DoubleVerificationDetected:
		d.DoubleVerifications++
	case HandoffOffered, HandoffAccepted, HandoffRead, HandoffCompleted, HandoffDeclined, HandoffExpired, HandoffCancelled:
		d.foldHandoff(e)
	case FlowStarted, StepEntered, StepFailed, FlowEnded:
		d.foldFlow(e)
	case SurveyAnswered, PersonaAssigned, AudienceEntered, AudienceLeft, StageEntered, RecommendationMade, ConsentChanged:
		d.foldFindings(e)
	}
}

// link puts an identifier first. One that is linked already keeps its time, and takes the newer origin when one is
// stated. Platform contacts name engagements, not the customer, and are left out.
func (d *draft) link(e *Event, p IdentifierLinked) {
	if p.Identifier.Type == IdentifierPlatformContact || p.Identifier.Value == "" {
		return
	}
	l := LinkedIdentifier{
		Identifier: p.Identifier, Origin: p.Origin, LinkTime: e.OccurredAt,
		EventID: e.EventID, InteractionID: e.InteractionID,
	}
	if i := d.identifier(p.Identifier); i >= 0 {
		l = d.Identifiers[i]
		if p.Origin != LinkOriginUnspecified {
			l.Origin = p.Origin
		}
		d.dropIdentifier(i)
	}
	d.claimIdentifiers()
	d.Identifiers = slices.Insert(d.Identifiers, 0, l)
	if len(d.Identifiers) > MaxIdentifiers {
		d.dropIdentifier(MaxIdentifiers)
	}
}

func (d *draft) unlink(p IdentifierUnlinked) {
	if i := d.identifier(p.Identifier); i >= 0 {
		d.dropIdentifier(i)
	}
}

func (d *draft) identifier(id Identifier) int {
	return slices.IndexFunc(d.Identifiers, func(l LinkedIdentifier) bool { return l.Identifier == id })
}

func (d *draft) dropIdentifier(i int) {
	d.claimIdentifiers()
	d.Identifiers = slices.Delete(d.Identifiers, i, i+1)
}

// claimIdentifiers makes the slice the draft's own.
func (d *draft) claimIdentifiers() {
	if !d.ownIdentifiers {
		d.Identifiers = append(make([]LinkedIdentifier, 0, len(d.Identifiers)+1), d.Identifiers...)
		d.ownIdentifiers = true
	}
}
