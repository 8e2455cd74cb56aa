package domain

import "context"

// Range selects events of one customer by revision.
type Range struct {
	// After is exclusive, Through inclusive; Through 0 means no bound.
	After, Through int64
	Newest         bool // newest first
	Limit          int  // at most so many events, > 0
	MaxBytes       int  // stop once so many payload bytes are reached (at least one event is returned), > 0
}

// Store keeps events. Every method is safe for concurrent use. Events that it
// returns are shared and must not be changed; the slices are the caller's.
//
// A stored event comes back as it was stored, with times to the nanosecond, or
// not at all: a record that fails its integrity check must give a fault
// Internal, STORE_DAMAGED, and must not keep other records from being read.
type Store interface {
	// Append decides batches in the order given, through a Commit, and stores
	// what was accepted in one durable commit; the outcome of each is in the
	// batch. It must have the events on disk before it returns. An error means
	// that nothing is known about what was stored, unless it is STORE_FULL:
	// then nothing was. Calls must not overlap in their effects.
	Append(ctx context.Context, batches []*Batch) error
	// Head must return the place of the customer's newest event, or a zero Head.
	Head(ctx context.Context, key Key) (Head, error)
	// List must return the customer's events within the range, by revision,
	// without gaps.
	List(ctx context.Context, key Key, r Range) ([]*Event, error)
	// Tail must return the shard's events after a sequence, rising, without gaps,
	// at most limit of them; it stops once maxBytes payload bytes are reached and
	// returns at least one event when there is one. An unknown shard is the
	// fault UNKNOWN_SHARD.
	Tail(ctx context.Context, shard int32, after int64, limit, maxBytes int) ([]*Event, error)
	// Heads must return the newest sequence of every shard, by shard number. How
	// many there are is fixed when the store is created.
	Heads(ctx context.Context) ([]int64, error)
	// Wipe must overwrite what some more events of erased histories say, with their
	// Stub, durably and bounded in work, and say whether any are left. It goes on
	// where it was, also after the store was opened again. Histories that are not
	// erased must stay as they are.
	Wipe(ctx context.Context) (left bool, err error)
	// Erasing must return the customers whose history is erased while Wipe has not
	// yet overwritten all of it.
	Erasing(ctx context.Context) ([]Key, error)
	// Close must wait for running calls and release the store. Later calls fail.
	Close() error
}
