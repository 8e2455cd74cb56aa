package wire

import (
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// laterPayload returns what happened, for the kinds that are about verifications, cases, handoffs, merges and what other
// services found out.
func laterPayload(e *logv1.Event) domain.Payload {
	switch p := e.GetPayload().(type) {
	case *logv1.Event_VerificationAttempted:
		v := p.VerificationAttempted
		return domain.VerificationAttempted{
			Method:        v.GetMethod(),
			Result:        domain.VerificationResult(v.GetResult()),
			Level:         domain.VerificationLevel(v.GetLevel()),
			RequiredLevel: domain.VerificationLevel(v.GetRequiredLevel()),
			Scopes:        v.GetScopes(),
			ExpireTime:    Time(v.GetExpireTime()),
		}
	case *logv1.Event_CustomerErased:
		return domain.CustomerErased{}
	case *logv1.Event_EventErased:
		return domain.EventErased{}
	case *logv1.Event_DoubleVerificationDetected:
		return domain.DoubleVerificationDetected{VerificationEventID: p.DoubleVerificationDetected.GetVerificationEventId()}
	case *logv1.Event_CaseOpened:
		c := p.CaseOpened
		return domain.CaseOpened{
			Subject: c.GetSubject(), Intent: c.GetIntent(), Priority: domain.CasePriority(c.GetPriority()),
			Promise: domain.Promised{Text: c.GetPromise(), DueTime: Time(c.GetPromiseDueTime())},
		}
	case *logv1.Event_CaseUpdated:
		c := p.CaseUpdated
		return domain.CaseUpdated{
			Subject: c.GetSubject(), Intent: c.GetIntent(), Priority: domain.CasePriority(c.GetPriority()), Status: c.GetStatus(),
			Promise:        domain.Promised{Text: c.GetPromise(), DueTime: Time(c.GetPromiseDueTime())},
			PromiseSettled: c.GetPromiseSettled(),
		}
	case *logv1.Event_CaseResolved:
		return domain.CaseResolved{Resolution: p.CaseResolved.GetResolution(), Code: p.CaseResolved.GetCode()}
	case *logv1.Event_CaseReopened:
		return domain.CaseReopened{Reason: p.CaseReopened.GetReason()}
	case *logv1.Event_CustomersMerged:
		return merged(e, p.CustomersMerged)
	case *logv1.Event_CustomersUnmerged:
		return domain.CustomersUnmerged{MergeID: p.CustomersUnmerged.GetMergeId(), Reason: p.CustomersUnmerged.GetReason()}
	case *logv1.Event_ConsentChanged:
		return domain.ConsentChanged{
			Purpose:    p.ConsentChanged.GetPurpose(),
			Status:     domain.ConsentStatus(p.ConsentChanged.GetStatus()),
			ExpireTime: Time(p.ConsentChanged.GetExpireTime()),
		}
	}
	if h := handoffPayload(e); h != nil {
		return h
	}
	return findingPayload(e)
}

// merged says from whose history the event is: each side of a merge has it.
func merged(e *logv1.Event, p *logv1.CustomersMerged) domain.Payload {
	m := domain.CustomersMerged{MergeID: p.GetMergeId(), Reason: p.GetReason()}
	switch e.GetCustomer() {
	case p.GetSurvivingCustomer():
		m.Other, m.Survives = customerID(p.GetMergedCustomer()), true
	case p.GetMergedCustomer():
		m.Other = customerID(p.GetSurvivingCustomer())
	default:
		return domain.Other{Type: typeNumber(e)}
	}
	return m
}

const customerPrefix = "customers/"

func customerID(name string) string { return name[min(len(customerPrefix), len(name)):] }

func handoffPayload(e *logv1.Event) domain.Payload {
	switch p := e.GetPayload().(type) {
	case *logv1.Event_HandoffOffered:
		h := p.HandoffOffered
		return domain.HandoffOffered{
			HandoffID:         h.GetHandoffId(),
			From:              actor(h.GetFrom()),
			To:                actor(h.GetTo()),
			Target:            h.GetTarget(),
			TargetChannel:     domain.Channel(h.GetTargetChannel()),
			TransferKind:      domain.TransferKind(h.GetTransferKind()),
			Reason:            h.GetReason(),
			Summary:           h.GetSummary(),
			Offered:           h.GetOfferedSlots(),
			ExpireTime:        Time(h.GetExpireTime()),
			PreviousHandoffID: h.GetPreviousHandoffId(),
		}
	case *logv1.Event_HandoffAccepted:
		return domain.HandoffAccepted{
			HandoffID:     p.HandoffAccepted.GetHandoffId(),
			By:            actor(p.HandoffAccepted.GetBy()),
			InteractionID: p.HandoffAccepted.GetInteractionId(),
		}
	case *logv1.Event_HandoffRead:
		return domain.HandoffRead{
			HandoffID: p.HandoffRead.GetHandoffId(), Read: p.HandoffRead.GetReadSlots(), Dropped: p.HandoffRead.GetDroppedSlots(),
		}
	case *logv1.Event_HandoffCompleted:
		return domain.HandoffCompleted{HandoffID: p.HandoffCompleted.GetHandoffId()}
	case *logv1.Event_HandoffDeclined:
		return domain.HandoffDeclined{HandoffID: p.HandoffDeclined.GetHandoffId(), Reason: p.HandoffDeclined.GetReason()}
	case *logv1.Event_HandoffExpired:
		return domain.HandoffExpired{HandoffID: p.HandoffExpired.GetHandoffId()}
	case *logv1.Event_HandoffCancelled:
		return domain.HandoffCancelled{HandoffID: p.HandoffCancelled.GetHandoffId(), Reason: p.HandoffCancelled.GetReason()}
	}
	return nil
}

func findingPayload(e *logv1.Event) domain.Payload {
	switch p := e.GetPayload().(type) {
	case *logv1.Event_PersonaAssigned:
		return domain.PersonaAssigned{
			PersonaID: p.PersonaAssigned.GetPersonaId(), Score: p.PersonaAssigned.GetScore(), Reason: p.PersonaAssigned.GetReason(),
		}
	case *logv1.Event_AudienceEntered:
		return domain.AudienceEntered{AudienceID: p.AudienceEntered.GetAudienceId(), Reason: p.AudienceEntered.GetReason()}
	case *logv1.Event_AudienceLeft:
		return domain.AudienceLeft{AudienceID: p.AudienceLeft.GetAudienceId()}
	case *logv1.Event_StageEntered:
		return domain.StageEntered{JourneyID: p.StageEntered.GetJourneyId(), StageID: p.StageEntered.GetStageId()}
	case *logv1.Event_RecommendationMade:
		r := p.RecommendationMade
		return domain.RecommendationMade{
			RecommendationID: r.GetRecommendationId(), Action: r.GetAction(), Probability: r.GetProbability(), Reason: r.GetReason(),
		}
	case *logv1.Event_SurveyAnswered:
		s := p.SurveyAnswered
		return domain.SurveyAnswered{
			Metric: domain.SurveyMetric(s.GetMetric()), Score: s.GetScore(), ScaleMin: s.GetScaleMin(), ScaleMax: s.GetScaleMax(),
		}
	}
	return domain.Other{Type: typeNumber(e)}
}
