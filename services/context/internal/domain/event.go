package domain

import "time"

// Actor is a participant: who did it.
type Actor struct {
	Kind ActorKind
	ID   string
}

// Event is one event of a customer's history: the log's header and what happened. An event handed to the fold is
// never changed by it; strings are kept, so they must not alias buffers that are used again.
type Event struct {
	EventID  string
	Revision int64
	// OccurredAt is the reporting system's clock, RecordedAt the log's.
	OccurredAt    time.Time
	RecordedAt    time.Time
	InteractionID string
	CaseID        string
	Channel       Channel
	Actor         Actor
	Source        string
	Touchpoint    string
	// Payload says what happened. Nil counts as Other.
	Payload Payload
}

// Payload is what happened: one of the structs of this package that end in the name of an event kind, or Other. Kinds
// that the context does not look into are Other; giving one its own struct and a case in the fold is all that a new
// kind needs.
type Payload interface{ payload() }
