package domain

import (
	"slices"
	"time"
)

// What a state holds of each further kind at most.
const (
	MaxPassports       = 20
	MaxOpenCases       = 20
	MaxResolvedCases   = 10
	MaxHandoffs        = 30
	MaxFlowRuns        = 20
	MaxAudiences       = 50
	MaxStages          = 20
	MaxRecommendations = 10
	MaxConsents        = 50
	// MaxMerges bounds the customers merged into one.
	MaxMerges = 19
	// MaxRecentRepeats bounds the questions for what was known that are remembered one by one.
	MaxRecentRepeats = 50
	// MaxCaseInteractions bounds the interactions that a case remembers by id.
	MaxCaseInteractions = 8
	// MaxHandoffSlots bounds each list of slots that a handoff keeps.
	MaxHandoffSlots = 200
	// MaxSummaryBytes bounds what a state keeps of the summary of a handoff that has ended, of a case's subject, promise
	// and resolution.
	MaxSummaryBytes = 1024
	// MaxHandoffSummary bounds the summary of a handoff that goes on: the receiver is to have all of it.
	MaxHandoffSummary = 4096
)

// Passport is a verification that was passed. What it is still worth is not part of it: that depends on the tenant's
// policy, the channel and the time.
type Passport struct {
	EventID       string
	Revision      int64
	Method        string
	Level         VerificationLevel
	Scopes        []string // everything of its level when empty
	Time          time.Time
	Channel       Channel
	InteractionID string
	Actor         Actor
	ExpireTime    time.Time // zero when the checking system stated none
}

// FailedChecks are the checks that failed since the last one that was passed.
type FailedChecks struct {
	Count  int64
	Time   time.Time
	Method string
}

// Case is a matter of the customer's, in short.
type Case struct {
	ID       string
	Subject  string
	Intent   string
	Priority CasePriority
	Status   string
	// Promise is what was promised last; zero when nothing is owed.
	Promise       Promise
	OpenTime      time.Time
	LastEventTime time.Time
	// ResolveTime is zero while it is open.
	ResolveTime time.Time
	Resolution  string
	Code        string
	Reopened    int64
	// Interactions counts those that were about it; RecentInteractions are the newest, newest first.
	Interactions       int64
	RecentInteractions []string
	LastChannel        Channel
	// LastRevision is the newest event that belongs to it, ChangeRevision the newest that changed it.
	LastRevision   int64
	ChangeRevision int64
}

// Promise is something that was promised to the customer.
type Promise struct {
	Text    string
	DueTime time.Time
	Time    time.Time
	Actor   Actor
}

// HandoffState is where a handoff stands.
type HandoffState int32

// The states of a handoff.
const (
	HandoffUnspecified HandoffState = iota
	HandoffOffering
	HandoffTaken
	HandoffDone
	HandoffRefused
	HandoffLapsed
	HandoffWithdrawn
)

var handoffStateNames = [...]string{"", "OFFERED", "ACCEPTED", "COMPLETED", "DECLINED", "EXPIRED", "CANCELLED"}

// String returns the state's name in the contract.
func (s HandoffState) String() string { return nameOf(handoffStateNames[:], int(s)) }

// Handoff is a transfer of the customer, with context.
type Handoff struct {
	ID       string
	Revision int64
	// State is what the events say. An offer whose time has passed is lapsed, whether the event is there or not: see
	// StateAt.
	State         HandoffState
	From, To      Actor
	Target        string
	Channel       Channel // in which it was offered
	TargetChannel Channel
	TransferKind  TransferKind
	Reason        string
	Summary       string
	// Offered are the slots handed over; Read, Dropped and AskedAgain what became of them.
	Offered, Read, Dropped, AskedAgain []string
	OfferTime, ExpireTime              time.Time
	AcceptTime                         time.Time
	AcceptedBy                         Actor
	AcceptEventID                      string
	FirstReadTime                      time.Time
	EndTime                            time.Time
	EndReason                          string
	InteractionID                      string
	ReceiverInteractionID              string
	CaseID                             string
	// Previous is the handoff that brought the customer to the giver, Hop the place in the chain: 1 for the first.
	Previous string
	Hop      int32
}

// StateAt returns where the handoff stands at a moment.
func (h *Handoff) StateAt(now time.Time) HandoffState {
	if h.State == HandoffOffering && passed(h.ExpireTime, now) {
		return HandoffLapsed
	}
	return h.State
}

// RecentRepeat is a question for what was known: as much of it as handoffs of other histories need.
type RecentRepeat struct {
	InteractionID string
	// Slot and Scope are the asker's own name, SlotID what the dictionary made of it.
	Slot, Scope, SlotID string
	Time                time.Time
	// HandoffID is the handoff of this history whose receiver asked; empty for none.
	HandoffID string
}

// FlowRun is a run of a flow.
type FlowRun struct {
	ID            string
	FlowID        string // empty when its start was not seen
	Version       string
	StepID        string
	InteractionID string
	Channel       Channel
	StartTime     time.Time
	LastEventTime time.Time
	EndTime       time.Time // zero while it goes on
	Outcome       FlowOutcome
	FailedSteps   int64
	LastRevision  int64
}

// Survey is the newest answer to a survey; zero when there is none.
type Survey struct {
	Metric             SurveyMetric
	Score              float64
	ScaleMin, ScaleMax float64
	Time               time.Time
	InteractionID      string
}

// Finding is something that another service has found out: a persona, an audience segment, a stage, a recommendation.
type Finding struct {
	// ID is what it is about: the audience segment, the journey, the recommendation; empty for the persona.
	ID string
	// Value is what was found: the persona, the stage, the action; empty for an audience segment.
	Value string
	// Score is how well it fits, or how likely it helps.
	Score  float64
	Reason string
	Time   time.Time
}

// Consent is what the customer decided about one purpose.
type Consent struct {
	Purpose    string
	Status     ConsentStatus
	Time       time.Time
	ExpireTime time.Time // zero for ever
}

// Merge is a merge in force.
type Merge struct {
	ID string
	// Customer is the other one.
	Customer string
	Reason   string
	Time     time.Time
	Revision int64
}

// NextTimer returns the earliest moment at which something has to be done about the customer although nothing happens;
// zero for never.
func (s *State) NextTimer() time.Time {
	var next time.Time
	for _, h := range s.Handoffs {
		if h.State == HandoffOffering {
			next = earlier(next, h.ExpireTime)
		}
	}
	return next
}

// equalParts reports whether the parts of this file are the same in two states.
func (s *State) equalParts(t *State) bool {
	return slices.EqualFunc(s.Passports, t.Passports, (*Passport).equal) && s.FailedChecks.equal(t.FailedChecks) &&
		s.Verifications == t.Verifications && s.DoubleVerifications == t.DoubleVerifications &&
		slices.EqualFunc(s.OpenCases, t.OpenCases, (*Case).equal) &&
		slices.EqualFunc(s.ResolvedCases, t.ResolvedCases, (*Case).equal) &&
		slices.EqualFunc(s.Handoffs, t.Handoffs, (*Handoff).equal) &&
		slices.EqualFunc(s.RecentRepeats, t.RecentRepeats, RecentRepeat.equal) &&
		slices.EqualFunc(s.FlowRuns, t.FlowRuns, (*FlowRun).equal) &&
		s.Survey.equal(t.Survey) && s.Persona.equal(t.Persona) &&
		slices.EqualFunc(s.Audiences, t.Audiences, Finding.equal) &&
		slices.EqualFunc(s.Stages, t.Stages, Finding.equal) &&
		slices.EqualFunc(s.Recommendations, t.Recommendations, Finding.equal) &&
		slices.EqualFunc(s.Consents, t.Consents, Consent.equal) &&
		slices.EqualFunc(s.Merges, t.Merges, Merge.equal) && s.MergedInto.equal(t.MergedInto)
}

// sameTimes compares times pairwise, by the moment.
func sameTimes(pairs ...[2]time.Time) bool {
	for _, p := range pairs {
		if !p[0].Equal(p[1]) {
			return false
		}
	}
	return true
}

func (p *Passport) equal(q *Passport) bool {
	return p.EventID == q.EventID && p.Revision == q.Revision && p.Method == q.Method && p.Level == q.Level &&
		slices.Equal(p.Scopes, q.Scopes) && p.Channel == q.Channel && p.InteractionID == q.InteractionID &&
		p.Actor == q.Actor && sameTimes([2]time.Time{p.Time, q.Time}, [2]time.Time{p.ExpireTime, q.ExpireTime})
}

func (f FailedChecks) equal(g FailedChecks) bool {
	return f.Count == g.Count && f.Method == g.Method && f.Time.Equal(g.Time)
}

func (c *Case) equal(d *Case) bool {
	return c.ID == d.ID && c.Subject == d.Subject && c.Intent == d.Intent && c.Priority == d.Priority &&
		c.Status == d.Status && c.Promise.equal(d.Promise) && c.Resolution == d.Resolution && c.Code == d.Code &&
		c.Reopened == d.Reopened && c.Interactions == d.Interactions &&
		slices.Equal(c.RecentInteractions, d.RecentInteractions) && c.LastChannel == d.LastChannel &&
		c.LastRevision == d.LastRevision && c.ChangeRevision == d.ChangeRevision &&
		sameTimes([2]time.Time{c.OpenTime, d.OpenTime}, [2]time.Time{c.LastEventTime, d.LastEventTime},
			[2]time.Time{c.ResolveTime, d.ResolveTime})
}

func (p Promise) equal(q Promise) bool {
	return p.Text == q.Text && p.Actor == q.Actor &&
		sameTimes([2]time.Time{p.DueTime, q.DueTime}, [2]time.Time{p.Time, q.Time})
}

func (h *Handoff) equal(g *Handoff) bool {
	return h.ID == g.ID && h.Revision == g.Revision && h.State == g.State && h.From == g.From && h.To == g.To &&
		h.Target == g.Target && h.Channel == g.Channel && h.TargetChannel == g.TargetChannel &&
		h.TransferKind == g.TransferKind && h.Reason == g.Reason && h.Summary == g.Summary &&
		slices.Equal(h.Offered, g.Offered) && slices.Equal(h.Read, g.Read) && slices.Equal(h.Dropped, g.Dropped) &&
		slices.Equal(h.AskedAgain, g.AskedAgain) && h.AcceptedBy == g.AcceptedBy && h.AcceptEventID == g.AcceptEventID &&
		h.EndReason == g.EndReason && h.InteractionID == g.InteractionID &&
		h.ReceiverInteractionID == g.ReceiverInteractionID && h.CaseID == g.CaseID && h.Previous == g.Previous &&
		h.Hop == g.Hop && sameTimes([2]time.Time{h.OfferTime, g.OfferTime}, [2]time.Time{h.ExpireTime, g.ExpireTime},
		[2]time.Time{h.AcceptTime, g.AcceptTime}, [2]time.Time{h.FirstReadTime, g.FirstReadTime},
		[2]time.Time{h.EndTime, g.EndTime})
}

func (r RecentRepeat) equal(q RecentRepeat) bool {
	same := r.Time.Equal(q.Time)
	r.Time = q.Time
	return same && r == q
}

func (r *FlowRun) equal(q *FlowRun) bool {
	return r.ID == q.ID && r.FlowID == q.FlowID && r.Version == q.Version && r.StepID == q.StepID &&
		r.InteractionID == q.InteractionID && r.Channel == q.Channel && r.Outcome == q.Outcome &&
		r.FailedSteps == q.FailedSteps && r.LastRevision == q.LastRevision &&
		sameTimes([2]time.Time{r.StartTime, q.StartTime}, [2]time.Time{r.LastEventTime, q.LastEventTime},
			[2]time.Time{r.EndTime, q.EndTime})
}

func (s Survey) equal(t Survey) bool {
	return s.Metric == t.Metric && s.Score == t.Score && s.ScaleMin == t.ScaleMin && s.ScaleMax == t.ScaleMax &&
		s.InteractionID == t.InteractionID && s.Time.Equal(t.Time)
}

func (f Finding) equal(g Finding) bool {
	return f.ID == g.ID && f.Value == g.Value && f.Score == g.Score && f.Reason == g.Reason && f.Time.Equal(g.Time)
}

func (c Consent) equal(d Consent) bool {
	return c.Purpose == d.Purpose && c.Status == d.Status &&
		sameTimes([2]time.Time{c.Time, d.Time}, [2]time.Time{c.ExpireTime, d.ExpireTime})
}

func (m Merge) equal(n Merge) bool {
	return m.ID == n.ID && m.Customer == n.Customer && m.Reason == n.Reason && m.Revision == n.Revision && m.Time.Equal(n.Time)
}
