package domain

import (
	"errors"
	"slices"
	"time"
)

// What a state holds at most. Everything beyond is dropped, oldest first, so that a state's size does not depend on
// the length of the history.
const (
	// MaxOpenInteractions bounds the interactions that have not ended. The one that was silent longest is retired:
	// it counts as past, without an end.
	MaxOpenInteractions = 20
	// MaxEndedInteractions bounds the interactions that ended or were retired.
	MaxEndedInteractions = 20
	// MaxIdentifiers bounds the identifiers.
	MaxIdentifiers = 50
	// MaxNames bounds the pairs of scope and name under which values are kept.
	MaxNames = 500
	// MaxFactBytes bounds the names and values of all facts together.
	MaxFactBytes = 256 << 10
	// MaxValues bounds the different values kept under one name: the current one and those before.
	MaxValues = 5
	// MaxRetractions bounds the withdrawn values remembered under one name.
	MaxRetractions = 5
	// MaxTextBytes bounds each text that an interaction keeps: the customer's last words, its topic, its note.
	MaxTextBytes = 280
)

// ErrGap says that an event does not follow the state: events between them are missing. Read them from the log first.
var ErrGap = errors.New("events are missing between the state and the event")

// State is what is known of one customer after the event of its revision: a fold of the customer's events, and
// nothing else. A published *State is never changed: Apply returns another one that shares the parts that stayed the
// same, so readers need no lock. All fields are exported for the store, which must keep every one of them; whatever
// holds a *State must not write to it or to anything it leads to.
type State struct {
	// Revision is the newest event folded in; RevisionTime when the log recorded it.
	Revision     int64
	RevisionTime time.Time
	// FirstSeen and LastSeen are the earliest and the latest time at which an event occurred.
	FirstSeen time.Time
	LastSeen  time.Time
	// Locale is the language of the newest interaction that stated one.
	Locale string
	// Identifiers are those linked to the customer, newest first.
	Identifiers []LinkedIdentifier
	// Facts are the values stated, by scope and name (compared as bytes), in that order.
	Facts []*NamedFacts
	// Open are the interactions that have not ended, the one of the newest event first.
	Open []*Interaction
	// Ended are those that ended or were retired, newest end first.
	Ended []*Interaction
	// InteractionsTotal counts all interactions ever seen.
	InteractionsTotal int64
	// QuestionsAsked, QuestionsAvoided and Repeats count events of these kinds.
	QuestionsAsked   int64
	QuestionsAvoided int64
	Repeats          int64
	// Passports are the verifications that were passed, newest first; FailedChecks those that failed since.
	Passports    []*Passport
	FailedChecks FailedChecks
	// Verifications and DoubleVerifications count events of these kinds, but for checks that could not be made.
	Verifications       int64
	DoubleVerifications int64
	// OpenCases are the cases that are not resolved, touched last first; ResolvedCases those resolved last, newest first.
	OpenCases     []*Case
	ResolvedCases []*Case
	// Handoffs are the transfers, newest first.
	Handoffs []*Handoff
	// RecentRepeats are the questions for what was known that were asked last in an interaction, newest first. A joined
	// state has none.
	RecentRepeats []RecentRepeat
	// FlowRuns are the runs of flows, touched last first.
	FlowRuns []*FlowRun
	// Survey is the newest answer to a survey.
	Survey Survey
	// What other services have found out: the persona, the audience segments by id, the stages and the recommendations,
	// newest first.
	Persona         Finding
	Audiences       []Finding
	Stages          []Finding
	Recommendations []Finding
	// Consents are the customer's decisions, by purpose.
	Consents []Consent
	// Merges are the customers merged into this one, in the order in which they were; MergedInto is the customer that
	// this one is merged into, zero when it is its own.
	Merges     []Merge
	MergedInto Merge
	// Erased is when the customer's history was erased. Nothing but the revision is known then.
	Erased time.Time

	// factBytes is the size of Facts; 0 means not computed (no fact has size 0).
	factBytes int
}

// LinkedIdentifier is an identifier of a customer.
type LinkedIdentifier struct {
	Identifier Identifier
	Origin     LinkOrigin
	LinkTime   time.Time
	// EventID and InteractionID say which event linked it, and in which interaction.
	EventID       string
	InteractionID string
}

// NamedFacts are the values stated under one name in one scope, exactly as written by the systems that stated them.
type NamedFacts struct {
	Scope, Name string
	// Values are the newest value and up to four different ones before, newest first. Values that differ in case and
	// spaces only are one value.
	Values []Value
	// Retractions are the newest withdrawals under this name, newest first. They are remembered apart from the values
	// because they hold for the other names of the slot, too.
	Retractions []Retraction

	meaning meaningMemo
}

// Value is one value of a fact and where it comes from. Stating an equal value again gives it the provenance of the
// newest statement and keeps what it had earned: the confirmation, the higher confidence, the later time.
type Value struct {
	Text string
	// EventID is the event that stated it.
	EventID string
	// Revision is the newest event that stated or confirmed it; StatedRevision the newest that stated it, 0 when it
	// was only ever confirmed.
	Revision       int64
	StatedRevision int64
	// FirstTime is when it was first stated, Time when it was stated or confirmed last.
	FirstTime     time.Time
	Time          time.Time
	Channel       Channel
	InteractionID string
	Actor         Actor
	Confidence    float64
	Origin        FactOrigin
	Verification  VerificationLevel
	// ExpireTime is the moment after which it is unknown again; zero for never.
	ExpireTime time.Time
	// Confirmed says that the customer confirmed it.
	Confirmed bool
	// Retracted is the revision that withdrew it; 0 when none did.
	Retracted int64
}

// Retraction withdraws a value, or all values stated before it.
type Retraction struct {
	Text     string // empty for all values
	Revision int64
	Time     time.Time
}

// Interaction is one engagement in one channel, in short.
type Interaction struct {
	ID        string
	Channel   Channel
	Direction Direction
	Platform  string
	// PlatformContactID is the platform's own id of it.
	PlatformContactID string
	StartTime         time.Time
	// EndTime is zero while it goes on, and when it was retired without an end.
	EndTime       time.Time
	LastEventTime time.Time
	// StartRevision is its first event, LastRevision its newest, EndRevision the one that ended it; 0 for none.
	StartRevision int64
	LastRevision  int64
	EndRevision   int64
	Outcome       InteractionOutcome
	// Topic is its subject, or else the newest intent; HasSubject says which.
	Topic           string
	HasSubject      bool
	Disposition     string
	Note            string
	LastParticipant Actor
	Segment         SegmentState
	Queue           string
	// FlowRunID and FlowID name the newest flow, StepID the step reached last in it.
	FlowRunID string
	FlowID    string
	StepID    string
	// LastFailedStep is the step that failed last, and why.
	LastFailedStep       string
	LastFailure          string
	Messages             int64
	Questions            int64
	Repeats              int64
	FailedSteps          int64
	Transfers            int64
	LastCustomerMessage  string
	LastCustomerTime     time.Time
	LastCustomerRevision int64
}

// Equal reports whether two states hold the same.
func (s *State) Equal(t *State) bool {
	if s == nil || t == nil {
		return s == t
	}
	return s.Revision == t.Revision && s.RevisionTime.Equal(t.RevisionTime) &&
		s.FirstSeen.Equal(t.FirstSeen) && s.LastSeen.Equal(t.LastSeen) && s.Locale == t.Locale &&
		slices.EqualFunc(s.Identifiers, t.Identifiers, LinkedIdentifier.Equal) &&
		slices.EqualFunc(s.Facts, t.Facts, (*NamedFacts).Equal) &&
		slices.EqualFunc(s.Open, t.Open, (*Interaction).Equal) &&
		slices.EqualFunc(s.Ended, t.Ended, (*Interaction).Equal) &&
		s.InteractionsTotal == t.InteractionsTotal && s.QuestionsAsked == t.QuestionsAsked &&
		s.QuestionsAvoided == t.QuestionsAvoided && s.Repeats == t.Repeats && s.Erased.Equal(t.Erased) && s.equalParts(t)
}

// Equal reports whether two linked identifiers hold the same.
func (l LinkedIdentifier) Equal(m LinkedIdentifier) bool {
	same := l.LinkTime.Equal(m.LinkTime)
	l.LinkTime = m.LinkTime
	return same && l == m
}

// Equal reports whether two sets of facts hold the same.
func (f *NamedFacts) Equal(g *NamedFacts) bool {
	return f.Scope == g.Scope && f.Name == g.Name && slices.EqualFunc(f.Values, g.Values, Value.Equal) &&
		slices.EqualFunc(f.Retractions, g.Retractions, Retraction.Equal)
}

// Equal reports whether two values hold the same.
func (v Value) Equal(w Value) bool {
	same := v.FirstTime.Equal(w.FirstTime) && v.Time.Equal(w.Time) && v.ExpireTime.Equal(w.ExpireTime)
	v.FirstTime, v.Time, v.ExpireTime = w.FirstTime, w.Time, w.ExpireTime
	return same && v == w
}

// Equal reports whether two retractions hold the same.
func (r Retraction) Equal(q Retraction) bool {
	return r.Text == q.Text && r.Revision == q.Revision && r.Time.Equal(q.Time)
}

// Equal reports whether two interactions hold the same.
func (x *Interaction) Equal(y *Interaction) bool {
	a, b := *x, *y
	same := a.StartTime.Equal(b.StartTime) && a.EndTime.Equal(b.EndTime) &&
		a.LastEventTime.Equal(b.LastEventTime) && a.LastCustomerTime.Equal(b.LastCustomerTime)
	a.StartTime, a.EndTime, a.LastEventTime, a.LastCustomerTime = b.StartTime, b.EndTime, b.LastEventTime, b.LastCustomerTime
	return same && a == b
}
