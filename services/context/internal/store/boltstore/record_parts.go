package boltstore

import (
	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

func toPassport(p *domain.Passport) *storagev1.Passport {
	return &storagev1.Passport{
		EventId:       p.EventID,
		Revision:      p.Revision,
		Method:        p.Method,
		Level:         int32(p.Level),
		Scopes:        p.Scopes,
		Time:          toTime(p.Time),
		Channel:       int32(p.Channel),
		InteractionId: p.InteractionID,
		Actor:         toActor(p.Actor),
		ExpireTime:    toTime(p.ExpireTime),
	}
}

func fromPassport(p *storagev1.Passport) *domain.Passport {
	return &domain.Passport{
		EventID:       p.GetEventId(),
		Revision:      p.GetRevision(),
		Method:        p.GetMethod(),
		Level:         domain.VerificationLevel(p.GetLevel()),
		Scopes:        p.GetScopes(),
		Time:          fromTime(p.GetTime()),
		Channel:       domain.Channel(p.GetChannel()),
		InteractionID: p.GetInteractionId(),
		Actor:         fromActor(p.GetActor()),
		ExpireTime:    fromTime(p.GetExpireTime()),
	}
}

func toCase(c *domain.Case) *storagev1.Case {
	return &storagev1.Case{
		Id:                 c.ID,
		Subject:            c.Subject,
		Intent:             c.Intent,
		Priority:           int32(c.Priority),
		Status:             c.Status,
		Promise:            toPromise(c.Promise),
		OpenTime:           toTime(c.OpenTime),
		LastEventTime:      toTime(c.LastEventTime),
		ResolveTime:        toTime(c.ResolveTime),
		Resolution:         c.Resolution,
		Code:               c.Code,
		Reopened:           c.Reopened,
		Interactions:       c.Interactions,
		RecentInteractions: c.RecentInteractions,
		LastChannel:        int32(c.LastChannel),
		LastRevision:       c.LastRevision,
		ChangeRevision:     c.ChangeRevision,
	}
}

func fromCase(c *storagev1.Case) *domain.Case {
	return &domain.Case{
		ID:                 c.GetId(),
		Subject:            c.GetSubject(),
		Intent:             c.GetIntent(),
		Priority:           domain.CasePriority(c.GetPriority()),
		Status:             c.GetStatus(),
		Promise:            fromPromise(c.GetPromise()),
		OpenTime:           fromTime(c.GetOpenTime()),
		LastEventTime:      fromTime(c.GetLastEventTime()),
		ResolveTime:        fromTime(c.GetResolveTime()),
		Resolution:         c.GetResolution(),
		Code:               c.GetCode(),
		Reopened:           c.GetReopened(),
		Interactions:       c.GetInteractions(),
		RecentInteractions: c.GetRecentInteractions(),
		LastChannel:        domain.Channel(c.GetLastChannel()),
		LastRevision:       c.GetLastRevision(),
		ChangeRevision:     c.GetChangeRevision(),
	}
}

func toHandoff(h *domain.Handoff) *storagev1.Handoff {
	return &storagev1.Handoff{
		Id:                    h.ID,
		Revision:              h.Revision,
		State:                 int32(h.State),
		From:                  toActor(h.From),
		To:                    toActor(h.To),
		Target:                h.Target,
		Channel:               int32(h.Channel),
		TargetChannel:         int32(h.TargetChannel),
		TransferKind:          int32(h.TransferKind),
		Reason:                h.Reason,
		Summary:               h.Summary,
		Offered:               h.Offered,
		Read:                  h.Read,
		Dropped:               h.Dropped,
		AskedAgain:            h.AskedAgain,
		OfferTime:             toTime(h.OfferTime),
		ExpireTime:            toTime(h.ExpireTime),
		AcceptTime:            toTime(h.AcceptTime),
		AcceptedBy:            toActor(h.AcceptedBy),
		AcceptEventId:         h.AcceptEventID,
		FirstReadTime:         toTime(h.FirstReadTime),
		EndTime:               toTime(h.EndTime),
		EndReason:             h.EndReason,
		InteractionId:         h.InteractionID,
		ReceiverInteractionId: h.ReceiverInteractionID,
		CaseId:                h.CaseID,
		Previous:              h.Previous,
		Hop:                   h.Hop,
	}
}

func fromHandoff(h *storagev1.Handoff) *domain.Handoff {
	return &domain.Handoff{
		ID:                    h.GetId(),
		Revision:              h.GetRevision(),
		State:                 domain.HandoffState(h.GetState()),
		From:                  fromActor(h.GetFrom()),
		To:                    fromActor(h.GetTo()),
		Target:                h.GetTarget(),
		Channel:               domain.Channel(h.GetChannel()),
		TargetChannel:         domain.Channel(h.GetTargetChannel()),
		TransferKind:          domain.TransferKind(h.GetTransferKind()),
		Reason:                h.GetReason(),
		Summary:               h.GetSummary(),
		Offered:               h.GetOffered(),
		Read:                  h.GetRead(),
		Dropped:               h.GetDropped(),
		AskedAgain:            h.GetAskedAgain(),
		OfferTime:             fromTime(h.GetOfferTime()),
		ExpireTime:            fromTime(h.GetExpireTime()),
		AcceptTime:            fromTime(h.GetAcceptTime()),
		AcceptedBy:            fromActor(h.GetAcceptedBy()),
		AcceptEventID:         h.GetAcceptEventId(),
		FirstReadTime:         fromTime(h.GetFirstReadTime()),
		EndTime:               fromTime(h.GetEndTime()),
		EndReason:             h.GetEndReason(),
		InteractionID:         h.GetInteractionId(),
		ReceiverInteractionID: h.GetReceiverInteractionId(),
		CaseID:                h.GetCaseId(),
		Previous:              h.GetPrevious(),
		Hop:                   h.GetHop(),
	}
}

func toRecentRepeat(r domain.RecentRepeat) *storagev1.RecentRepeat {
	return &storagev1.RecentRepeat{
		InteractionId: r.InteractionID,
		Slot:          r.Slot,
		Scope:         r.Scope,
		SlotId:        r.SlotID,
		Time:          toTime(r.Time),
		HandoffId:     r.HandoffID,
	}
}

func fromRecentRepeat(r *storagev1.RecentRepeat) domain.RecentRepeat {
	return domain.RecentRepeat{
		InteractionID: r.GetInteractionId(),
		Slot:          r.GetSlot(),
		Scope:         r.GetScope(),
		SlotID:        r.GetSlotId(),
		Time:          fromTime(r.GetTime()),
		HandoffID:     r.GetHandoffId(),
	}
}

func toFlowRun(f *domain.FlowRun) *storagev1.FlowRun {
	return &storagev1.FlowRun{
		Id:            f.ID,
		FlowId:        f.FlowID,
		Version:       f.Version,
		StepId:        f.StepID,
		InteractionId: f.InteractionID,
		Channel:       int32(f.Channel),
		StartTime:     toTime(f.StartTime),
		LastEventTime: toTime(f.LastEventTime),
		EndTime:       toTime(f.EndTime),
		Outcome:       int32(f.Outcome),
		FailedSteps:   f.FailedSteps,
		LastRevision:  f.LastRevision,
	}
}

func fromFlowRun(f *storagev1.FlowRun) *domain.FlowRun {
	return &domain.FlowRun{
		ID:            f.GetId(),
		FlowID:        f.GetFlowId(),
		Version:       f.GetVersion(),
		StepID:        f.GetStepId(),
		InteractionID: f.GetInteractionId(),
		Channel:       domain.Channel(f.GetChannel()),
		StartTime:     fromTime(f.GetStartTime()),
		LastEventTime: fromTime(f.GetLastEventTime()),
		EndTime:       fromTime(f.GetEndTime()),
		Outcome:       domain.FlowOutcome(f.GetOutcome()),
		FailedSteps:   f.GetFailedSteps(),
		LastRevision:  f.GetLastRevision(),
	}
}

func toFinding(f domain.Finding) *storagev1.Finding {
	return &storagev1.Finding{
		Id:     f.ID,
		Value:  f.Value,
		Score:  f.Score,
		Reason: f.Reason,
		Time:   toTime(f.Time),
	}
}

func fromFinding(f *storagev1.Finding) domain.Finding {
	return domain.Finding{
		ID:     f.GetId(),
		Value:  f.GetValue(),
		Score:  f.GetScore(),
		Reason: f.GetReason(),
		Time:   fromTime(f.GetTime()),
	}
}

func toConsent(c domain.Consent) *storagev1.Consent {
	return &storagev1.Consent{
		Purpose:    c.Purpose,
		Status:     int32(c.Status),
		Time:       toTime(c.Time),
		ExpireTime: toTime(c.ExpireTime),
	}
}

func fromConsent(c *storagev1.Consent) domain.Consent {
	return domain.Consent{
		Purpose:    c.GetPurpose(),
		Status:     domain.ConsentStatus(c.GetStatus()),
		Time:       fromTime(c.GetTime()),
		ExpireTime: fromTime(c.GetExpireTime()),
	}
}

func toMerge(m domain.Merge) *storagev1.Merge {
	return &storagev1.Merge{
		Id:       m.ID,
		Customer: m.Customer,
		Reason:   m.Reason,
		Time:     toTime(m.Time),
		Revision: m.Revision,
	}
}

func fromMerge(m *storagev1.Merge) domain.Merge {
	return domain.Merge{
		ID:       m.GetId(),
		Customer: m.GetCustomer(),
		Reason:   m.GetReason(),
		Time:     fromTime(m.GetTime()),
		Revision: m.GetRevision(),
	}
}

func toFailedChecks(f domain.FailedChecks) *storagev1.FailedChecks {
	if f == (domain.FailedChecks{}) {
		return nil
	}
	return &storagev1.FailedChecks{
		Count:  f.Count,
		Time:   toTime(f.Time),
		Method: f.Method,
	}
}

func fromFailedChecks(f *storagev1.FailedChecks) domain.FailedChecks {
	return domain.FailedChecks{
		Count:  f.GetCount(),
		Time:   fromTime(f.GetTime()),
		Method: f.GetMethod(),
	}
}

func toSurvey(s domain.Survey) *storagev1.Survey {
	if s == (domain.Survey{}) {
		return nil
	}
	return &storagev1.Survey{
		Metric:        int32(s.Metric),
		Score:         s.Score,
		ScaleMin:      s.ScaleMin,
		ScaleMax:      s.ScaleMax,
		Time:          toTime(s.Time),
		InteractionId: s.InteractionID,
	}
}

func fromSurvey(s *storagev1.Survey) domain.Survey {
	return domain.Survey{
		Metric:        domain.SurveyMetric(s.GetMetric()),
		Score:         s.GetScore(),
		ScaleMin:      s.GetScaleMin(),
		ScaleMax:      s.GetScaleMax(),
		Time:          fromTime(s.GetTime()),
		InteractionID: s.GetInteractionId(),
	}
}

func toPromise(p domain.Promise) *storagev1.Promise {
	if p == (domain.Promise{}) {
		return nil
	}
	return &storagev1.Promise{
		Text:    p.Text,
		DueTime: toTime(p.DueTime),
		Time:    toTime(p.Time),
		Actor:   toActor(p.Actor),
	}
}

func fromPromise(p *storagev1.Promise) domain.Promise {
	return domain.Promise{
		Text:    p.GetText(),
		DueTime: fromTime(p.GetDueTime()),
		Time:    fromTime(p.GetTime()),
		Actor:   fromActor(p.GetActor()),
	}
}

// toPersona and toMergedInto store nothing for what there is not.
func toPersona(f domain.Finding) *storagev1.Finding {
	if f == (domain.Finding{}) {
		return nil
	}
	return toFinding(f)
}

func toMergedInto(m domain.Merge) *storagev1.Merge {
	if m == (domain.Merge{}) {
		return nil
	}
	return toMerge(m)
}
