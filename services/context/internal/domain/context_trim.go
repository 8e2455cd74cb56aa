package domain

import (
	"slices"
	"time"
)

// What the agent's view lists at most.
const (
	maxAgentFacts        = 60
	maxAgentInteractions = 10
)

// trim leaves only what the context's view has.
func (c *Context) trim() {
	switch c.View {
	case ViewAgent:
		c.trimForAgent()
	case ViewBot:
		c.trimForBot()
	case ViewIVR:
		c.trimForBot()
		c.Facts, c.FactsTotal, c.factsCut = nil, 0, false
		c.Live, c.InteractionsTotal = nil, 0
		c.FlowRuns, c.Recommendations, c.RecentHandoffs = nil, nil, nil
	case ViewUnspecified, ViewFull:
	}
}

// trimForAgent leaves what fits on a desktop.
func (c *Context) trimForAgent() {
	if len(c.Facts) > maxAgentFacts {
		c.Facts, c.factsCut = c.Facts[:maxAgentFacts], true
	}
	for i := range c.Facts {
		c.Facts[i].Alternatives = nil
	}
	c.Live = c.Live[:min(len(c.Live), maxAgentInteractions)]
	c.Recent = c.Recent[:min(len(c.Recent), maxAgentInteractions-len(c.Live))]
	consents := make([]Consent, len(c.Consents))
	for i, x := range c.Consents {
		consents[i] = Consent{Purpose: x.Purpose, Status: x.Status}
	}
	c.Consents = consents
}

// trimForBot leaves what a program can act on: no words of people but what names the matter.
func (c *Context) trimForBot() {
	usable := c.Facts[:0]
	for i := range c.Facts {
		switch f := &c.Facts[i]; {
		case f.Withheld != ReasonUnspecified:
			if r := incomplete(f.Withheld); c.factsHidden == IncompleteUnspecified || r < c.factsHidden {
				c.factsHidden = r
			}
		case f.Status == FactFresh:
			usable = append(usable, *f)
		}
	}
	c.Facts = usable
	live := make([]*Interaction, len(c.Live))
	for i, x := range c.Live {
		short := *x
		short.LastCustomerMessage = ""
		if short.HasSubject {
			short.Topic = ""
		}
		live[i] = &short
	}
	c.Live, c.Recent = live, nil
	c.RecentCases = nil
	c.PendingHandoffs, c.RecentHandoffs = withoutSummary(c.PendingHandoffs), withoutSummary(c.RecentHandoffs)
	runs := c.FlowRuns
	for i, r := range runs {
		if !r.EndTime.IsZero() {
			c.FlowRuns = runs[:i]
			break
		}
	}
	c.Sentiment, c.Persona, c.Audiences, c.Stages = Sentiment{}, Finding{}, nil, nil
	c.Consents, c.Merges = nil, nil
	c.Brief = Brief{}
}

func withoutSummary(all []*Handoff) []*Handoff {
	short := make([]*Handoff, len(all))
	for i, h := range all {
		x := *h
		x.Summary = ""
		short[i] = &x
	}
	return short
}

// conceal takes out what is PERSONAL when the asker is not cleared for it. Facts were looked at one by one before; what
// the rest tells has no sensitivity of its own.
func (c *Context) conceal(a Asker) {
	if a.Clearance >= SensitivityPersonal {
		return
	}
	c.Identity.Identifiers = nil
	hide(&c.Identity.DisplayName)
	c.Live, c.Recent = concealed(c.Live), concealed(c.Recent)
	c.OpenCases, c.RecentCases = concealedCases(c.OpenCases), concealedCases(c.RecentCases)
	if c.Owed != nil {
		o := *c.Owed
		o.Case = concealedCases([]*Case{o.Case})[0]
		c.Owed = &o
	}
	candidates := slices.Clone(c.Resume)
	for i := range candidates {
		hide(&candidates[i].Topic)
		hide(&candidates[i].Explanation)
	}
	c.Resume = candidates
	c.PendingHandoffs, c.RecentHandoffs = concealedHandoffs(c.PendingHandoffs), concealedHandoffs(c.RecentHandoffs)
	c.NextStep, c.Brief = "", Brief{}
}

func hide(s *string) {
	if *s != "" {
		*s = Mask
	}
}

func concealed(all []*Interaction) []*Interaction {
	masked := make([]*Interaction, len(all))
	for i, x := range all {
		y := *x
		hide(&y.Topic)
		hide(&y.LastCustomerMessage)
		hide(&y.Note)
		masked[i] = &y
	}
	return masked
}

func concealedCases(all []*Case) []*Case {
	masked := make([]*Case, len(all))
	for i, x := range all {
		y := *x
		hide(&y.Subject)
		hide(&y.Promise.Text)
		hide(&y.Resolution)
		masked[i] = &y
	}
	return masked
}

func concealedHandoffs(all []*Handoff) []*Handoff {
	masked := make([]*Handoff, len(all))
	for i, h := range all {
		x := *h
		hide(&x.Summary)
		masked[i] = &x
	}
	return masked
}

// refused says that everything but the consents is withheld: the customer does not want to be known for the purpose.
func (c *Context) refused(s *State) []SectionStatus {
	all := allAre(c.View, Withheld, IncompleteConsentMissing)
	for i := range all {
		if all[i].Section == SectionConsents {
			all[i] = SectionStatus{Section: SectionConsents, Completeness: Complete}
			newest(&all[i], s.Consents, func(p *Consent) time.Time { return p.Time })
		}
	}
	return all
}
