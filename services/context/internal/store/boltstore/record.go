package boltstore

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Records are public messages of package storage.context.v1. Every field of the domain's structs has its place there: a
// test fills each by reflection and compares what comes back.

func toTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func fromTime(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

func convert[A, B any](in []A, one func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = one(v)
	}
	return out
}

func toState(s *domain.State) *storagev1.State {
	return &storagev1.State{
		Revision:          s.Revision,
		RevisionTime:      toTime(s.RevisionTime),
		FirstSeen:         toTime(s.FirstSeen),
		LastSeen:          toTime(s.LastSeen),
		Locale:            s.Locale,
		Identifiers:       convert(s.Identifiers, toIdentifier),
		Facts:             convert(s.Facts, toFacts),
		Open:              convert(s.Open, toInteraction),
		Ended:             convert(s.Ended, toInteraction),
		InteractionsTotal: s.InteractionsTotal,
		QuestionsAsked:    s.QuestionsAsked,
		QuestionsAvoided:  s.QuestionsAvoided,
		Repeats:           s.Repeats,

		Passports:           convert(s.Passports, toPassport),
		FailedChecks:        toFailedChecks(s.FailedChecks),
		Verifications:       s.Verifications,
		DoubleVerifications: s.DoubleVerifications,
		OpenCases:           convert(s.OpenCases, toCase),
		ResolvedCases:       convert(s.ResolvedCases, toCase),
		Handoffs:            convert(s.Handoffs, toHandoff),
		RecentRepeats:       convert(s.RecentRepeats, toRecentRepeat),
		FlowRuns:            convert(s.FlowRuns, toFlowRun),
		Survey:              toSurvey(s.Survey),
		Persona:             toPersona(s.Persona),
		Audiences:           convert(s.Audiences, toFinding),
		Stages:              convert(s.Stages, toFinding),
		Recommendations:     convert(s.Recommendations, toFinding),
		Consents:            convert(s.Consents, toConsent),
		Merges:              convert(s.Merges, toMerge),
		MergedInto:          toMergedInto(s.MergedInto),
		Erased:              toTime(s.Erased),
	}
}

func fromState(s *storagev1.State) *domain.State {
	return &domain.State{
		Revision:          s.GetRevision(),
		RevisionTime:      fromTime(s.GetRevisionTime()),
		FirstSeen:         fromTime(s.GetFirstSeen()),
		LastSeen:          fromTime(s.GetLastSeen()),
		Locale:            s.GetLocale(),
		Identifiers:       convert(s.GetIdentifiers(), fromIdentifier),
		Facts:             convert(s.GetFacts(), fromFacts),
		Open:              convert(s.GetOpen(), fromInteraction),
		Ended:             convert(s.GetEnded(), fromInteraction),
		InteractionsTotal: s.GetInteractionsTotal(),
		QuestionsAsked:    s.GetQuestionsAsked(),
		QuestionsAvoided:  s.GetQuestionsAvoided(),
		Repeats:           s.GetRepeats(),

		Passports:           convert(s.GetPassports(), fromPassport),
		FailedChecks:        fromFailedChecks(s.GetFailedChecks()),
		Verifications:       s.GetVerifications(),
		DoubleVerifications: s.GetDoubleVerifications(),
		OpenCases:           convert(s.GetOpenCases(), fromCase),
		ResolvedCases:       convert(s.GetResolvedCases(), fromCase),
		Handoffs:            convert(s.GetHandoffs(), fromHandoff),
		RecentRepeats:       convert(s.GetRecentRepeats(), fromRecentRepeat),
		FlowRuns:            convert(s.GetFlowRuns(), fromFlowRun),
		Survey:              fromSurvey(s.GetSurvey()),
		Persona:             fromFinding(s.GetPersona()),
		Audiences:           convert(s.GetAudiences(), fromFinding),
		Stages:              convert(s.GetStages(), fromFinding),
		Recommendations:     convert(s.GetRecommendations(), fromFinding),
		Consents:            convert(s.GetConsents(), fromConsent),
		Merges:              convert(s.GetMerges(), fromMerge),
		MergedInto:          fromMerge(s.GetMergedInto()),
		Erased:              fromTime(s.GetErased()),
	}
}

func toIdentifier(l domain.LinkedIdentifier) *storagev1.LinkedIdentifier {
	return &storagev1.LinkedIdentifier{
		Type:          int32(l.Identifier.Type),
		Value:         l.Identifier.Value,
		Origin:        int32(l.Origin),
		LinkTime:      toTime(l.LinkTime),
		EventId:       l.EventID,
		InteractionId: l.InteractionID,
	}
}

func fromIdentifier(l *storagev1.LinkedIdentifier) domain.LinkedIdentifier {
	return domain.LinkedIdentifier{
		Identifier:    domain.Identifier{Type: domain.IdentifierType(l.GetType()), Value: l.GetValue()},
		Origin:        domain.LinkOrigin(l.GetOrigin()),
		LinkTime:      fromTime(l.GetLinkTime()),
		EventID:       l.GetEventId(),
		InteractionID: l.GetInteractionId(),
	}
}

func toActor(a domain.Actor) *storagev1.Actor {
	if a == (domain.Actor{}) {
		return nil
	}
	return &storagev1.Actor{Kind: int32(a.Kind), Id: a.ID}
}

func fromActor(a *storagev1.Actor) domain.Actor {
	return domain.Actor{Kind: domain.ActorKind(a.GetKind()), ID: a.GetId()}
}

func toFacts(f *domain.NamedFacts) *storagev1.NamedFacts {
	return &storagev1.NamedFacts{
		Scope:       f.Scope,
		Name:        f.Name,
		Values:      convert(f.Values, toValue),
		Retractions: convert(f.Retractions, toRetraction),
	}
}

func fromFacts(f *storagev1.NamedFacts) *domain.NamedFacts {
	return &domain.NamedFacts{
		Scope:       f.GetScope(),
		Name:        f.GetName(),
		Values:      convert(f.GetValues(), fromValue),
		Retractions: convert(f.GetRetractions(), fromRetraction),
	}
}

func toValue(v domain.Value) *storagev1.Value {
	return &storagev1.Value{
		Text:           v.Text,
		EventId:        v.EventID,
		Revision:       v.Revision,
		StatedRevision: v.StatedRevision,
		FirstTime:      toTime(v.FirstTime),
		Time:           toTime(v.Time),
		Channel:        int32(v.Channel),
		InteractionId:  v.InteractionID,
		Actor:          toActor(v.Actor),
		Confidence:     v.Confidence,
		Origin:         int32(v.Origin),
		Verification:   int32(v.Verification),
		ExpireTime:     toTime(v.ExpireTime),
		Confirmed:      v.Confirmed,
		Retracted:      v.Retracted,
	}
}

func fromValue(v *storagev1.Value) domain.Value {
	return domain.Value{
		Text:           v.GetText(),
		EventID:        v.GetEventId(),
		Revision:       v.GetRevision(),
		StatedRevision: v.GetStatedRevision(),
		FirstTime:      fromTime(v.GetFirstTime()),
		Time:           fromTime(v.GetTime()),
		Channel:        domain.Channel(v.GetChannel()),
		InteractionID:  v.GetInteractionId(),
		Actor:          fromActor(v.GetActor()),
		Confidence:     v.GetConfidence(),
		Origin:         domain.FactOrigin(v.GetOrigin()),
		Verification:   domain.VerificationLevel(v.GetVerification()),
		ExpireTime:     fromTime(v.GetExpireTime()),
		Confirmed:      v.GetConfirmed(),
		Retracted:      v.GetRetracted(),
	}
}

func toRetraction(r domain.Retraction) *storagev1.Retraction {
	return &storagev1.Retraction{Text: r.Text, Revision: r.Revision, Time: toTime(r.Time)}
}

func fromRetraction(r *storagev1.Retraction) domain.Retraction {
	return domain.Retraction{Text: r.GetText(), Revision: r.GetRevision(), Time: fromTime(r.GetTime())}
}

func toInteraction(i *domain.Interaction) *storagev1.Interaction {
	return &storagev1.Interaction{
		Id:                   i.ID,
		Channel:              int32(i.Channel),
		Direction:            int32(i.Direction),
		Platform:             i.Platform,
		PlatformContactId:    i.PlatformContactID,
		StartTime:            toTime(i.StartTime),
		EndTime:              toTime(i.EndTime),
		LastEventTime:        toTime(i.LastEventTime),
		StartRevision:        i.StartRevision,
		LastRevision:         i.LastRevision,
		EndRevision:          i.EndRevision,
		Outcome:              int32(i.Outcome),
		Topic:                i.Topic,
		HasSubject:           i.HasSubject,
		Disposition:          i.Disposition,
		Note:                 i.Note,
		LastParticipant:      toActor(i.LastParticipant),
		Segment:              int32(i.Segment),
		Queue:                i.Queue,
		FlowRunId:            i.FlowRunID,
		FlowId:               i.FlowID,
		StepId:               i.StepID,
		LastFailedStep:       i.LastFailedStep,
		LastFailure:          i.LastFailure,
		Messages:             i.Messages,
		Questions:            i.Questions,
		Repeats:              i.Repeats,
		FailedSteps:          i.FailedSteps,
		Transfers:            i.Transfers,
		LastCustomerMessage:  i.LastCustomerMessage,
		LastCustomerTime:     toTime(i.LastCustomerTime),
		LastCustomerRevision: i.LastCustomerRevision,
	}
}

func fromInteraction(i *storagev1.Interaction) *domain.Interaction {
	return &domain.Interaction{
		ID:                   i.GetId(),
		Channel:              domain.Channel(i.GetChannel()),
		Direction:            domain.Direction(i.GetDirection()),
		Platform:             i.GetPlatform(),
		PlatformContactID:    i.GetPlatformContactId(),
		StartTime:            fromTime(i.GetStartTime()),
		EndTime:              fromTime(i.GetEndTime()),
		LastEventTime:        fromTime(i.GetLastEventTime()),
		StartRevision:        i.GetStartRevision(),
		LastRevision:         i.GetLastRevision(),
		EndRevision:          i.GetEndRevision(),
		Outcome:              domain.InteractionOutcome(i.GetOutcome()),
		Topic:                i.GetTopic(),
		HasSubject:           i.GetHasSubject(),
		Disposition:          i.GetDisposition(),
		Note:                 i.GetNote(),
		LastParticipant:      fromActor(i.GetLastParticipant()),
		Segment:              domain.SegmentState(i.GetSegment()),
		Queue:                i.GetQueue(),
		FlowRunID:            i.GetFlowRunId(),
		FlowID:               i.GetFlowId(),
		StepID:               i.GetStepId(),
		LastFailedStep:       i.GetLastFailedStep(),
		LastFailure:          i.GetLastFailure(),
		Messages:             i.GetMessages(),
		Questions:            i.GetQuestions(),
		Repeats:              i.GetRepeats(),
		FailedSteps:          i.GetFailedSteps(),
		Transfers:            i.GetTransfers(),
		LastCustomerMessage:  i.GetLastCustomerMessage(),
		LastCustomerTime:     fromTime(i.GetLastCustomerTime()),
		LastCustomerRevision: i.GetLastCustomerRevision(),
	}
}
