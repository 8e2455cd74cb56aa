package domain

import "time"

// statuses says of each section of the context's view how complete and how old it is. What the state has dropped for
// want of room cannot be seen; a list that is as long as it may be is taken for one that was cut.
func (c *Context) statuses(s *State, a Asker) []SectionStatus {
	all := make([]SectionStatus, 0, len(c.View.Sections()))
	for _, section := range c.View.Sections() {
		st := SectionStatus{Section: section, Completeness: Complete}
		c.judge(&st, s, a)
		all = append(all, st)
	}
	return all
}

// part marks a section of which something is left out.
func (st *SectionStatus) part(why IncompleteReason, left bool) {
	if left && st.Completeness == Complete {
		st.Completeness, st.Reason = Partial, why
	}
}

// none marks a section of whose kind nothing was ever reported.
func (st *SectionStatus) none(empty bool) {
	if empty {
		st.Completeness, st.Reason = Missing, IncompleteNoSource
	}
}

// at takes a time into account.
func (st *SectionStatus) at(t time.Time) {
	if t.After(st.LastEventTime) {
		st.LastEventTime = t
	}
}

func newest[T any](st *SectionStatus, all []T, at func(*T) time.Time) {
	for i := range all {
		st.at(at(&all[i]))
	}
}

func (c *Context) judge(st *SectionStatus, s *State, a Asker) {
	hidden := a.Clearance < SensitivityPersonal
	switch st.Section {
	case SectionIdentity:
		st.part(IncompleteNotCleared, hidden && len(s.Identifiers) > 0)
		st.part(IncompleteTruncated, len(s.Identifiers) >= MaxIdentifiers)
		st.at(s.LastSeen)
	case SectionVerifications:
		st.part(IncompleteTruncated, len(s.Passports) >= MaxPassports)
		newest(st, s.Passports, func(p **Passport) time.Time { return (*p).Time })
		st.at(s.FailedChecks.Time)
	case SectionFacts:
		c.judgeFacts(st)
	case SectionCases:
		st.part(IncompleteNotCleared, hidden && len(s.OpenCases)+len(s.ResolvedCases) > 0)
		st.part(IncompleteTruncated, len(s.OpenCases) >= MaxOpenCases || len(c.RecentCases) >= MaxResolvedCases)
		newest(st, c.OpenCases, func(p **Case) time.Time { return (*p).LastEventTime })
		newest(st, c.RecentCases, func(p **Case) time.Time { return (*p).LastEventTime })
		newest(st, c.Resume, func(p *ResumeCandidate) time.Time { return p.LastEventTime })
	case SectionInteractions:
		st.part(IncompleteNotCleared, hidden && s.InteractionsTotal > 0)
		st.part(IncompleteTruncated, c.InteractionsTotal > int64(len(c.Live)+len(c.Recent)) && c.View.orFull() != ViewBot)
		newest(st, c.Live, func(p **Interaction) time.Time { return (*p).LastEventTime })
		newest(st, c.Recent, func(p **Interaction) time.Time { return (*p).LastEventTime })
	case SectionHandoffs:
		st.part(IncompleteNotCleared, hidden && len(s.Handoffs) > 0)
		st.part(IncompleteTruncated, c.handoffsCut || len(s.Handoffs) >= MaxHandoffs)
		newest(st, c.PendingHandoffs, func(p **Handoff) time.Time { return (*p).touched() })
		newest(st, c.RecentHandoffs, func(p **Handoff) time.Time { return (*p).touched() })
	case SectionSentiment:
		st.none(c.Sentiment.Mood == MoodUnspecified)
		st.at(c.Sentiment.Time)
	case SectionPersona:
		st.none(c.Persona.Value == "" && len(c.Audiences) == 0)
		st.part(IncompleteTruncated, len(c.Audiences) >= MaxAudiences)
		st.at(c.Persona.Time)
		newest(st, c.Audiences, findingTime)
	case SectionStages:
		st.none(len(c.Stages) == 0)
		st.part(IncompleteTruncated, len(c.Stages) >= MaxStages)
		newest(st, c.Stages, findingTime)
	case SectionFlowRuns:
		st.part(IncompleteTruncated, len(s.FlowRuns) >= MaxFlowRuns)
		newest(st, c.FlowRuns, func(p **FlowRun) time.Time { return (*p).LastEventTime })
	case SectionDoNotAsk:
		st.part(IncompleteTruncated, c.doNotAskCut)
		newest(st, c.DoNotAsk, func(d *DoNotAsk) time.Time { return d.StatedTime })
	case SectionRecommendations:
		st.none(len(c.Recommendations) == 0)
		st.part(IncompleteTruncated, len(c.Recommendations) >= MaxRecommendations)
		newest(st, c.Recommendations, findingTime)
	case SectionConsents:
		st.part(IncompleteTruncated, len(c.Consents) >= MaxConsents)
		newest(st, s.Consents, func(p *Consent) time.Time { return p.Time })
	case SectionMerges:
		newest(st, c.Merges, func(p *Merge) time.Time { return p.Time })
	case SectionBrief:
		if hidden && s.Revision > 0 {
			st.Completeness, st.Reason = Withheld, IncompleteNotCleared
		}
		newest(st, c.Brief.Items, func(p *BriefItem) time.Time { return p.Time })
	case SectionUnspecified:
	}
}

func findingTime(f *Finding) time.Time { return f.Time }

// judgeFacts says whether facts are masked, before whether there are more.
func (c *Context) judgeFacts(st *SectionStatus) {
	masked := 0
	why := IncompleteUnspecified
	for i := range c.Facts {
		f := &c.Facts[i]
		st.at(f.Provenance.Time)
		if f.Withheld == ReasonUnspecified {
			continue
		}
		masked++
		if r := incomplete(f.Withheld); why == IncompleteUnspecified || r < why {
			why = r
		}
	}
	if why == IncompleteUnspecified {
		why = c.factsHidden
	}
	switch {
	case masked > 0 && masked == len(c.Facts), len(c.Facts) == 0 && why != IncompleteUnspecified:
		st.Completeness, st.Reason = Withheld, why
	case why != IncompleteUnspecified:
		st.Completeness, st.Reason = Partial, why
	}
	st.part(IncompleteTruncated, c.factsCut)
}

// incomplete returns what a reason to withhold a value makes of the section.
func incomplete(r DecisionReason) IncompleteReason {
	switch r {
	case ReasonNotCleared:
		return IncompleteNotCleared
	case ReasonVerificationTooLow:
		return IncompleteVerificationTooLow
	case ReasonConsentMissing:
		return IncompleteConsentMissing
	default:
		return IncompleteUnspecified
	}
}

// touched returns when something happened to the handoff last.
func (h *Handoff) touched() time.Time {
	t := h.OfferTime
	for _, u := range []time.Time{h.AcceptTime, h.FirstReadTime, h.EndTime} {
		if u.After(t) {
			t = u
		}
	}
	return t
}
