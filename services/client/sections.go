package client

import "slices"

// apply takes the sections that changed over from part, which has no others, and what belongs to no section.
func (c *CustomerContext) apply(part *CustomerContext, changed []Section) {
	for _, s := range changed {
		c.applySection(part, s)
	}
	c.Customer, c.RequestedCustomer, c.View = part.Customer, part.RequestedCustomer, part.View
	c.Revision, c.RevisionTime, c.ConsistencyToken = part.Revision, part.RevisionTime, part.ConsistencyToken
	c.Freshness = part.Freshness
	c.Sections = mergeStatuses(c.Sections, part.Sections)
}

func (c *CustomerContext) applySection(part *CustomerContext, s Section) {
	switch s {
	case SectionIdentity:
		c.Identity = part.Identity
	case SectionVerifications:
		c.VerificationStatus, c.Verifications = part.VerificationStatus, part.Verifications
	case SectionFacts:
		c.Facts, c.FactsTotal = part.Facts, part.FactsTotal
	case SectionCases:
		c.OpenCases, c.RecentCases, c.ResumeCandidates = part.OpenCases, part.RecentCases, part.ResumeCandidates
	case SectionInteractions:
		c.LiveInteractions, c.RecentInteractions = part.LiveInteractions, part.RecentInteractions
		c.InteractionsTotal = part.InteractionsTotal
	case SectionHandoffs:
		c.PendingHandoffs, c.RecentHandoffs = part.PendingHandoffs, part.RecentHandoffs
	case SectionSentiment:
		c.Sentiment = part.Sentiment
	case SectionPersona:
		c.Persona, c.Audiences = part.Persona, part.Audiences
	case SectionStages:
		c.Stages = part.Stages
	case SectionFlowRuns:
		c.FlowRuns = part.FlowRuns
	case SectionDoNotAsk:
		c.DoNotAsk, c.Repeats = part.DoNotAsk, part.Repeats
	case SectionRecommendations:
		c.Recommendations = part.Recommendations
	case SectionConsents:
		c.Consents = part.Consents
	case SectionMerges:
		c.Merges = part.Merges
	case SectionBrief:
		c.Brief = part.Brief
	}
}

// mergeStatuses returns the statuses of all sections, the newer ones where there are any. It changes neither list.
func mergeStatuses(have, newer []SectionStatus) []SectionStatus {
	merged := slices.Clone(have)
	for _, s := range newer {
		i := slices.IndexFunc(merged, func(old SectionStatus) bool { return old.Section == s.Section })
		if i < 0 {
			merged = append(merged, s)
			continue
		}
		merged[i] = s
	}
	return merged
}
