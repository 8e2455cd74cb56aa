package client

// The values of all enumerations are the names of the contract without their prefix, so they read well in logs and JSON.
// The empty value means that it was not stated. A server newer than this package may answer with values that it has no
// constant for.

// Channel is the medium of an interaction: where the customer meets the organisation.
type Channel string

// The values of Channel.
const (
	// Interactive voice response: menus and speech dialogues on the telephone.
	ChannelIVR Channel = "IVR"
	// A telephone conversation with a person.
	ChannelVoice Channel = "VOICE"
	// A text chat with a person.
	ChannelChat Channel = "CHAT"
	// A text or speech dialogue with a bot.
	ChannelVirtualAssistant Channel = "VIRTUAL_ASSISTANT"
	// E-mail.
	ChannelEmail Channel = "EMAIL"
	// SMS.
	ChannelSMS Channel = "SMS"
	// A messaging application, such as WhatsApp.
	ChannelMessaging Channel = "MESSAGING"
	// A social network, in public or by direct message.
	ChannelSocial Channel = "SOCIAL"
	// The website.
	ChannelWeb Channel = "WEB"
	// The mobile application.
	ChannelMobileApp Channel = "MOBILE_APP"
	// Help pages, FAQ, knowledge base.
	ChannelKnowledgeBase Channel = "KNOWLEDGE_BASE"
	// A video call.
	ChannelVideo Channel = "VIDEO"
	// A shop, branch or visit.
	ChannelInPerson Channel = "IN_PERSON"
	// Advertising, online or elsewhere.
	ChannelAdvertising Channel = "ADVERTISING"
	// A public review or word of mouth.
	ChannelReview Channel = "REVIEW"
	// A survey.
	ChannelSurvey Channel = "SURVEY"
	// A letter or parcel.
	ChannelPostal Channel = "POSTAL"
	// Anything else; say which in the event's touchpoint.
	ChannelOther Channel = "OTHER"
)

// ActorKind is what kind of participant acts.
type ActorKind string

// The values of ActorKind.
const (
	// The customer.
	ActorCustomer ActorKind = "CUSTOMER"
	// An IVR application.
	ActorIVR ActorKind = "IVR"
	// A chatbot or voice bot.
	ActorBot ActorKind = "BOT"
	// A human agent.
	ActorAgent ActorKind = "AGENT"
	// A human supervisor.
	ActorSupervisor ActorKind = "SUPERVISOR"
	// A program that is no participant: a CRM, a job, a Throughline service.
	ActorSystem ActorKind = "SYSTEM"
)

// IdentifierType is the kind of an identifier, which decides how its value is normalised.
type IdentifierType string

// The values of IdentifierType.
const (
	// A telephone number, normalised to E.164: "+12025550123".
	IdentifierPhone IdentifierType = "PHONE"
	// An e-mail address, domain in lower case and ASCII.
	IdentifierEmail IdentifierType = "EMAIL"
	// The customer's key in the CRM.
	IdentifierCRMID IdentifierType = "CRM_ID"
	// An account or contract number.
	IdentifierAccount IdentifierType = "ACCOUNT"
	// A device id.
	IdentifierDevice IdentifierType = "DEVICE"
	// A website visitor's cookie or anonymous id.
	IdentifierWebVisitor IdentifierType = "WEB_VISITOR"
	// An account of a social or messaging network, "network:handle".
	IdentifierSocial IdentifierType = "SOCIAL"
	// A platform's own call, chat or contact id, "platform:id". It names one interaction, not a person.
	IdentifierPlatformContact IdentifierType = "PLATFORM_CONTACT"
)

// VerificationLevel is how surely the customer's identity is known, rising from LevelNone to LevelInPerson.
type VerificationLevel string

// The values of VerificationLevel.
const (
	// Nothing was checked.
	LevelNone VerificationLevel = "NONE"
	// The identifier alone speaks for it: a calling number, a cookie.
	LevelIdentified VerificationLevel = "IDENTIFIED"
	// One factor was checked: a PIN, a date of birth, a one-time code.
	LevelSingleFactor VerificationLevel = "SINGLE_FACTOR"
	// Two independent factors were checked.
	LevelMultiFactor VerificationLevel = "MULTI_FACTOR"
	// Checked against an official document or in person.
	LevelInPerson VerificationLevel = "IN_PERSON"
)

// Direction is who started an interaction.
type Direction string

// The values of Direction.
const (
	// The customer.
	DirectionInbound Direction = "INBOUND"
	// The organisation.
	DirectionOutbound Direction = "OUTBOUND"
	// Nobody outside: a consultation.
	DirectionInternal Direction = "INTERNAL"
)

// InteractionOutcome is how an interaction ended.
type InteractionOutcome string

// The values of InteractionOutcome.
const (
	// The customer's purpose was dealt with.
	InteractionOutcomeCompleted InteractionOutcome = "COMPLETED"
	// The customer left before that.
	InteractionOutcomeAbandoned InteractionOutcome = "ABANDONED"
	// It went on elsewhere.
	InteractionOutcomeTransferred InteractionOutcome = "TRANSFERRED"
	// Something technical broke it off.
	InteractionOutcomeFailed InteractionOutcome = "FAILED"
	// It ended in automation, without a human.
	InteractionOutcomeContained InteractionOutcome = "CONTAINED"
)

// SegmentState is the state of a participant within an interaction.
type SegmentState string

// The values of SegmentState.
const (
	// Waiting for somebody.
	SegmentStateQueued SegmentState = "QUEUED"
	// Being offered to somebody.
	SegmentStateAlerting SegmentState = "ALERTING"
	// In conversation.
	SegmentStateTalking SegmentState = "TALKING"
	// On hold.
	SegmentStateHold SegmentState = "HOLD"
	// After-contact work.
	SegmentStateWrapUp SegmentState = "WRAP_UP"
	// Gone.
	SegmentStateEnded SegmentState = "ENDED"
)

// QuestionPurpose is why a question is asked.
type QuestionPurpose string

// The values of QuestionPurpose.
const (
	// To learn the value.
	PurposeCollect QuestionPurpose = "COLLECT"
	// To have a known value confirmed.
	PurposeConfirm QuestionPurpose = "CONFIRM"
	// To check the customer's identity.
	PurposeVerify QuestionPurpose = "VERIFY"
)

// FactOrigin is where a fact's value comes from.
type FactOrigin string

// The values of FactOrigin.
const (
	// The customer said or typed it.
	FactOriginCustomer FactOrigin = "CUSTOMER"
	// An agent entered it.
	FactOriginAgent FactOrigin = "AGENT"
	// A CRM or another system of record.
	FactOriginSystemOfRecord FactOrigin = "SYSTEM_OF_RECORD"
	// A model derived it.
	FactOriginInferred FactOrigin = "INFERRED"
	// The platform delivered it: a calling number.
	FactOriginPlatform FactOrigin = "PLATFORM"
)

// VerificationResult is what came of a verification.
type VerificationResult string

// The values of VerificationResult.
const (
	// The customer is who they say.
	VerificationPassed VerificationResult = "PASSED"
	// The check failed.
	VerificationFailed VerificationResult = "FAILED"
	// The customer gave up.
	VerificationAbandoned VerificationResult = "ABANDONED"
	// The check could not be made.
	VerificationUnavailable VerificationResult = "UNAVAILABLE"
)

// FlowOutcome is how a run of a flow ended.
type FlowOutcome string

// The values of FlowOutcome.
const (
	// It reached its goal.
	FlowOutcomeCompleted FlowOutcome = "COMPLETED"
	// The customer left.
	FlowOutcomeAbandoned FlowOutcome = "ABANDONED"
	// It went to a human.
	FlowOutcomeEscalated FlowOutcome = "ESCALATED"
	// An error ended it.
	FlowOutcomeFailed FlowOutcome = "FAILED"
)

// CasePriority is how urgent a case is.
type CasePriority string

// The values of CasePriority.
const (
	// Can wait.
	PriorityLow CasePriority = "LOW"
	// As usual.
	PriorityNormal CasePriority = "NORMAL"
	// Soon.
	PriorityHigh CasePriority = "HIGH"
	// At once.
	PriorityUrgent CasePriority = "URGENT"
)

// TransferKind is whether the two sides of a transfer speak first.
type TransferKind string

// The values of TransferKind.
const (
	// They do not (blind).
	TransferCold TransferKind = "COLD"
	// They do (consult).
	TransferWarm TransferKind = "WARM"
	// All parties together.
	TransferConference TransferKind = "CONFERENCE"
)

// LinkOrigin is how it is known that an identifier names a customer.
type LinkOrigin string

// The values of LinkOrigin.
const (
	// The platform delivered it: a calling number.
	LinkOriginPlatform LinkOrigin = "PLATFORM"
	// The customer said it.
	LinkOriginStated LinkOrigin = "STATED"
	// It was verified.
	LinkOriginVerified LinkOrigin = "VERIFIED"
	// A CRM or another system of record says so.
	LinkOriginSystemOfRecord LinkOrigin = "SYSTEM_OF_RECORD"
)

// ConsentStatus is the status of a consent.
type ConsentStatus string

// The values of ConsentStatus.
const (
	// Given.
	ConsentGranted ConsentStatus = "GRANTED"
	// Refused.
	ConsentDenied ConsentStatus = "DENIED"
	// Given once, and withdrawn.
	ConsentRevoked ConsentStatus = "REVOKED"
)

// SurveyMetric is what a survey question measures.
type SurveyMetric string

// The values of SurveyMetric.
const (
	// Satisfaction.
	MetricCSAT SurveyMetric = "CSAT"
	// Likelihood to recommend, 0 to 10.
	MetricNPS SurveyMetric = "NPS"
	// Effort. Say the sense by the scale.
	MetricCES SurveyMetric = "CES"
	// Something else.
	MetricOther SurveyMetric = "OTHER"
)

// BusinessOutcome is what the business counts.
type BusinessOutcome string

// The values of BusinessOutcome.
const (
	// A purchase.
	OutcomePurchase BusinessOutcome = "PURCHASE"
	// A renewal.
	OutcomeRenewal BusinessOutcome = "RENEWAL"
	// A cancellation.
	OutcomeCancellation BusinessOutcome = "CANCELLATION"
	// The customer left.
	OutcomeChurn BusinessOutcome = "CHURN"
	// Money given back.
	OutcomeRefund BusinessOutcome = "REFUND"
	// A sign-up.
	OutcomeSignUp BusinessOutcome = "SIGN_UP"
	// Something else.
	OutcomeOther BusinessOutcome = "OTHER"
)

// RedactionKind is what a redaction took out.
type RedactionKind string

// The values of RedactionKind.
const (
	// A payment card number; the first six and last four digits may remain.
	RedactionCardNumber RedactionKind = "CARD_NUMBER"
	// A card security code.
	RedactionSecurityCode RedactionKind = "SECURITY_CODE"
	// A PIN or a passcode.
	RedactionPin RedactionKind = "PIN"
	// A text declared to answer a question for a secret.
	RedactionSecretAnswer RedactionKind = "SECRET_ANSWER"
)
