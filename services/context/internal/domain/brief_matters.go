package domain

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sayActor tells who: what kind of participant, and which.
func sayActor(a Actor) string {
	if a.ID == "" {
		return a.Kind.String()
	}
	return a.Kind.String() + " " + shorten(oneLine(a.ID), 40)
}

// verificationLine tells how surely the customer is identified: that nobody has checked, too, because it is the first thing
// that an agent has to know. Nothing where it cannot be told.
func verificationLine(c *Context) (string, time.Time) {
	if c.Revision == 0 || c.Standing.Level == VerificationUnspecified {
		return "", time.Time{}
	}
	failed := ""
	at := c.FailedChecks.Time
	if n := c.FailedChecks.Count; n > 0 {
		failed = count(n, "failed check")
		if c.FailedChecks.Method != "" {
			failed += ", last " + shorten(c.FailedChecks.Method, 30)
		}
		failed += " " + sayTime(at)
	}
	if len(c.Standing.Passports) == 0 {
		if failed == "" {
			return "Not verified.", at
		}
		return "Not verified: " + failed + ".", at
	}
	best := &c.Standing.Passports[0]
	for i := range c.Standing.Passports {
		if p := &c.Standing.Passports[i]; p.Effective > best.Effective {
			best = p
		}
	}
	if best.Time.After(at) {
		at = best.Time
	}
	var b strings.Builder
	if c.Standing.Level > VerificationNone {
		b.WriteString("Verified: " + c.Standing.Level.String())
	} else {
		b.WriteString("Not verified any more: was " + best.Level.String())
	}
	if best.Method != "" {
		b.WriteString(" by " + shorten(best.Method, 30))
	}
	b.WriteString(" in " + best.Channel.String() + " " + sayTime(best.Time))
	if until := c.Standing.ValidUntil; c.Standing.Level > VerificationNone && !until.IsZero() {
		b.WriteString(", until " + sayEnding(until, best.Time))
	}
	if failed != "" {
		b.WriteString("; since then " + failed)
	}
	return b.String() + ".", at
}

// handoffLine tells of the newest handoff that waits or is in a receiver's hands: from whom, why, and what the giver says.
func handoffLine(c *Context) (string, time.Time) {
	h := c.Handover()
	if h == nil {
		return "", time.Time{}
	}
	var b strings.Builder
	if h.State == HandoffOffering {
		b.WriteString("Offered by " + sayActor(h.From))
	} else {
		b.WriteString("Handed over by " + sayActor(h.From))
	}
	to := h.To
	if h.State == HandoffTaken {
		to = h.AcceptedBy
	}
	switch {
	case to != (Actor{}):
		b.WriteString(" to " + sayActor(to))
	case h.Target != "":
		b.WriteString(" to " + shorten(oneLine(h.Target), 40))
	}
	b.WriteString(" " + sayTime(h.OfferTime))
	if h.Reason != "" {
		b.WriteString(", reason: " + shorten(oneLine(h.Reason), 60))
	}
	b.WriteByte('.')
	if h.Summary != "" {
		b.WriteString(" " + h.Summary)
	}
	return b.String(), h.touched()
}

// title returns what a case is called: its subject, or else its intent or id.
func (c *Case) title() string { return cmp.Or(c.Subject, c.Intent, c.ID) }

// caseLine tells of the open matter touched last, and how many more there are.
func caseLine(c *Context) (string, time.Time) {
	if len(c.OpenCases) == 0 {
		return "", time.Time{}
	}
	x := c.OpenCases[0]
	s := "Open: " + shorten(oneLine(x.title()), 90)
	if x.Priority != PriorityNormal && x.Priority != PriorityUnspecified {
		s += ", priority " + x.Priority.String()
	}
	if x.Status != "" {
		s += ", " + shorten(oneLine(x.Status), 40)
	}
	s += ", since " + x.OpenTime.UTC().Format(time.DateOnly)
	if x.Reopened > 0 {
		s += ", reopened " + count(x.Reopened, "time")
	}
	if x.Interactions > 1 {
		s += ", " + count(x.Interactions, "interaction")
	}
	if n := len(c.OpenCases) - 1; n > 0 {
		s += "; and " + strconv.Itoa(n) + " more open"
	}
	return s + ".", x.LastEventTime
}

func promiseLine(c *Context) (string, time.Time) {
	if c.Owed == nil {
		return "", time.Time{}
	}
	p := c.Owed.Promise
	s := "Promised"
	if p.Actor != (Actor{}) {
		s += " by " + sayActor(p.Actor)
	}
	s += " " + p.Time.UTC().Format(time.DateOnly) + ": " + shorten(oneLine(p.Text), 80)
	switch {
	case p.DueTime.IsZero():
	case c.Owed.Overdue:
		s += "; overdue since " + sayTime(p.DueTime)
	default:
		s += "; due " + sayTime(p.DueTime)
	}
	return s + ".", p.Time
}

// What the line about what was tried lists at most.
const (
	maxTriedRuns   = 2
	maxTriedPeople = 3
)

// triedLine tells what was tried before: flows that went wrong, handoffs that came to nothing, and who has spoken with the
// customer.
func triedLine(c *Context) (string, time.Time) {
	var parts []string
	var at time.Time
	seen := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	for _, r := range c.FlowRuns {
		if s := triedRun(c, r); s != "" && len(parts) < maxTriedRuns {
			parts = append(parts, s)
			seen(r.LastEventTime)
		}
	}
	if h, n := inVain(c.RecentHandoffs); n > 0 {
		s := "a handoff by "
		if n > 1 {
			s = count(n, "handoff") + " in vain, the last by "
		}
		s += sayActor(h.From) + " " + sayEnd(h)
		if h.EndReason != "" {
			s += " (" + shorten(oneLine(h.EndReason), 40) + ")"
		}
		parts = append(parts, s)
		seen(h.touched())
	}
	if people, last := spokenWith(c); len(people) > 0 {
		parts = append(parts, "spoken with "+strings.Join(people, ", "))
		seen(last)
	}
	if len(parts) == 0 {
		return "", at
	}
	return "Tried: " + strings.Join(parts, "; ") + ".", at
}

// triedRun tells of a run that went wrong; empty when it did not.
func triedRun(c *Context, r *FlowRun) string {
	how := ""
	switch r.Outcome {
	case FlowOutcomeAbandoned:
		how = "abandoned"
	case FlowOutcomeEscalated:
		how = "escalated"
	case FlowOutcomeFailed:
		how = "failed"
	case FlowOutcomeUnspecified, FlowOutcomeCompleted:
	}
	if how == "" && r.FailedSteps == 0 {
		return ""
	}
	s := shorten(cmp.Or(r.FlowID, "a flow"), 50) + " in " + r.Channel.String()
	if how != "" {
		s += " " + how
	}
	if r.StepID != "" {
		s += " at " + shorten(r.StepID, 50)
	}
	if r.FailedSteps > 0 {
		s += ", " + count(r.FailedSteps, "failed step")
		if why := failure(c, r); why != "" {
			s += " (" + shorten(oneLine(why), 40) + ")"
		}
	}
	return s
}

// failure returns why the run's step failed last, as far as its interaction knows.
func failure(c *Context, r *FlowRun) string {
	for _, list := range [][]*Interaction{c.Live, c.Recent} {
		for _, x := range list {
			if x.ID == r.InteractionID && x.LastFailedStep == r.StepID {
				return x.LastFailure
			}
		}
	}
	return ""
}

// inVain returns the newest of the handoffs that nobody brought to their end, and how many there are.
func inVain(handoffs []*Handoff) (last *Handoff, n int64) {
	for _, h := range handoffs {
		if h.State == HandoffDone {
			continue
		}
		if n++; last == nil {
			last = h
		}
	}
	return last, n
}

// sayEnd tells how a handoff ended that came to nothing. Whose offer has lapsed without an event is not said to have been
// refused.
func sayEnd(h *Handoff) string {
	switch h.State {
	case HandoffRefused:
		return "declined"
	case HandoffWithdrawn:
		return "cancelled"
	default:
		return "expired"
	}
}

// spokenWith returns the people who have taken part, newest first, but for the one who speaks with the customer now and the
// one whom the line about the handoff names.
func spokenWith(c *Context) (people []string, last time.Time) {
	now, giver := "", ""
	if len(c.Live) > 0 {
		now = sayActor(c.Live[0].LastParticipant)
	}
	if len(c.PendingHandoffs) > 0 {
		giver = sayActor(c.PendingHandoffs[0].From)
	}
	for _, list := range [][]*Interaction{c.Live, c.Recent} {
		for _, x := range list {
			p := x.LastParticipant
			if p.Kind != ActorAgent && p.Kind != ActorSupervisor || p.ID == "" {
				continue
			}
			s := sayActor(p)
			if s == now || s == giver || slices.Contains(people, s) || len(people) >= maxTriedPeople {
				continue
			}
			people = append(people, s)
			if x.LastEventTime.After(last) {
				last = x.LastEventTime
			}
		}
	}
	return people, last
}

var metricNames = [...]string{"survey", "CSAT", "NPS", "CES", "survey"}

func moodLine(c *Context) (string, time.Time) {
	m := c.Sentiment
	if m.Mood == MoodUnspecified {
		return "", time.Time{}
	}
	return "Mood: " + m.Mood.String() + " (" + nameOf(metricNames[:], int(m.Metric)) + " of " + m.Time.UTC().Format(time.DateOnly) + ").", m.Time
}
