package domain

import "time"

// ContextView says which sections a context has, and how much of them. The numbers are the contract's.
type ContextView int32

// The views. Unspecified counts as Full.
const (
	ViewUnspecified ContextView = iota
	ViewFull
	ViewAgent
	ViewBot
	ViewIVR
)

// Section is a part of a context.
type Section int32

// The sections.
const (
	SectionUnspecified Section = iota
	SectionIdentity
	SectionVerifications
	SectionFacts
	SectionCases
	SectionInteractions
	SectionHandoffs
	SectionSentiment
	SectionPersona
	SectionStages
	SectionFlowRuns
	SectionDoNotAsk
	SectionRecommendations
	SectionConsents
	SectionMerges
	SectionBrief
)

// viewSections are the sections of each view, in the order of their numbers.
var viewSections = [...][]Section{
	ViewFull: {
		SectionIdentity, SectionVerifications, SectionFacts, SectionCases, SectionInteractions, SectionHandoffs, SectionSentiment,
		SectionPersona, SectionStages, SectionFlowRuns, SectionDoNotAsk, SectionRecommendations, SectionConsents, SectionMerges, SectionBrief,
	},
	ViewAgent: {
		SectionIdentity, SectionVerifications, SectionFacts, SectionCases, SectionInteractions, SectionHandoffs, SectionSentiment,
		SectionPersona, SectionStages, SectionFlowRuns, SectionDoNotAsk, SectionRecommendations, SectionConsents, SectionMerges, SectionBrief,
	},
	ViewBot: {
		SectionIdentity, SectionVerifications, SectionFacts, SectionCases, SectionInteractions, SectionHandoffs, SectionFlowRuns,
		SectionDoNotAsk, SectionRecommendations,
	},
	ViewIVR: {SectionIdentity, SectionVerifications, SectionCases, SectionHandoffs, SectionDoNotAsk},
}

// orFull returns the view that a number stands for.
func (v ContextView) orFull() ContextView {
	if v <= ViewUnspecified || int(v) >= len(viewSections) {
		return ViewFull
	}
	return v
}

// Sections returns the sections of a view. They must not be changed.
func (v ContextView) Sections() []Section { return viewSections[v.orFull()] }

// Completeness is how much of a section there is.
type Completeness int32

// The degrees.
const (
	CompletenessUnspecified Completeness = iota
	Complete
	Partial
	Missing
	Withheld
)

// IncompleteReason is why a section, or an answer, is not complete.
type IncompleteReason int32

// The reasons.
const (
	IncompleteUnspecified IncompleteReason = iota
	IncompleteTruncated
	IncompleteLogUnreachable
	IncompleteLogSlow
	IncompleteBehind
	IncompleteBuilding
	IncompleteNoDictionary
	IncompleteNotCleared
	IncompleteVerificationTooLow
	IncompleteConsentMissing
	IncompleteNoSource
	IncompleteMergedCustomerMissing
)

// SectionStatus is how complete and how old a section is.
type SectionStatus struct {
	Section      Section
	Completeness Completeness
	Reason       IncompleteReason
	// LastEventTime is when what it tells happened last; zero when it is empty.
	LastEventTime time.Time
}

// Degraded returns the statuses of an answer that may lack what happened last: what is complete as far as it goes is
// part of what there is.
func Degraded(sections []SectionStatus, why IncompleteReason) []SectionStatus {
	all := make([]SectionStatus, len(sections))
	for i, s := range sections {
		if s.Completeness == Complete {
			s.Completeness, s.Reason = Partial, why
		}
		all[i] = s
	}
	return all
}

// NothingKnown returns the statuses of an answer about a customer of whom nothing can be found out.
func NothingKnown(v ContextView, why IncompleteReason) []SectionStatus {
	return allAre(v, Missing, why)
}

func allAre(v ContextView, c Completeness, why IncompleteReason) []SectionStatus {
	all := make([]SectionStatus, len(v.Sections()))
	for i, s := range v.Sections() {
		all[i] = SectionStatus{Section: s, Completeness: c, Reason: why}
	}
	return all
}
