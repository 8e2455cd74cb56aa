// Package domain holds the rules of the interaction log: what an event is, how
// appends are decided, and what a store has to promise.
package domain

import "time"

// Key names one customer of one tenant.
type Key struct {
	Tenant   string
	Customer string // the bare id, without "customers/"
}

// Event is one stored or to-be-stored event. The log knows its header; what
// happened is opaque in Payload. An event that was handed to the log, or that
// the log returned, is shared by many readers and must not be changed.
type Event struct {
	Key
	EventID       string
	Type          int32 // the contract's EventType number
	Channel       int32 // the contract's Channel number
	InteractionID string
	CaseID        string
	OccurredAt    time.Time
	// Payload is the public event without the fields the log sets.
	Payload []byte
	// Digest identifies the content, for telling a retry from a reused id.
	Digest [32]byte

	// Set by the log.
	Revision   int64
	Shard      int32
	Sequence   int64
	RecordedAt time.Time
}

// Head is the place of a customer's newest event; zero when there is none.
type Head struct {
	Revision   int64
	Shard      int32
	Sequence   int64
	RecordedAt time.Time
	// Erased says that this event ends the history, whose other events are erased.
	Erased bool
}

// Position is a reader's place in a shard: the sequence of the last event that
// it has handled, 0 for none.
type Position struct {
	Shard    int32
	Sequence int64
}

// HeadOf returns the head of a customer whose newest event is e.
func HeadOf(e *Event) Head {
	return Head{
		Revision: e.Revision, Shard: e.Shard, Sequence: e.Sequence, RecordedAt: e.RecordedAt, Erased: e.Type == TypeCustomerErased,
	}
}
