package server

import (
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// contextMessage returns a context built at a moment as message, without its freshness and its sections' statuses. Cases
// and handoffs go by the name of the customer in whose history they are.
func (j *joined) contextMessage(token string, c *domain.Context, now time.Time) *contextv1.CustomerContext {
	m := &contextv1.CustomerContext{
		Customer:           customerName(j.root),
		Revision:           c.Revision,
		RevisionTime:       wire.Timestamp(c.RevisionTime),
		ConsistencyToken:   token,
		View:               contextv1.ContextView(c.View),
		Facts:              each(c.Facts, factMessage),
		FactsTotal:         int32(c.FactsTotal),
		LiveInteractions:   each(c.Live, interactionMessage),
		RecentInteractions: each(c.Recent, interactionMessage),
		InteractionsTotal:  c.InteractionsTotal,
		DoNotAsk:           each(c.DoNotAsk, doNotAskMessage),
		Verifications:      each(c.Standing.Passports, func(j *domain.JudgedPassport) *contextv1.Verification { return verificationMessage(*j) }),
		OpenCases:          each(c.OpenCases, func(p **domain.Case) *contextv1.Case { return j.caseMessage(*p, now) }),
		RecentCases:        each(c.RecentCases, func(p **domain.Case) *contextv1.Case { return j.caseMessage(*p, now) }),
		ResumeCandidates:   each(c.Resume, j.resumeMessage),
		PendingHandoffs:    each(c.PendingHandoffs, func(p **domain.Handoff) *contextv1.Handoff { return j.handoffMessage(*p, now) }),
		RecentHandoffs:     each(c.RecentHandoffs, func(p **domain.Handoff) *contextv1.Handoff { return j.handoffMessage(*p, now) }),
		Sentiment:          sentimentMessage(c.Sentiment),
		Persona:            personaMessage(c.Persona),
		Audiences:          each(c.Audiences, audienceMessage),
		Stages:             each(c.Stages, stageMessage),
		FlowRuns:           each(c.FlowRuns, flowRunMessage),
		Recommendations:    each(c.Recommendations, recommendationMessage),
		Consents:           each(c.Consents, consentMessage),
		Merges:             each(c.Merges, func(m *domain.Merge) *contextv1.Merge { return mergeMessage(*m) }),
	}
	if c.Standing.Level != domain.VerificationUnspecified {
		m.VerificationStatus = statusMessage(c.Standing, &domain.State{FailedChecks: c.FailedChecks})
	}
	if !c.Identity.FirstSeen.IsZero() {
		m.Identity = identityMessage(&c.Identity)
		m.Repeats = repeatsMessage(c.Repeats)
	}
	if len(c.Brief.Items) > 0 {
		m.Brief = &contextv1.Brief{Text: c.Brief.Text, Items: each(c.Brief.Items, briefItem)}
	}
	return m
}

// caseMessage returns a case as its holder has it: the etag is the one that a change of it is held against.
func (j *joined) caseMessage(c *domain.Case, now time.Time) *contextv1.Case {
	if len(j.members) == 0 {
		return caseMessage(j.root, c, now)
	}
	holder := j.caseHolder(c.ID)
	m := caseMessage(holder, c, now)
	for _, s := range j.states() {
		if own, err := s.Case(c.ID); err == nil {
			m.Etag = caseEtag(holder, own)
			break
		}
	}
	return m
}

func (j *joined) resumeMessage(r *domain.ResumeCandidate) *contextv1.ResumeCandidate {
	holder := j.root
	if r.Case != nil && len(j.members) > 0 {
		holder = j.caseHolder(r.Case.ID)
	}
	return resumeMessage(holder, *r)
}

func (j *joined) handoffMessage(h *domain.Handoff, now time.Time) *contextv1.Handoff {
	holder := j.root
	if len(j.members) > 0 {
		holder = j.holder(hasHandoff(h.ID))
	}
	return handoffMessage(holder, h, now)
}

func identityMessage(i *domain.Identity) *contextv1.Identity {
	return &contextv1.Identity{
		DisplayName:   i.DisplayName,
		Identifiers:   each(i.Identifiers, linkedIdentifier),
		FirstSeenTime: wire.Timestamp(i.FirstSeen),
		LastSeenTime:  wire.Timestamp(i.LastSeen),
		Locale:        i.Locale,
	}
}

func repeatsMessage(r domain.RepeatSummary) *contextv1.RepeatSummary {
	return &contextv1.RepeatSummary{
		QuestionsAsked: r.QuestionsAsked, QuestionsAvoided: r.QuestionsAvoided, Repeats: r.Repeats,
		Verifications: r.Verifications, DoubleVerifications: r.DoubleVerifications,
	}
}

func doNotAskMessage(d *domain.DoNotAsk) *contextv1.DoNotAsk {
	return &contextv1.DoNotAsk{
		SlotId:      d.SlotID,
		DisplayName: d.DisplayName,
		StatedTime:  wire.Timestamp(d.StatedTime),
		Channel:     logv1.Channel(d.Channel),
		UntilTime:   wire.Timestamp(d.UntilTime),
	}
}

func briefItem(i *domain.BriefItem) *contextv1.BriefItem {
	return &contextv1.BriefItem{Kind: contextv1.BriefItemKind(i.Kind), Text: i.Text, Time: wire.Timestamp(i.Time)}
}

// sectionMessages makes all at once: every answer has some fifteen of them.
func sectionMessages(all []domain.SectionStatus) []*contextv1.SectionStatus {
	messages := make([]contextv1.SectionStatus, len(all))
	out := make([]*contextv1.SectionStatus, len(all))
	for i, s := range all {
		m := &messages[i]
		m.Section = contextv1.ContextSection(s.Section)
		m.Completeness = contextv1.Completeness(s.Completeness)
		m.Reason = contextv1.IncompleteReason(s.Reason)
		m.LastEventTime = wire.Timestamp(s.LastEventTime)
		out[i] = m
	}
	return out
}
