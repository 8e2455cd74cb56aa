package client

import "time"

// InteractionSummary is one interaction in short.
type InteractionSummary struct {
	// Its id.
	InteractionID string
	// The channel it began in.
	Channel Channel
	// Who started it.
	Direction Direction
	// The platform that carries it.
	Platform string
	// When it began.
	StartTime time.Time
	// When it ended; absent while it goes on.
	EndTime time.Time
	// When its newest event occurred.
	LastEventTime time.Time
	// How it ended.
	Outcome InteractionOutcome
	// What it was about: its subject, or the newest intent.
	Topic string
	// The disposition code.
	Disposition string
	// Who took part last, other than the customer.
	LastParticipant Actor
	// The newest flow in it, and the step last reached.
	FlowID string
	// The step last reached in that flow.
	StepID string
	// How many messages were exchanged.
	Messages int64
	// How many questions were asked.
	Questions int64
	// How many of them asked for something known.
	Repeats int64
	// The customer's last words, at most 280 bytes.
	LastCustomerMessage string
}

// FlowRun is a run of a flow.
type FlowRun struct {
	// The run.
	FlowRunID string
	// The flow; empty when its start was not reported.
	FlowID string
	// Its version.
	FlowVersion string
	// The step reached last.
	StepID string
	// The interaction.
	InteractionID string
	// The channel.
	Channel Channel
	// When it began.
	StartTime time.Time
	// When its newest event occurred.
	LastEventTime time.Time
	// When it ended; absent while it goes on.
	EndTime time.Time
	// How it ended.
	Outcome FlowOutcome
	// Steps that failed.
	FailedSteps int64
}

// Sentiment is the customer's mood, as their newest survey answer tells it.
type Sentiment struct {
	// In a word.
	Mood Mood
	// The same as a number, -1 (bad) to 1 (good): the newest survey score on its scale, read as 2 * (score - min) / (max
	// - min) - 1.
	Score float64
	// What the survey's question measures.
	Metric SurveyMetric
	// When it was answered.
	Time time.Time
	// The interaction it was about.
	InteractionID string
}

// PersonaAssignment is the persona that fits the customer.
type PersonaAssignment struct {
	// The persona.
	PersonaID string
	// How well it fits, 0 to 1.
	Score float64
	// Why.
	Reason string
	// Since when.
	Time time.Time
}

// AudienceMembership is an audience segment that the customer is in.
type AudienceMembership struct {
	// The audience segment.
	AudienceID string
	// Why.
	Reason string
	// Since when.
	Time time.Time
}

// StageStatus is the stage that the customer has reached in a journey.
type StageStatus struct {
	// The journey.
	JourneyID string
	// The stage.
	StageID string
	// Since when.
	Time time.Time
}

// Recommendation is something suggested for the customer.
type Recommendation struct {
	// Its id.
	RecommendationID string
	// What is suggested.
	Action string
	// How likely it helps, 0 to 1.
	Probability float64
	// Why.
	Reason string
	// When it was made.
	Time time.Time
}

// Consent is a consent that was given, refused or withdrawn.
type Consent struct {
	// For what.
	Purpose string
	// Its status; one given that has expired is listed as REVOKED.
	Status ConsentStatus
	// Since when.
	Time time.Time
	// Until when; absent when for ever.
	ExpireTime time.Time
}
