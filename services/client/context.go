package client

import "time"

// CustomerContext is everything a channel needs to go on where the last one stopped: the screen pop.
type CustomerContext struct {
	// The customer: "customers/{id}".
	Customer string
	// The newest event taken into account, as a revision of the customer's history.
	Revision int64
	// When that event was recorded by the log.
	RevisionTime time.Time
	// Stands for this state in later reads: "at least as fresh as this".
	ConsistencyToken string
	// Who the customer is.
	Identity Identity
	// What is known, by slot, newest first. At most 200; the total is in FactsTotal.
	Facts []Fact
	// How many slots have a value.
	FactsTotal int
	// Interactions going on, newest first. At most 20.
	LiveInteractions []InteractionSummary
	// Interactions that ended, newest first. At most 20.
	RecentInteractions []InteractionSummary
	// How many interactions there were in all.
	InteractionsTotal int64
	// What must not be asked again, in the order in which it was stated last. At most 200.
	DoNotAsk []DoNotAsk
	// How often the customer was asked for something already known.
	Repeats RepeatSummary
	// The story so far.
	Brief Brief
	// What the answer rests on.
	Freshness Freshness
	// How surely the customer is identified.
	VerificationStatus VerificationStatus
	// The verifications, valid ones first, newest first. At most 20.
	Verifications []Verification
	// The open cases, touched last first. At most 20.
	OpenCases []Case
	// The cases resolved last, newest first. At most 10.
	RecentCases []Case
	// The open matters that the live interaction may be about, the likeliest first. At most 5.
	ResumeCandidates []ResumeCandidate
	// The handoffs that are offered or accepted, newest first. At most 20.
	PendingHandoffs []Handoff
	// The handoffs that ended last, newest first. At most 10.
	RecentHandoffs []Handoff
	// The customer's mood, as far as anything is known of it.
	Sentiment *Sentiment
	// The persona that fits the customer.
	Persona *PersonaAssignment
	// The audience segments that the customer is in, by id. At most 50.
	Audiences []AudienceMembership
	// The stage of each journey, newest first. At most 20.
	Stages []StageStatus
	// The runs of flows, those going on first, newest first. At most 20.
	FlowRuns []FlowRun
	// What was suggested, newest first. At most 10.
	Recommendations []Recommendation
	// What the customer has consented to, by purpose. At most 50.
	Consents []Consent
	// The customers merged into this one. At most 19.
	Merges []Merge
	// The customer that was asked for, when it is merged into this one.
	RequestedCustomer string
	// The view that was given.
	View View
	// How complete and how old each section of the view is.
	Sections []SectionStatus
}

// Identity is who the customer is.
type Identity struct {
	// The customer's name, when some slot of type PERSON_NAME has a value that may be used.
	DisplayName string
	// The identifiers linked to the customer, newest first. At most 50.
	Identifiers []LinkedIdentifier
	// When the first event occurred.
	FirstSeenTime time.Time
	// When the newest event occurred.
	LastSeenTime time.Time
	// Language of the newest interaction that stated one, as a BCP 47 tag.
	Locale string
}

// LinkedIdentifier is an identifier of a customer.
type LinkedIdentifier struct {
	// The identifier, normalised.
	Identifier Identifier
	// How it is known.
	Origin LinkOrigin
	// Since when.
	LinkTime time.Time
}

// Fact is a slot's value for the customer.
type Fact struct {
	// The slot's id in the dictionary; empty where no entry covers the name.
	SlotID string
	// The slot's name for people; the name under which it was stated where the dictionary has no entry.
	DisplayName string
	// The value; "***" when it is withheld.
	Value string
	// How far it may be relied on.
	Status FactStatus
	// Where it comes from.
	Provenance Provenance
	// After this moment it is stale or unknown; absent when never.
	FreshUntil time.Time
	// How carefully it is to be handled.
	Sensitivity Sensitivity
	// Other values of the slot, newest first. At most 4.
	Alternatives []AlternativeValue
	// Why the value is withheld; unspecified when it is shown.
	Withheld WithheldReason
}

// Provenance is where a value comes from.
type Provenance struct {
	// The event that stated it.
	EventID string
	// The name under which it was stated.
	Slot string
	// The flow or system whose name that is.
	Scope string
	// The channel.
	Channel Channel
	// The interaction.
	InteractionID string
	// Who recorded it.
	Actor Actor
	// When it was stated, or confirmed last.
	Time time.Time
	// How certain it is, 0 to 1.
	Confidence float64
	// How surely the customer was identified then.
	VerificationLevel VerificationLevel
	// Whether the customer has confirmed it.
	Confirmed bool
	// Where it comes from.
	Origin FactOrigin
}

// AlternativeValue is a value that was not chosen.
type AlternativeValue struct {
	// The value.
	Value string
	// Where it comes from.
	Provenance Provenance
	// How carefully it is to be handled.
	Sensitivity Sensitivity
}

// DoNotAsk is something that must not be asked again.
type DoNotAsk struct {
	// The slot's id in the dictionary; empty where no entry covers the name.
	SlotID string
	// The slot's name for people.
	DisplayName string
	// When it was stated.
	StatedTime time.Time
	// In which channel.
	Channel Channel
	// Until when; absent when for ever.
	UntilTime time.Time
}

// RepeatSummary is how often the customer was asked for something already known. The repeat rate is Repeats /
// QuestionsAsked: sum both before dividing.
type RepeatSummary struct {
	// Questions asked.
	QuestionsAsked int64
	// Questions not asked, because the answer was known.
	QuestionsAvoided int64
	// Questions asked although the answer was known, fresh and visible.
	Repeats int64
	// Verifications of the customer's identity, passed or not. The double-verification rate is DoubleVerifications /
	// verifications.
	Verifications int64
	// Verifications made although a sufficient one was valid.
	DoubleVerifications int64
}

// Brief is the story so far: made from the state alone, always the same for the same state, bounded.
type Brief struct {
	// The story as plain text, at most 1,500 bytes, a statement a line.
	Text string
	// The same in parts, most important first. At most 12.
	Items []BriefItem
}

// BriefItem is a part of a brief.
type BriefItem struct {
	// What it tells.
	Kind BriefItemKind
	// The statement, at most 400 bytes.
	Text string
	// When what it tells happened last.
	Time time.Time
}

// Freshness is what an answer rests on.
type Freshness struct {
	// True when the answer is known to include every event of the log at the time of the call.
	FullyConsistent bool
	// When the state was last known to be complete: the age of the answer is now minus this.
	AsOfTime time.Time
	// True when less is known than the request demands, or than there may be: the reason says why. What there is, is
	// right.
	Degraded bool
	// Why it is degraded.
	Reason IncompleteReason
}

// SectionStatus is how complete and how old a section is.
type SectionStatus struct {
	// The section.
	Section Section
	// How much of it there is.
	Completeness Completeness
	// Why not more.
	Reason IncompleteReason
	// When what it tells happened last; absent when it is empty.
	LastEventTime time.Time
}
