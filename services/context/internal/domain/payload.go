package domain

import "time"

// InteractionStarted tells that an engagement in one channel began.
type InteractionStarted struct {
	Platform          string
	PlatformContactID string
	Direction         Direction
	EntryPoint        string
	Locale            string
	Subject           string
}

// InteractionEnded tells that the engagement ended.
type InteractionEnded struct {
	Outcome InteractionOutcome
	Reason  string
}

// InteractionSegmentChanged tells that a participant entered another state.
type InteractionSegmentChanged struct {
	State       SegmentState
	Queue       string
	Participant Actor // the customer when zero
}

// MessageSent tells that the event's actor said or wrote something.
type MessageSent struct{ Text string }

// MenuSelected tells that the customer chose from a menu.
type MenuSelected struct{ Menu, Option string }

// IntentDetected tells what the customer wants.
type IntentDetected struct{ Intent string }

// QuestionAsked tells that the customer was asked for something.
type QuestionAsked struct {
	Slot, Scope string
	Purpose     QuestionPurpose
}

// QuestionAvoided tells that a question was not asked, because its answer was known.
type QuestionAvoided struct {
	Slot, Scope string
	FactEventID string
}

// FactStated tells that a value for a slot became known.
type FactStated struct {
	Slot, Scope, Value string
	Confidence         float64 // 0 counts as 1
	Origin             FactOrigin
	Verification       VerificationLevel
	ExpireTime         time.Time // zero when it never expires
}

// FactConfirmed tells that the customer confirmed a value that was offered.
type FactConfirmed struct {
	Slot, Scope, Value string
	FactEventID        string
}

// FactRetracted tells that a value turned out wrong; all values of the slot when Value is empty.
type FactRetracted struct{ Slot, Scope, Value string }

// RepeatDetected tells that a question was asked although its answer was known.
type RepeatDetected struct {
	QuestionEventID string
	Slot, Scope     string
	SlotID          string
}

// FlowStarted tells that a task in one channel began.
type FlowStarted struct{ FlowRunID, FlowID, Version string }

// StepEntered tells that a run of a flow reached a step.
type StepEntered struct{ FlowRunID, StepID string }

// StepFailed tells that a step did not succeed.
type StepFailed struct{ FlowRunID, StepID, Reason string }

// FlowEnded tells that a run of a flow ended.
type FlowEnded struct {
	FlowRunID string
	Outcome   FlowOutcome
}

// IdentifierLinked tells that an identifier, in its normal form, names this customer.
type IdentifierLinked struct {
	Identifier Identifier
	Origin     LinkOrigin
}

// IdentifierUnlinked tells that an identifier no longer names this customer.
type IdentifierUnlinked struct{ Identifier Identifier }

// DispositionSet classifies an interaction at its end.
type DispositionSet struct{ Code, Note string }

// NoteAdded is a note that somebody left.
type NoteAdded struct{ Text string }

// SlotChanged tells that an entry of the slot dictionary was made or changed. It belongs to the history of
// DictionaryCustomer.
type SlotChanged struct{ Slot Slot }

// SlotDeleted tells that an entry of the slot dictionary was removed.
type SlotDeleted struct{ SlotID string }

// Other is an event that the context does not look into. It counts for the revision and the times.
type Other struct {
	Type int32 // the contract's EventType number
}

func (InteractionStarted) payload()        {}
func (InteractionEnded) payload()          {}
func (InteractionSegmentChanged) payload() {}
func (MessageSent) payload()               {}
func (MenuSelected) payload()              {}
func (IntentDetected) payload()            {}
func (QuestionAsked) payload()             {}
func (QuestionAvoided) payload()           {}
func (FactStated) payload()                {}
func (FactConfirmed) payload()             {}
func (FactRetracted) payload()             {}
func (RepeatDetected) payload()            {}
func (FlowStarted) payload()               {}
func (StepEntered) payload()               {}
func (StepFailed) payload()                {}
func (FlowEnded) payload()                 {}
func (IdentifierLinked) payload()          {}
func (IdentifierUnlinked) payload()        {}
func (DispositionSet) payload()            {}
func (NoteAdded) payload()                 {}
func (SlotChanged) payload()               {}
func (SlotDeleted) payload()               {}
func (Other) payload()                     {}
