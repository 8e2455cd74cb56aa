package domain

// The enumerations below have the numbers of the contract's enumerations of the same name, so that the server converts
// by number. Zero always means "not stated".

// Channel is the medium of an interaction.
type Channel int32

// The channels.
const (
	ChannelUnspecified Channel = iota
	ChannelIVR
	ChannelVoice
	ChannelChat
	ChannelVirtualAssistant
	ChannelEmail
	ChannelSMS
	ChannelMessaging
	ChannelSocial
	ChannelWeb
	ChannelMobileApp
	ChannelKnowledgeBase
	ChannelVideo
	ChannelInPerson
	ChannelAdvertising
	ChannelReview
	ChannelSurvey
	ChannelPostal
	ChannelOther
)

var channelNames = [...]string{
	"unknown channel", "IVR", "voice call", "chat", "virtual assistant", "e-mail", "SMS", "messaging", "social media",
	"web", "mobile app", "knowledge base", "video call", "in person", "advertising", "review", "survey", "post", "other channel",
}

// String returns the channel in words for people.
func (c Channel) String() string { return nameOf(channelNames[:], int(c)) }

// ActorKind is what kind of participant acts.
type ActorKind int32

// The kinds of participants.
const (
	ActorUnspecified ActorKind = iota
	ActorCustomer
	ActorIVR
	ActorBot
	ActorAgent
	ActorSupervisor
	ActorSystem
)

var actorNames = [...]string{"somebody", "customer", "IVR", "bot", "agent", "supervisor", "system"}

// String returns the kind in words for people.
func (k ActorKind) String() string { return nameOf(actorNames[:], int(k)) }

// Direction is who started an interaction.
type Direction int32

// The directions.
const (
	DirectionUnspecified Direction = iota
	DirectionInbound
	DirectionOutbound
	DirectionInternal
)

var directionNames = [...]string{"", "inbound", "outbound", "internal"}

// String returns the direction in words for people, empty when not stated.
func (d Direction) String() string { return nameOf(directionNames[:], int(d)) }

// InteractionOutcome is how an interaction ended.
type InteractionOutcome int32

// The outcomes.
const (
	OutcomeUnspecified InteractionOutcome = iota
	OutcomeCompleted
	OutcomeAbandoned
	OutcomeTransferred
	OutcomeFailed
	OutcomeContained
)

var outcomeNames = [...]string{"", "completed", "abandoned", "transferred", "failed", "contained"}

// String returns the outcome in words for people, empty when not stated.
func (o InteractionOutcome) String() string { return nameOf(outcomeNames[:], int(o)) }

// SegmentState is the state of a participant within an interaction.
type SegmentState int32

// The states of a participant.
const (
	SegmentUnspecified SegmentState = iota
	SegmentQueued
	SegmentAlerting
	SegmentTalking
	SegmentHold
	SegmentWrapUp
	SegmentEnded
)

// QuestionPurpose is why a question is asked.
type QuestionPurpose int32

// The purposes.
const (
	PurposeUnspecified QuestionPurpose = iota
	PurposeCollect
	PurposeConfirm
	PurposeVerify
)

// FactOrigin is where a fact's value comes from.
type FactOrigin int32

// The origins of facts.
const (
	FactOriginUnspecified FactOrigin = iota
	FactOriginCustomer
	FactOriginAgent
	FactOriginSystemOfRecord
	FactOriginInferred
	FactOriginPlatform
)

// VerificationLevel is how surely the customer's identity is known.
type VerificationLevel int32

// The levels, from weak to strong.
const (
	VerificationUnspecified VerificationLevel = iota
	VerificationNone
	VerificationIdentified
	VerificationSingleFactor
	VerificationMultiFactor
	VerificationInPerson
)

// FlowOutcome is how a run of a flow ended.
type FlowOutcome int32

// The outcomes of flows.
const (
	FlowOutcomeUnspecified FlowOutcome = iota
	FlowOutcomeCompleted
	FlowOutcomeAbandoned
	FlowOutcomeEscalated
	FlowOutcomeFailed
)

// LinkOrigin is how it is known that an identifier names a customer.
type LinkOrigin int32

// The origins of links.
const (
	LinkOriginUnspecified LinkOrigin = iota
	LinkOriginPlatform
	LinkOriginStated
	LinkOriginVerified
	LinkOriginSystemOfRecord
)

// IdentifierType is the kind of an identifier, which decides how its value is normalised.
type IdentifierType int32

// The types of identifiers.
const (
	IdentifierUnspecified IdentifierType = iota
	IdentifierPhone
	IdentifierEmail
	IdentifierCRMID
	IdentifierAccount
	IdentifierDevice
	IdentifierWebVisitor
	IdentifierSocial
	IdentifierPlatformContact

	// identifierHandoff is no identifier of the contract: handoffs are found like contacts, by a key in the store.
	identifierHandoff IdentifierType = 100
)

var identifierNames = [...]string{
	"", "PHONE", "EMAIL", "CRM_ID", "ACCOUNT", "DEVICE", "WEB_VISITOR", "SOCIAL", "PLATFORM_CONTACT",
}

// String returns the type's name in the contract.
func (t IdentifierType) String() string { return nameOf(identifierNames[:], int(t)) }

// Sensitivity is how carefully a value has to be handled. The levels are ordered.
type Sensitivity int32

// The levels of sensitivity. Unspecified counts as Personal.
const (
	SensitivityUnspecified Sensitivity = iota
	SensitivityPublic
	SensitivityInternal
	SensitivityPersonal
	SensitivitySensitive
	SensitivitySecret
)

// nameOf returns names[i], and the name of zero for a number that a newer contract may have added.
func nameOf(names []string, i int) string {
	if i < 0 || i >= len(names) {
		i = 0
	}
	return names[i]
}

// VerificationResult is what came of a check of the customer's identity.
type VerificationResult int32

// The results.
const (
	VerificationResultUnspecified VerificationResult = iota
	VerificationPassed
	VerificationFailed
	VerificationAbandoned
	VerificationUnavailable
)

// CasePriority is how urgent a case is.
type CasePriority int32

// The priorities.
const (
	PriorityUnspecified CasePriority = iota
	PriorityLow
	PriorityNormal
	PriorityHigh
	PriorityUrgent
)

var priorityNames = [...]string{"", "low", "normal", "high", "urgent"}

// String returns the priority in words for people, empty when not stated.
func (p CasePriority) String() string { return nameOf(priorityNames[:], int(p)) }

// TransferKind is whether the two sides of a transfer speak first.
type TransferKind int32

// The kinds of transfer.
const (
	TransferUnspecified TransferKind = iota
	TransferCold
	TransferWarm
	TransferConference
)

var transferNames = [...]string{"", "cold", "warm", "conference"}

// String returns the kind in words for people, empty when not stated.
func (k TransferKind) String() string { return nameOf(transferNames[:], int(k)) }

// ConsentStatus is the status of a consent.
type ConsentStatus int32

// The statuses.
const (
	ConsentUnspecified ConsentStatus = iota
	ConsentGranted
	ConsentDenied
	ConsentRevoked
)

// SurveyMetric is what a survey's question measures.
type SurveyMetric int32

// The metrics.
const (
	MetricUnspecified SurveyMetric = iota
	MetricCSAT
	MetricNPS
	MetricCES
	MetricOther
)

var levelNames = [...]string{"not stated", "not verified", "identified", "single factor", "multi factor", "in person"}

// String returns the level in words for people.
func (l VerificationLevel) String() string { return nameOf(levelNames[:], int(l)) }
