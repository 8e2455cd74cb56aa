package domain

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ResumeCandidate is an open matter that a contact may be about.
type ResumeCandidate struct {
	// Case is nil when the matter is an interaction that broke off, and no case was made of it.
	Case *Case
	// InteractionID is the interaction that broke off, or the newest of the case; empty when the case has none.
	InteractionID string
	// Topic is what it is about; empty when nothing is known.
	Topic string
	// Likelihood is how likely the contact is about it: above 0 and below 1.
	Likelihood float64
	// Factors are what speaks for and against it, the weightiest first.
	Factors []ResumeFactor
	// Explanation tells it in a sentence, for people.
	Explanation   string
	LastEventTime time.Time
}

// ResumeFactorKind is what a factor looks at.
type ResumeFactorKind int32

// The kinds of factors, with the numbers of the contract.
const (
	ResumeFactorUnspecified ResumeFactorKind = iota
	ResumeRecency
	ResumeBrokenOff
	ResumeIntent
	ResumeChannel
	ResumePromise
	ResumePriority
	ResumeOnlyOne
	ResumeOthers
)

// ResumeFactor is one thing that speaks for a candidate, or against it.
type ResumeFactor struct {
	Kind ResumeFactorKind
	// Weight is in log-odds: positive speaks for it.
	Weight float64
	// Explanation says what was found, without any words of the customer's or about the matter.
	Explanation string
}

// Resume answers "is this about the same thing?": the matters that an asker's contact may be about, the likeliest
// first, at most MaxResumeCandidates, none that would be less likely than MinResumeLikelihood if it were the only one.
// Matters are the open cases, and the interactions of the last days that broke off without belonging to a case. What the
// asker's own interaction is about already is none.
func Resume(s *State, a Asker, now time.Time) []ResumeCandidate {
	matters := s.matters(s.completed(a), now)
	for i := range matters {
		matters[i].weigh(len(matters) == 1, now)
	}
	matters = slices.DeleteFunc(matters, func(m matter) bool { return m.likelihood < MinResumeLikelihood })
	slices.SortFunc(matters, matter.compare)
	compete(matters)
	matters = matters[:min(len(matters), MaxResumeCandidates)]
	if len(matters) == 0 {
		return nil
	}
	out := make([]ResumeCandidate, len(matters))
	for i := range matters {
		out[i] = matters[i].candidate(now)
	}
	return out
}

// completed adds to the asker what its interaction tells: where it is, and what it is about.
func (s *State) completed(a Asker) Asker {
	x := s.interactionByID(a.InteractionID)
	if x == nil {
		return a
	}
	if a.Channel == ChannelUnspecified {
		a.Channel = x.Channel
	}
	if a.Intent == "" && !x.HasSubject {
		a.Intent = x.Topic
	}
	return a
}

func (s *State) interactionByID(id string) *Interaction {
	for _, list := range [][]*Interaction{s.Open, s.Ended} {
		if i := slices.IndexFunc(list, func(x *Interaction) bool { return x.ID == id }); id != "" && i >= 0 {
			return list[i]
		}
	}
	return nil
}

// weigh adds up what speaks for the matter and against it.
func (m *matter) weigh(only bool, now time.Time) {
	fade, halfLife := resumeFadeBroken, halfLifeBroken
	if m.kase != nil {
		fade, halfLife = resumeFadeCase, halfLifeCase
	}
	m.factors = make([]ResumeFactor, 0, ResumeOthers)
	m.factor(ResumeRecency, recencyWeight(now.Sub(m.at), fade, halfLife), "touched "+ago(now.Sub(m.at)))
	switch m.broke {
	case brokeOff:
		m.factor(ResumeBrokenOff, weightBrokeOff, "its last interaction broke off")
	case wentSilent:
		m.factor(ResumeBrokenOff, weightWentSilent, "its last interaction has fallen silent without an end")
	case notBroken:
	}
	switch intent := m.intent(); {
	case intent == "" || m.asker.Intent == "":
	case FoldName(intent) == FoldName(m.asker.Intent):
		m.factor(ResumeIntent, weightSameIntent, "the intent is the same")
	case m.kase != nil || !m.about.HasSubject: // a subject in words may well mean the intent
		m.factor(ResumeIntent, weightOtherIntent, "the intent is another one")
	}
	switch {
	case !kindred(m.channel, m.asker.Channel):
	case m.channel == m.asker.Channel:
		m.factor(ResumeChannel, weightSameChannel, "it was in the same channel")
	default:
		m.factor(ResumeChannel, weightKinChannel, "it was in a kindred channel")
	}
	if m.kase != nil {
		m.weighCase(now)
	}
	if only {
		m.factor(ResumeOnlyOne, weightOnlyOne, "nothing else is open")
	}
	m.likelihood = likelihood(m.sum)
}

// compete takes from each matter what speaks for the others: a contact is about one of them, or about something else, and
// so their likelihoods add up to less than 1. The weight is such that the odds of a matter are against all the rest:
// those of the others and the even ones of something else.
func compete(matters []matter) {
	if len(matters) < 2 {
		return
	}
	all := 1.0
	for i := range matters {
		all += math.Exp(matters[i].sum)
	}
	explanation := "another matter may be meant"
	if n := len(matters) - 1; n > 1 {
		explanation = "one of " + strconv.Itoa(n) + " other matters may be meant"
	}
	for i := range matters {
		m := &matters[i]
		m.factor(ResumeOthers, thousandths(-math.Log(all-math.Exp(m.sum))), explanation)
		m.likelihood = likelihood(m.sum)
	}
}

func (m *matter) weighCase(now time.Time) {
	switch due := m.kase.Promise.DueTime; {
	case due.IsZero():
	case passed(due, now):
		m.factor(ResumePromise, weightOverdue, "a promise is overdue")
	case due.Sub(now) <= PromiseSoon:
		m.factor(ResumePromise, weightDueSoon, "a promise is due soon")
	}
	if w := priorityWeight(m.kase.Priority); w != 0 {
		m.factor(ResumePriority, w, "its priority is "+m.kase.Priority.String())
	}
}

func (m *matter) factor(kind ResumeFactorKind, weight float64, explanation string) {
	m.factors = append(m.factors, ResumeFactor{Kind: kind, Weight: weight, Explanation: explanation})
	m.sum += weight
}

// intent is the intent behind the matter, or what comes closest.
func (m *matter) intent() string {
	if m.kase != nil {
		return m.kase.Intent
	}
	return m.about.Topic
}

// compare puts the likelier matter first, and of equal ones the one touched last.
func (m matter) compare(n matter) int {
	return cmp.Or(
		cmp.Compare(n.likelihood, m.likelihood),
		n.at.Compare(m.at),
		cmp.Compare(n.revision, m.revision),
		strings.Compare(m.key(), n.key()),
	)
}

// key tells matters apart.
func (m *matter) key() string {
	if m.kase != nil {
		return "case " + m.kase.ID
	}
	return "interaction " + m.last.ID
}

func (m *matter) candidate(now time.Time) ResumeCandidate {
	slices.SortStableFunc(m.factors, func(x, y ResumeFactor) int {
		return cmp.Compare(math.Abs(y.Weight), math.Abs(x.Weight))
	})
	c := ResumeCandidate{
		Case: m.kase, Topic: m.topic(), Likelihood: m.likelihood, Factors: m.factors,
		Explanation: m.explain(now), LastEventTime: m.at,
	}
	if m.last != nil {
		c.InteractionID = m.last.ID
	} else {
		c.InteractionID = m.kase.LastInteraction()
	}
	return c
}

func (m *matter) topic() string {
	if m.kase != nil {
		return cmp.Or(m.kase.Subject, m.kase.Intent)
	}
	return m.about.Topic
}
