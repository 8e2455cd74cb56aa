package server

import (
	"encoding/binary"
	"strings"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/aip"
)

// caseMessage returns a customer's case as message. The time is needed to say whether a promise is overdue.
func caseMessage(customer string, c *domain.Case, now time.Time) *contextv1.Case {
	state := contextv1.CaseState_CASE_STATE_OPEN
	if !c.Open() {
		state = contextv1.CaseState_CASE_STATE_RESOLVED
	}
	return &contextv1.Case{
		Name:              caseName(customer, c.ID),
		CaseId:            c.ID,
		Subject:           c.Subject,
		Intent:            c.Intent,
		Priority:          logv1.CasePriority(c.Priority),
		State:             state,
		Status:            c.Status,
		Promise:           promiseMessage(c.Promise, now),
		OpenTime:          wire.Timestamp(c.OpenTime),
		LastEventTime:     wire.Timestamp(c.LastEventTime),
		ResolveTime:       wire.Timestamp(c.ResolveTime),
		Resolution:        c.Resolution,
		ResolutionCode:    c.Code,
		Reopened:          c.Reopened,
		Interactions:      c.Interactions,
		LastInteractionId: c.LastInteraction(),
		LastChannel:       logv1.Channel(c.LastChannel),
		Etag:              caseEtag(customer, c),
	}
}

// caseName returns the resource name of a case.
func caseName(customer, id string) string { return customerName(customer) + casesPart + id }

// caseIDs returns the ids in a case's name, which the contract's rules have checked.
func caseIDs(name string) (customer, id string) {
	customer, id, _ = strings.Cut(name, casesPart)
	return projector.CustomerID(customer), id
}

const casesPart = "/cases/"

func promiseMessage(p domain.Promise, now time.Time) *contextv1.Promise {
	if p.Text == "" {
		return nil
	}
	return &contextv1.Promise{
		Text: p.Text, DueTime: wire.Timestamp(p.DueTime), MakeTime: wire.Timestamp(p.Time), Actor: actorMessage(p.Actor),
		Overdue: !p.DueTime.IsZero() && now.After(p.DueTime),
	}
}

// caseEtag changes with every change of the case, and not when the customer merely talks about it: an agent who edits
// must not be refused because a message came in. The content is part of it for the day on which a log is restored and
// gives revisions out again.
func caseEtag(customer string, c *domain.Case) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.ChangeRevision))
	for _, text := range []string{customer, c.ID, c.Subject, c.Intent, c.Status, c.Promise.Text, c.Resolution, c.Code} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	return aip.Etag(append(b, byte(c.Priority)))
}

// resumeMessage returns a candidate to go on with as message.
func resumeMessage(customer string, r domain.ResumeCandidate) *contextv1.ResumeCandidate {
	m := &contextv1.ResumeCandidate{
		InteractionId: r.InteractionID,
		Topic:         r.Topic,
		Likelihood:    r.Likelihood,
		Factors:       each(r.Factors, resumeFactor),
		Explanation:   r.Explanation,
		LastEventTime: wire.Timestamp(r.LastEventTime),
	}
	if r.Case != nil {
		m.Case = caseName(customer, r.Case.ID)
	}
	return m
}

func resumeFactor(f *domain.ResumeFactor) *contextv1.ResumeFactor {
	return &contextv1.ResumeFactor{Kind: contextv1.ResumeFactorKind(f.Kind), Weight: f.Weight, Explanation: f.Explanation}
}
