package client

// Sensitivity is how carefully a value has to be handled. The levels are ordered: a reader cleared for one may see all
// lower ones. Treat a value without one as SensitivityPersonal.
type Sensitivity string

// The values of Sensitivity.
const (
	// Anyone may see it: a product name, an opening hour.
	SensitivityPublic Sensitivity = "PUBLIC"
	// Everyone who works in the contact centre may see it: ids, counters, times.
	SensitivityInternal Sensitivity = "INTERNAL"
	// Identifies or describes a person: a name, an address, a telephone number.
	SensitivityPersonal Sensitivity = "PERSONAL"
	// Harmful in the wrong hands: account numbers, dates of birth, health.
	SensitivitySensitive Sensitivity = "SENSITIVE"
	// Proves who somebody is: PIN, password, security answer, card code. Never stored; what carries over is the
	// verification it led to.
	SensitivitySecret Sensitivity = "SECRET"
)

// WithheldReason is why a value is not shown; empty when it is.
type WithheldReason string

// The values of WithheldReason.
const (
	// Its sensitivity is above what the caller's role is cleared for.
	WithheldNotCleared WithheldReason = "NOT_CLEARED"
	// The customer is not verified as surely as the slot demands.
	WithheldVerificationTooLow WithheldReason = "VERIFICATION_TOO_LOW"
	// The customer has not consented, or no longer does.
	WithheldConsentMissing WithheldReason = "CONSENT_MISSING"
)

// MatchOutcome is how one identifier was matched.
type MatchOutcome string

// The values of MatchOutcome.
const (
	// It names the customer.
	MatchMatched MatchOutcome = "MATCHED"
	// It was new, and now names the customer.
	MatchLinked MatchOutcome = "LINKED"
	// It names another customer.
	MatchConflict MatchOutcome = "CONFLICT"
	// It named an anonymous visitor, who was merged into the customer.
	MatchBound MatchOutcome = "BOUND"
	// The tenant's policy says that it names nobody. It was not used.
	MatchBlocked MatchOutcome = "BLOCKED"
)

// Decision is what to do about a slot.
type Decision string

// The values of Decision.
const (
	// The value is known: use it, do not ask.
	DecisionUse Decision = "USE"
	// A value is known, but stale, unsure or conflicting: offer it.
	DecisionConfirm Decision = "CONFIRM"
	// Nothing usable is known: ask.
	DecisionAsk Decision = "ASK"
	// It is known, but this asker may not see it, or consent is missing.
	DecisionWithhold Decision = "WITHHOLD"
)

// DecisionReason is why a decision was taken.
type DecisionReason string

// The values of DecisionReason.
const (
	// USE: stated, fresh and certain.
	BecauseKnown DecisionReason = "KNOWN"
	// USE or CONFIRM: taken from another slot by a link of the dictionary.
	BecauseLinked DecisionReason = "LINKED"
	// CONFIRM: older than the slot's maximum age.
	BecauseStale DecisionReason = "STALE"
	// CONFIRM: less certain than the slot's least confidence.
	BecauseUnsure DecisionReason = "UNSURE"
	// CONFIRM: different sources gave different values.
	BecauseConflicting DecisionReason = "CONFLICTING"
	// CONFIRM: the dictionary has no entry for the name, and the value was stated in another scope, where the name may
	// mean something else.
	BecauseUndefinedInScope DecisionReason = "UNDEFINED_IN_SCOPE"
	// CONFIRM: the value does not satisfy the slot's type or validation.
	BecauseInvalid DecisionReason = "INVALID"
	// ASK: no value was ever stated.
	BecauseUnknown DecisionReason = "UNKNOWN"
	// ASK: the last value has expired.
	BecauseExpired DecisionReason = "EXPIRED"
	// ASK: the last value was withdrawn.
	BecauseRetracted DecisionReason = "RETRACTED"
	// ASK: the slot is secret, and never stored.
	BecauseSecret DecisionReason = "SECRET"
	// USE: the slot is secret, and a verification that is still valid stands for it. There is no value.
	BecauseVerified DecisionReason = "VERIFIED"
	// WITHHOLD: the slot's sensitivity is above what the caller's role is cleared for.
	BecauseNotCleared DecisionReason = "NOT_CLEARED"
	// WITHHOLD: the customer is not verified as surely as the slot demands. Verify, and ask again.
	BecauseVerificationTooLow DecisionReason = "VERIFICATION_TOO_LOW"
	// WITHHOLD: the customer has not consented, or no longer does.
	BecauseConsentMissing DecisionReason = "CONSENT_MISSING"
)

// FactAction is what is said about a value.
type FactAction string

// The values of FactAction.
const (
	// It became known.
	FactActionState FactAction = "STATE"
	// The customer confirmed it.
	FactActionConfirm FactAction = "CONFIRM"
	// It is wrong, or withdrawn.
	FactActionRetract FactAction = "RETRACT"
)

// FactStatus is how far a value may be relied on.
type FactStatus string

// The values of FactStatus.
const (
	// It may be used.
	FactFresh FactStatus = "FRESH"
	// It is older than its slot allows.
	FactStale FactStatus = "STALE"
	// It is less certain than its slot demands.
	FactUnsure FactStatus = "UNSURE"
	// Different sources gave different values.
	FactConflicting FactStatus = "CONFLICTING"
	// It does not satisfy its slot's type or validation.
	FactInvalid FactStatus = "INVALID"
)

// QuestionAction is whether a question was asked.
type QuestionAction string

// The values of QuestionAction.
const (
	// It was asked.
	QuestionAsked QuestionAction = "ASKED"
	// It was not asked, because the answer was known.
	QuestionAvoided QuestionAction = "AVOIDED"
)

// VerificationGap is what keeps a verification from being enough.
type VerificationGap string

// The values of VerificationGap.
const (
	// There is none at all.
	GapNotVerified VerificationGap = "NOT_VERIFIED"
	// Those there were have expired.
	GapExpired VerificationGap = "EXPIRED"
	// The best one is older than demanded.
	GapTooOld VerificationGap = "TOO_OLD"
	// The best one's level is too low.
	GapLevelTooLow VerificationGap = "LEVEL_TOO_LOW"
	// Its level would do, but counts for less after the change of channel.
	GapLoweredByChannel VerificationGap = "LOWERED_BY_CHANNEL"
	// None is good for the scope.
	GapScopeMissing VerificationGap = "SCOPE_MISSING"
	// None was made by a method accepted.
	GapMethodNotAccepted VerificationGap = "METHOD_NOT_ACCEPTED"
	// Its level would do, but counts for less in another interaction of the channel.
	GapLoweredByInteraction VerificationGap = "LOWERED_BY_INTERACTION"
)

// CaseState is whether a case is settled.
type CaseState string

// The values of CaseState.
const (
	// It is open.
	CaseOpen CaseState = "OPEN"
	// It was resolved.
	CaseResolved CaseState = "RESOLVED"
)

// ResumeFactorKind is what speaks for or against going on with an open matter.
type ResumeFactorKind string

// The values of ResumeFactorKind.
const (
	// How long ago it was touched.
	ResumeRecency ResumeFactorKind = "RECENCY"
	// Its last interaction broke off, or went on elsewhere.
	ResumeBrokenOff ResumeFactorKind = "BROKEN_OFF"
	// The intent is the same, or another one.
	ResumeIntent ResumeFactorKind = "INTENT"
	// The channel is the same, or a kindred one.
	ResumeChannel ResumeFactorKind = "CHANNEL"
	// A promise is due or overdue.
	ResumePromise ResumeFactorKind = "PROMISE"
	// It is urgent.
	ResumePriority ResumeFactorKind = "PRIORITY"
	// It is the only open matter.
	ResumeOnlyOne ResumeFactorKind = "ONLY_ONE"
	// Other matters may be meant as well.
	ResumeOthers ResumeFactorKind = "OTHERS"
)

// HandoffState is where a handoff stands:
//
//	OFFERED -> ACCEPTED -> COMPLETED
//	OFFERED -> DECLINED | EXPIRED | CANCELLED
//	ACCEPTED -> CANCELLED (the giver takes the customer back)
type HandoffState string

// The values of HandoffState.
const (
	// It waits for a receiver.
	HandoffOffered HandoffState = "OFFERED"
	// A receiver took the customer over. Happens once.
	HandoffAccepted HandoffState = "ACCEPTED"
	// It was brought to its end.
	HandoffCompleted HandoffState = "COMPLETED"
	// The receiver refused.
	HandoffDeclined HandoffState = "DECLINED"
	// Nobody took it in time.
	HandoffExpired HandoffState = "EXPIRED"
	// The giver withdrew it.
	HandoffCancelled HandoffState = "CANCELLED"
)

// MergeCollisionKind is what stands against a merge.
type MergeCollisionKind string

// The values of MergeCollisionKind.
const (
	// Together they would have more identifiers of a type than the policy allows.
	CollisionIdentifierLimit MergeCollisionKind = "IDENTIFIER_LIMIT"
	// One of them is merged into another customer already.
	CollisionAlreadyMerged MergeCollisionKind = "ALREADY_MERGED"
	// Together they would be more customers than one may consist of: 20.
	CollisionTooManyMerged MergeCollisionKind = "TOO_MANY_MERGED"
)

// FlatStatus is what became of a request for a flat context.
type FlatStatus string

// The values of FlatStatus.
const (
	// The customer is known.
	FlatKnown FlatStatus = "KNOWN"
	// No customer has this identifier, contact or token.
	FlatUnknown FlatStatus = "UNKNOWN"
	// The identifier is not one of its type ("anonymous" for a telephone number), or the token is none.
	FlatUnreadable FlatStatus = "UNREADABLE"
	// It could not be found out in time.
	FlatUnavailable FlatStatus = "UNAVAILABLE"
)

// View is which sections a context has, and how much of them.
type View string

// The values of View.
const (
	// Everything.
	ViewFull View = "FULL"
	// What an agent's desktop shows: everything, with the newest 60 facts and 10 interactions, and without other values
	// of a slot and the consents in detail.
	ViewAgent View = "AGENT"
	// What a bot works with: who, how verified, usable facts (status FRESH), open cases, what goes on, handoffs,
	// do-not-ask, recommendations. No words of customer or agents, no brief.
	ViewBot View = "BOT"
	// What an IVR branches on: who, how verified, open cases and matters to resume, pending handoffs, do-not-ask. For
	// the flat form see GetFlatContext.
	ViewIVR View = "IVR"
)

// Section is a part of a context, and names the fields of CustomerContext that belong to it.
type Section string

// The values of Section.
const (
	// Identity.
	SectionIdentity Section = "IDENTITY"
	// VerificationStatus and Verifications.
	SectionVerifications Section = "VERIFICATIONS"
	// Facts and FactsTotal.
	SectionFacts Section = "FACTS"
	// OpenCases, RecentCases and ResumeCandidates.
	SectionCases Section = "CASES"
	// LiveInteractions, RecentInteractions and InteractionsTotal.
	SectionInteractions Section = "INTERACTIONS"
	// PendingHandoffs and RecentHandoffs.
	SectionHandoffs Section = "HANDOFFS"
	// Sentiment.
	SectionSentiment Section = "SENTIMENT"
	// Persona and Audiences.
	SectionPersona Section = "PERSONA"
	// Stages.
	SectionStages Section = "STAGES"
	// FlowRuns.
	SectionFlowRuns Section = "FLOW_RUNS"
	// DoNotAsk and Repeats.
	SectionDoNotAsk Section = "DO_NOT_ASK"
	// Recommendations.
	SectionRecommendations Section = "RECOMMENDATIONS"
	// Consents.
	SectionConsents Section = "CONSENTS"
	// Merges.
	SectionMerges Section = "MERGES"
	// Brief.
	SectionBrief Section = "BRIEF"
)

// Completeness is how much of a section there is.
type Completeness string

// The values of Completeness.
const (
	// All of it.
	CompletenessComplete Completeness = "COMPLETE"
	// Part of it; the reason says why.
	CompletenessPartial Completeness = "PARTIAL"
	// Nothing of it, although there may be something.
	CompletenessMissing Completeness = "MISSING"
	// Nothing of it, because this asker may not see it.
	CompletenessWithheld Completeness = "WITHHELD"
)

// IncompleteReason is why a section, or an answer, is not complete; empty when it is.
type IncompleteReason string

// The values of IncompleteReason.
const (
	// There is more than the section takes.
	IncompleteTruncated IncompleteReason = "TRUNCATED"
	// The interaction log cannot be reached.
	IncompleteLogUnreachable IncompleteReason = "LOG_UNREACHABLE"
	// The interaction log did not answer in the time that the deadline left.
	IncompleteLogSlow IncompleteReason = "LOG_SLOW"
	// What the consistency token stands for has not arrived in time.
	IncompleteBehind IncompleteReason = "BEHIND"
	// The service has just started, and its view of the log is being built.
	IncompleteBuilding IncompleteReason = "BUILDING"
	// The slot dictionary has not been read yet: names are not joined.
	IncompleteNoDictionary IncompleteReason = "NO_DICTIONARY"
	// Values are masked: the caller's role is not cleared for them.
	IncompleteNotCleared IncompleteReason = "NOT_CLEARED"
	// Values are masked: the customer is not verified as surely as they demand.
	IncompleteVerificationTooLow IncompleteReason = "VERIFICATION_TOO_LOW"
	// The customer has not consented, or no longer does.
	IncompleteConsentMissing IncompleteReason = "CONSENT_MISSING"
	// Nobody has ever reported anything of the kind for this customer.
	IncompleteNoSource IncompleteReason = "NO_SOURCE"
	// A customer merged into this one could not be read.
	IncompleteMergedCustomerMissing IncompleteReason = "MERGED_CUSTOMER_MISSING"
	// The context service is away, has failed, or did not answer in time. Said by the gateway, of flat contexts.
	IncompleteServiceUnavailable IncompleteReason = "SERVICE_UNAVAILABLE"
)

// Mood is the customer's mood in a word; empty when nothing is known of it.
type Mood string

// The values of Mood.
const (
	// A score below -1/3.
	MoodNegative Mood = "NEGATIVE"
	// A score from -1/3 to 1/3.
	MoodNeutral Mood = "NEUTRAL"
	// A score above 1/3.
	MoodPositive Mood = "POSITIVE"
)

// BriefItemKind is what a part of a brief tells.
type BriefItemKind string

// The values of BriefItemKind.
const (
	// Who the customer is.
	BriefIdentity BriefItemKind = "IDENTITY"
	// What goes on now.
	BriefLive BriefItemKind = "LIVE"
	// What went before.
	BriefHistory BriefItemKind = "HISTORY"
	// What is known and need not be asked.
	BriefKnown BriefItemKind = "KNOWN"
	// What ought to be confirmed.
	BriefConfirm BriefItemKind = "CONFIRM"
	// What went wrong so far.
	BriefFriction BriefItemKind = "FRICTION"
	// The customer's last words.
	BriefLastWords BriefItemKind = "LAST_WORDS"
	// How surely the customer is identified.
	BriefVerification BriefItemKind = "VERIFICATION"
	// The open matter.
	BriefCase BriefItemKind = "CASE"
	// What was tried.
	BriefTried BriefItemKind = "TRIED"
	// What was promised last.
	BriefPromise BriefItemKind = "PROMISE"
	// The customer's mood.
	BriefMood BriefItemKind = "MOOD"
	// What to do next.
	BriefNextStep BriefItemKind = "NEXT_STEP"
	// What the giver of a handoff wants the receiver to know.
	BriefHandoff BriefItemKind = "HANDOFF"
)
