package client

import "time"

// Payload is what happened: one of the kinds of events below. Questions, facts, verifications, cases, handoffs and merges
// have methods of their own, which do more than record.
type Payload interface{ isPayload() }

func (InteractionStarted) isPayload()        {}
func (InteractionEnded) isPayload()          {}
func (InteractionSegmentChanged) isPayload() {}
func (MessageSent) isPayload()               {}
func (MenuSelected) isPayload()              {}
func (IntentDetected) isPayload()            {}
func (FlowStarted) isPayload()               {}
func (StepEntered) isPayload()               {}
func (StepFailed) isPayload()                {}
func (FlowEnded) isPayload()                 {}
func (ConsentChanged) isPayload()            {}
func (SurveyAnswered) isPayload()            {}
func (DispositionSet) isPayload()            {}
func (NoteAdded) isPayload()                 {}
func (OutcomeRecorded) isPayload()           {}
func (CustomEvent) isPayload()               {}

// Money is an amount of money.
type Money struct {
	// ISO 4217 code: "EUR".
	CurrencyCode string
	// The amount in units of the currency, as a decimal string: "12.50".
	Amount string
}

// InteractionStarted says that an engagement in one channel began.
type InteractionStarted struct {
	// The platform that carries it: "genesys", "amazon-connect". At most 64 bytes.
	Platform string
	// The platform's own call, chat or contact id. At most 256 bytes.
	PlatformContactID string
	// Who started it.
	Direction Direction
	// Where the customer came in: the dialled number, the page. At most 256 bytes.
	EntryPoint string
	// Language of the customer as a BCP 47 tag: "en-GB". At most 35 bytes.
	Locale string
	// What it is about, when known at the start. At most 1024 bytes.
	Subject string
}

// InteractionEnded says that the engagement ended.
type InteractionEnded struct {
	// How it ended.
	Outcome InteractionOutcome
	// Why, in the platform's words: "caller-hangup". At most 256 bytes.
	Reason string
}

// InteractionSegmentChanged says that a participant entered another state of the interaction.
type InteractionSegmentChanged struct {
	// The new state.
	State SegmentState
	// The queue, while queued. At most 128 bytes.
	Queue string
	// Who is in that state; the customer when empty.
	Participant *Actor
}

// MessageSent says that somebody said or wrote something.
type MessageSent struct {
	// The words. Card numbers and security codes are masked before storing. At most 32768 bytes.
	Text string
	// Language of the text as a BCP 47 tag. At most 35 bytes.
	Locale string
	// True when the text answers a question for a secret (PIN, password, security answer): the text is then replaced by
	// "[withheld]" before storing.
	SecretAnswer bool
	// MIME type; "text/plain" when empty. At most 127 bytes.
	ContentType string
	// Certainty of speech recognition, 0 to 1; 0 means not given.
	Confidence float64
}

// MenuSelected says that the customer chose from a menu, by key or by voice.
type MenuSelected struct {
	// The menu's id. At most 128 bytes.
	Menu string
	// The option's id. At most 128 bytes.
	Option string
	// The keys pressed. Card numbers typed as digits are masked before storing. At most 128 bytes.
	Digits string
}

// IntentDetected says that a classifier recognised what the customer wants.
type IntentDetected struct {
	// The intent's id. 1 to 128 bytes.
	Intent string
	// Certainty, 0 to 1; 0 means not given.
	Confidence float64
	// Who says so: the model and its version. At most 128 bytes.
	Model string
}

// FlowStarted says that a task in one channel began: a menu, a bot dialogue, a script.
type FlowStarted struct {
	// The run; unique within the customer. 1 to 128 bytes.
	FlowRunID string
	// The flow. 1 to 128 bytes.
	FlowID string
	// Its version. At most 64 bytes.
	FlowVersion string
	// Its variant in a test of several. At most 64 bytes.
	Variant string
}

// StepEntered says that a run of a flow reached a step.
type StepEntered struct {
	// The run. 1 to 128 bytes.
	FlowRunID string
	// The step. 1 to 128 bytes.
	StepID string
}

// StepFailed says that a step did not succeed: no match, no input, an error behind it.
type StepFailed struct {
	// The run. 1 to 128 bytes.
	FlowRunID string
	// The step. 1 to 128 bytes.
	StepID string
	// Why: "no-match", "backend-timeout". At most 256 bytes.
	Reason string
}

// FlowEnded says that a run of a flow ended.
type FlowEnded struct {
	// The run. 1 to 128 bytes.
	FlowRunID string
	// How it ended.
	Outcome FlowOutcome
	// Why. At most 256 bytes.
	Reason string
}

// ConsentChanged says that the customer gave or withdrew consent.
type ConsentChanged struct {
	// For what. 1 to 128 bytes.
	Purpose string
	// The new status.
	Status ConsentStatus
	// Until when it holds. Optional.
	ExpireTime time.Time
}

// SurveyAnswered says that the customer answered a survey. Raw answers are kept; scores are computed from them.
type SurveyAnswered struct {
	// The survey. 1 to 128 bytes.
	SurveyID string
	// The question. 1 to 128 bytes.
	QuestionID string
	// What the question measures.
	Metric SurveyMetric
	// The raw score, on the scale given.
	Score float64
	// The scale's lowest score.
	ScaleMin float64
	// The scale's highest score.
	ScaleMax float64
	// The customer's own words. At most 4096 bytes.
	Comment string
}

// DispositionSet says that the interaction was classified at its end.
type DispositionSet struct {
	// The disposition (wrap-up) code. 1 to 128 bytes.
	Code string
	// Remark. At most 4096 bytes.
	Note string
}

// NoteAdded says that somebody left a note.
type NoteAdded struct {
	// The note. 1 to 8192 bytes.
	Text string
}

// OutcomeRecorded says that something happened that the business counts.
type OutcomeRecorded struct {
	// What.
	Outcome BusinessOutcome
	// Its worth. Optional.
	Amount *Money
	// The order, contract or invoice. At most 256 bytes.
	Reference string
}

// CustomEvent says anything that the other kinds do not cover.
type CustomEvent struct {
	// Its type, lower case with dots: "acme.loyalty.points_spent". Types that begin with "throughline." are the
	// services' own. 1 to 128 bytes.
	Type string
	// Its content: at most 32 KiB when encoded, nested at most 24 levels deep.
	Attributes map[string]any
}
