package domain

import (
	"cmp"
	"slices"
	"time"
)

// What a context lists at most.
const (
	MaxContextFacts    = 200
	MaxDoNotAsk        = 200
	MaxPendingHandoffs = 20
	MaxRecentHandoffs  = 10
)

// LiveIdle is how long after its newest event an interaction that has not ended still counts as going on. Platforms do
// not always say when one ends.
const LiveIdle = 24 * time.Hour

// Context is the screen pop: what a channel needs to go on where the last one stopped. What it points to is shared and
// must not be changed.
type Context struct {
	View         ContextView
	Revision     int64
	RevisionTime time.Time
	Identity     Identity
	// Facts are the values of slots, newest first, at most MaxContextFacts of FactsTotal. They are the slots' own: what
	// links say about other slots is in the plan and in DoNotAsk. A value that the log masked is listed as invalid.
	Facts      []Fact
	FactsTotal int
	// Live are the interactions going on, the one of the newest event first; Recent those that ended or have been
	// silent for longer than LiveIdle, newest first.
	Live              []*Interaction
	Recent            []*Interaction
	InteractionsTotal int64
	// DoNotAsk are the slots that Plan says to USE, newest value first, at most MaxDoNotAsk.
	DoNotAsk []DoNotAsk
	Repeats  RepeatSummary
	// Standing is how surely the customer is identified for the asker, and FailedChecks what has failed since.
	Standing     Standing
	FailedChecks FailedChecks
	// OpenCases are touched last first, RecentCases resolved last first.
	OpenCases, RecentCases []*Case
	// Resume are the matters that the contact may be about, the likeliest first, as of the last whole minute.
	Resume []ResumeCandidate
	// Owed is the promise that weighs most; nil when none is open.
	Owed *OwedPromise
	// PendingHandoffs are offered or accepted, RecentHandoffs ended; newest first.
	PendingHandoffs, RecentHandoffs []*Handoff
	Sentiment                       Sentiment
	Persona                         Finding
	Audiences                       []Finding // by id
	Stages                          []Finding
	// FlowRuns are those going on, then the others, newest first.
	FlowRuns        []*FlowRun
	Recommendations []Finding
	Consents        []Consent // by purpose, as they stand
	Merges          []Merge
	// NextStep is what to do next, in a sentence; empty when nothing suggests itself.
	NextStep string
	Brief    Brief
	Sections []SectionStatus

	// What a bound cut off, and why facts are left out.
	factsCut, doNotAskCut, handoffsCut bool
	factsHidden                        IncompleteReason

	// handover is the place of Handover among the pending handoffs, from 1 on; 0 for none.
	handover int
}

// Identity is who the customer is.
type Identity struct {
	// DisplayName is the value of the slot "customer_name", or else the newest one of a slot of type PERSON_NAME; only
	// when it may be used.
	DisplayName string
	Identifiers []LinkedIdentifier
	FirstSeen   time.Time
	LastSeen    time.Time
	Locale      string
}

// DoNotAsk is something that must not be asked again.
type DoNotAsk struct {
	SlotID      string
	DisplayName string
	StatedTime  time.Time
	Channel     Channel
	UntilTime   time.Time // zero for ever

	revision int64
}

// RepeatSummary is how often the customer was asked for something already known.
type RepeatSummary struct {
	QuestionsAsked, QuestionsAvoided, Repeats int64
	Verifications, DoubleVerifications        int64
}

// BuildContext assembles the context of a view for an asker at a time. It is pure: the same view, asker and time give the
// same context, and until NextChange so does every later time.
func BuildContext(v *View, a Asker, view ContextView, now time.Time) *Context {
	s := v.state
	l := v.lookAs(a, now)
	c := &Context{View: view.orFull(), Revision: s.Revision, RevisionTime: s.RevisionTime}
	if l.refused {
		c.Consents = s.consentsAt(now)
		c.Sections = c.refused(s)
		return c
	}
	c.addParts(&l)
	c.addFacts(&l)
	if v.nameless {
		c.Standing = Standing{} // nobody knows what verifications are worth
	}
	c.Owed = owed(s.OpenCases, now)
	c.NextStep = nextStep(c)
	c.Brief = writeBrief(c)
	c.conceal(a)
	c.trim()
	c.Sections = c.statuses(s, a)
	return c
}

// addParts adds what is taken from the state as it is.
func (c *Context) addParts(l *look) {
	s := l.view.state
	c.InteractionsTotal = s.InteractionsTotal
	c.Identity = Identity{Identifiers: s.Identifiers, FirstSeen: s.FirstSeen, LastSeen: s.LastSeen, Locale: s.Locale}
	c.Repeats = RepeatSummary{
		QuestionsAsked: s.QuestionsAsked, QuestionsAvoided: s.QuestionsAvoided, Repeats: s.Repeats,
		Verifications: s.Verifications, DoubleVerifications: s.DoubleVerifications,
	}
	c.Live, c.Recent = s.interactions(l.now)
	c.Standing, c.FailedChecks = Standing{Level: VerificationNone}, s.FailedChecks
	if len(s.Passports) > 0 {
		c.Standing = *l.judged()
	}
	c.OpenCases, c.RecentCases = s.OpenCases, s.ResolvedCases
	c.Resume = Resume(s, l.asker, wholeMinute(l.now))
	c.addHandoffs(s, l.now)
	c.Sentiment = s.Survey.Sentiment()
	c.Persona, c.Audiences, c.Stages, c.Recommendations = s.Persona, s.Audiences, s.Stages, s.Recommendations
	c.FlowRuns = goingFirst(s.FlowRuns)
	c.Consents, c.Merges = s.consentsAt(l.now), s.Merges
}

// addHandoffs parts the handoffs into those that wait for somebody and those that ended, and finds the newest one that
// somebody is to take, or still has.
func (c *Context) addHandoffs(s *State, now time.Time) {
	for _, h := range s.Handoffs {
		list, most := &c.RecentHandoffs, MaxRecentHandoffs
		switch h.StateAt(now) {
		case HandoffOffering, HandoffTaken:
			list, most = &c.PendingHandoffs, MaxPendingHandoffs
		case HandoffUnspecified, HandoffDone, HandoffRefused, HandoffLapsed, HandoffWithdrawn:
		}
		if len(*list) >= most {
			c.handoffsCut = true
			continue
		}
		*list = append(*list, h)
		if c.handover == 0 && (h.StateAt(now) == HandoffOffering || h.State == HandoffTaken && !s.left(h, now)) {
			c.handover = len(c.PendingHandoffs)
		}
	}
}

// Handover returns the newest handoff that waits for a receiver or is in a receiver's hands; nil when there is none.
func (c *Context) Handover() *Handoff {
	if c.handover == 0 || c.handover > len(c.PendingHandoffs) {
		return nil
	}
	return c.PendingHandoffs[c.handover-1]
}

// left reports whether the customer has left the one who accepted a handoff, although nobody said that it was completed:
// not every desktop does.
func (s *State) left(h *Handoff, now time.Time) bool {
	x := s.interactionByID(h.ReceiverInteractionID)
	switch {
	case x == nil:
		return passed(h.touched().Add(LiveIdle), now)
	case slices.Contains(s.Ended, x):
		return true
	}
	return x.idle(now)
}

// goingFirst puts the runs that have not ended in front.
func goingFirst(runs []*FlowRun) []*FlowRun {
	over := func(r *FlowRun) bool { return !r.EndTime.IsZero() }
	first := slices.IndexFunc(runs, over)
	if first < 0 || !slices.ContainsFunc(runs[first:], func(r *FlowRun) bool { return !over(r) }) {
		return runs
	}
	all := make([]*FlowRun, 0, len(runs))
	for _, r := range runs {
		if !over(r) {
			all = append(all, r)
		}
	}
	for _, r := range runs {
		if over(r) {
			all = append(all, r)
		}
	}
	return all
}

// addFacts adds what the slots know.
func (c *Context) addFacts(l *look) {
	n := len(l.view.state.Facts)
	c.Facts = make([]Fact, 0, n)
	c.DoNotAsk = make([]DoNotAsk, 0, n)
	var name *DoNotAsk
	l.view.eachSlot(func(e *entry, own, full *answer) {
		verdict := l.decide(e, full)
		if f, ok := l.ownFact(e, own); ok {
			f.settled = verdict.decision == DecisionUse && f.Withheld == ReasonUnspecified && verdict.chosen.text == f.Value
			c.Facts = append(c.Facts, f)
		}
		x := verdict.chosen
		if verdict.decision != DecisionUse || x == nil {
			return // the secrets are listed below
		}
		d := DoNotAsk{
			SlotID: e.slot.ID, DisplayName: e.title(x), StatedTime: x.time, Channel: x.said.value.Channel,
			UntilTime: e.freshUntil(x, l.now), revision: x.revision,
		}
		c.DoNotAsk = append(c.DoNotAsk, d)
		if e.slot.Type == SlotTypePersonName && betterName(&d, name) {
			name, c.Identity.DisplayName = &d, x.text
		}
	})
	c.DoNotAsk = append(c.DoNotAsk, l.verifiedSecrets()...)
	c.Facts = newestFirst(c.Facts, func(f *Fact) (int64, string) { return f.revision, f.SlotID })
	c.DoNotAsk = newestFirst(c.DoNotAsk, func(d *DoNotAsk) (int64, string) { return d.revision, d.SlotID })
	c.FactsTotal = len(c.Facts)
	c.factsCut, c.doNotAskCut = len(c.Facts) > MaxContextFacts, len(c.DoNotAsk) > MaxDoNotAsk
	c.Facts = c.Facts[:min(len(c.Facts), MaxContextFacts)]
	c.DoNotAsk = c.DoNotAsk[:min(len(c.DoNotAsk), MaxDoNotAsk)]
}

// newestFirst sorts by revision, and by slot where one value answers several. The values are large, so their places
// are sorted and each is moved once.
func newestFirst[T any](all []T, key func(*T) (revision int64, slotID string)) []T {
	places := make([]int, len(all))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(i, j int) int {
		ri, si := key(&all[i])
		rj, sj := key(&all[j])
		return cmp.Or(cmp.Compare(rj, ri), cmp.Compare(si, sj))
	})
	sorted := make([]T, len(all))
	for to, from := range places {
		sorted[to] = all[from]
	}
	return sorted
}

// customerNameSlot is the slot that names the customer, where a dictionary has one; other names may be other people's.
const customerNameSlot = "customer_name"

// betterName reports whether f tells the customer's name better than the best so far.
func betterName(f, best *DoNotAsk) bool {
	if best == nil || f.SlotID == customerNameSlot {
		return true
	}
	return best.SlotID != customerNameSlot &&
		cmp.Or(cmp.Compare(f.revision, best.revision), cmp.Compare(best.SlotID, f.SlotID)) > 0
}

// eachSlot calls visit for every slot that has values of its own or of links, in no particular order, with what is
// known from its own values, and from all. Each scope's name without entry is a slot.
func (v *View) eachSlot(visit func(e *entry, own, full *answer)) {
	v.compile()
	for e, g := range v.defined {
		visit(e, g.ownAnswer(e.slot.Type), v.answerFor(e))
		for _, target := range e.answers {
			// A slot without values of its own is visited once, for the first of its links that has any.
			if v.defined[target] == nil && v.firstSource(target) == e {
				visit(target, nil, v.answerFor(target))
			}
		}
	}
	for name, g := range v.undefined {
		seen := make(map[string]bool, 1)
		for _, f := range g.facts {
			if scope := f.meaningIn(v.dict).scope; !seen[scope] {
				seen[scope] = true
				here := v.undefinedAnswers(scope, name).here
				visit(undefinedEntry, here, here)
			}
		}
	}
}

func (v *View) firstSource(e *entry) *entry {
	for _, l := range e.links {
		if v.defined[l.from] != nil {
			return l.from
		}
	}
	return nil
}

// ownFact returns the slot's own value as a fact, if it has one to show or to withhold.
func (l *look) ownFact(e *entry, own *answer) (Fact, bool) {
	verdict := e.ownVerdict(own, l.now)
	if verdict.chosen == nil {
		return Fact{}, false
	}
	return l.fact(e, l.withhold(e, verdict)), true
}

// ownVerdict decides about what was stated for the slot itself. A value that the log masked is there, and invalid.
func (e *entry) ownVerdict(own *answer, now time.Time) verdict {
	if own == nil {
		return verdict{}
	}
	v := e.decide(own, once(now))
	if v.reason == ReasonSecret && e.slot.Sensitivity != SensitivitySecret {
		v.chosen, v.reason = &own.variants[0], ReasonInvalid
	}
	return v
}

// verifiedSecrets returns the secret slots that a verification stands for. The customer is not to be asked for them,
// although nothing was ever stated.
func (l *look) verifiedSecrets() []DoNotAsk {
	if l.view.dict == nil || len(l.view.state.Passports) == 0 {
		return nil
	}
	var all []DoNotAsk
	for _, e := range l.view.dict.secrets {
		if v := l.secret(e); v.passport != nil {
			all = append(all, DoNotAsk{
				SlotID: e.slot.ID, DisplayName: e.slot.Title(), StatedTime: v.passport.Time, Channel: v.passport.Channel,
				UntilTime: l.heldUntil(e.needs()), revision: v.passport.Revision,
			})
		}
	}
	return all
}

// heldUntil returns until when some verification of a level is valid; zero for ever.
func (l *look) heldUntil(least VerificationLevel) time.Time {
	var until time.Time
	for _, p := range l.judged().Passports {
		if p.Effective < least {
			continue
		}
		if p.ValidUntil.IsZero() {
			return time.Time{}
		}
		if p.ValidUntil.After(until) {
			until = p.ValidUntil
		}
	}
	return until
}

// interactions parts the interactions into those going on and those that are over.
func (s *State) interactions(now time.Time) (live, recent []*Interaction) {
	idle := slices.IndexFunc(s.Open, func(x *Interaction) bool { return x.idle(now) })
	if idle < 0 {
		return s.Open, s.Ended
	}
	recent = slices.Clone(s.Ended)
	for _, x := range s.Open {
		if x.idle(now) {
			recent = append(recent, x)
		} else {
			live = append(live, x)
		}
	}
	slices.SortStableFunc(recent, func(a, b *Interaction) int { return cmp.Compare(b.order(), a.order()) })
	return live, recent[:min(len(recent), MaxEndedInteractions)]
}

func (x *Interaction) idle(now time.Time) bool { return passed(x.LastEventTime.Add(LiveIdle), now) }
