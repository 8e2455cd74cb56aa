package server

import (
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// sentimentMessage returns the customer's mood; nil when nothing is known of it.
func sentimentMessage(s domain.Sentiment) *contextv1.Sentiment {
	if s.Mood == domain.MoodUnspecified {
		return nil
	}
	return &contextv1.Sentiment{
		Mood: contextv1.Mood(s.Mood), Score: s.Score, Metric: logv1.SurveyMetric(s.Metric),
		Time: wire.Timestamp(s.Time), InteractionId: s.InteractionID,
	}
}

// personaMessage returns the persona; nil when none was assigned.
func personaMessage(f domain.Finding) *contextv1.PersonaAssignment {
	if f.Value == "" {
		return nil
	}
	return &contextv1.PersonaAssignment{PersonaId: f.Value, Score: f.Score, Reason: f.Reason, Time: wire.Timestamp(f.Time)}
}

func audienceMessage(f *domain.Finding) *contextv1.AudienceMembership {
	return &contextv1.AudienceMembership{AudienceId: f.ID, Reason: f.Reason, Time: wire.Timestamp(f.Time)}
}

func stageMessage(f *domain.Finding) *contextv1.StageStatus {
	return &contextv1.StageStatus{JourneyId: f.ID, StageId: f.Value, Time: wire.Timestamp(f.Time)}
}

func recommendationMessage(f *domain.Finding) *contextv1.Recommendation {
	return &contextv1.Recommendation{
		RecommendationId: f.ID, Action: f.Value, Probability: f.Score, Reason: f.Reason, Time: wire.Timestamp(f.Time),
	}
}

func consentMessage(c *domain.Consent) *contextv1.Consent {
	return &contextv1.Consent{
		Purpose: c.Purpose, Status: logv1.ConsentStatus(c.Status), Time: wire.Timestamp(c.Time), ExpireTime: wire.Timestamp(c.ExpireTime),
	}
}

func flowRunMessage(p **domain.FlowRun) *contextv1.FlowRun {
	r := *p
	return &contextv1.FlowRun{
		FlowRunId:     r.ID,
		FlowId:        r.FlowID,
		FlowVersion:   r.Version,
		StepId:        r.StepID,
		InteractionId: r.InteractionID,
		Channel:       logv1.Channel(r.Channel),
		StartTime:     wire.Timestamp(r.StartTime),
		LastEventTime: wire.Timestamp(r.LastEventTime),
		EndTime:       wire.Timestamp(r.EndTime),
		Outcome:       logv1.FlowOutcome(r.Outcome),
		FailedSteps:   r.FailedSteps,
	}
}
