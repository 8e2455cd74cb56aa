package domain

import "time"

// Batch is one append for one customer. Its first fields are the caller's; the
// outcome is filled in when the append returns.
type Batch struct {
	Key
	// Events belong to the customer of Key. They are the log's from the moment
	// they are handed in.
	Events []*Event
	// Expected, when not nil, is the revision the customer must be at.
	Expected *int64
	// Separate makes every event stand for itself, as in bulk ingest: one that is
	// refused does not stop the others, and an id that comes twice is decided as
	// if the second came later; Expected is not looked at. Without it the batch is
	// stored whole or not at all.
	Separate bool
	// Erasure makes the one event of the batch the last of the customer's history,
	// whose other events are erased.
	Erasure bool
	// RecordedAt is the server's time. The Log sets it.
	RecordedAt time.Time

	// Results has one entry an event, unless Err is set.
	Results []Result
	// Head is the customer's revision after the append, or, after a refusal, the
	// current one.
	Head int64
	// Err says why nothing of this batch was stored.
	Err error
}

// Result is what became of one event of a batch.
type Result struct {
	Revision   int64
	Shard      int32
	Sequence   int64
	RecordedAt time.Time
	// Replayed is true when the event had been stored before.
	Replayed bool
	// Event is the event as stored; of a replay, the one of the first time.
	Event *Event
	// Err says why this event of a Separate batch was refused.
	Err error
}

// resultOf describes a stored event.
func resultOf(e *Event, replayed bool) Result {
	return Result{
		Revision: e.Revision, Shard: e.Shard, Sequence: e.Sequence, RecordedAt: e.RecordedAt,
		Replayed: replayed, Event: e,
	}
}
