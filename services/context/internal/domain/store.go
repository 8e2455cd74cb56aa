package domain

import (
	"context"
	"time"
)

// Store keeps what the context service would otherwise have to read from the log again: snapshots of states, how far
// the log was followed, and which customer an identifier names. It is a view: an empty store is always right, and is
// filled by following the log from the beginning.
//
// Every method must be safe for concurrent use, must keep tenants apart, must return a fault of kind Unavailable,
// Timeout, Canceled or Internal on failure, and must not keep or change what it was given or hand out what it keeps.
type Store interface {
	// LoadState returns the newest snapshot saved for a customer, and nil without an error when there is none. A
	// snapshot that is damaged must be answered as none: it can be had from the log.
	LoadState(ctx context.Context, tenant, customer string) (*State, error)

	// Save keeps snapshots and positions: all of them, or none, durably. It must leave a snapshot alone that has the
	// same or a higher revision than the one given, and a position that is the same or higher. With a snapshot it must
	// keep the customer's timer, State.NextTimer, in place of the one before.
	//
	// Who was erased by a snapshot holds no identifier from then on: Save must take the customer out of the holders of
	// every key before it keeps the snapshot or a position, and what Claim or Bind says of the customer later must not
	// bring it back. It may do so in steps, and be cut off between them: the same snapshot is saved again then. No step
	// may hold up other writes for long.
	Save(ctx context.Context, p Progress) error

	// Positions returns the sequence up to which each shard was followed. A shard never saved is absent.
	Positions(ctx context.Context) (map[int32]int64, error)

	// Claim finds the customer behind keys, or makes one, in one transaction. See ClaimRequest and ClaimResult; the
	// decision must be that of Decide, on what the store holds at that moment, and concurrent claims of the same key
	// must agree on one customer. An answered claim is durable.
	Claim(ctx context.Context, r ClaimRequest) (ClaimResult, error)

	// Lookup returns for each key, in the order given, the owner, or a zero Owner when it has none.
	Lookup(ctx context.Context, tenant string, keys []IdentifierKey) ([]Owner, error)

	// Bind applies what the log says about identifiers, in the order given, all or none. It must be idempotent, and
	// must use Holders.Bind and Holders.Unbind, so that following the log again, in any order of the shards, ends in
	// the same owners.
	Bind(ctx context.Context, tenant string, bindings []Binding) error

	// Due returns the timers of the snapshots that are not later than a time, at most limit of them: the earliest first,
	// those of the same time in the order of their tenants and customers, as bytes.
	Due(ctx context.Context, through time.Time, limit int) ([]Timer, error)

	// Close releases the store. Calls after Close must fail as Unavailable.
	Close() error
}

// Progress is what Save keeps.
type Progress struct {
	States    []StateRecord
	Positions map[int32]int64
}

// StateRecord is one customer's snapshot.
type StateRecord struct {
	Tenant, Customer string
	State            *State
}

// Timer says that something has to be done about a customer at a time, although nothing happens.
type Timer struct {
	Tenant, Customer string
	At               time.Time
}

// IdentifierKey is an identifier in its normal form, as a key.
type IdentifierKey struct {
	Type  IdentifierType
	Value string
}

// Owner is who an identifier names.
type Owner struct {
	Customer string
	// Since is when it was claimed, or recorded by the log once the log has it.
	Since time.Time
	// Created says that the claim made the customer.
	Created bool
	// Logged says that the log holds the event that tells of it. A claim whose events were not seen may be one whose
	// maker failed halfway: whoever meets it completes it.
	Logged bool
	// InteractionID is the interaction that a platform contact is; empty for other identifiers.
	InteractionID string
}

// Binding is what one event of the log says about one identifier.
type Binding struct {
	Key   IdentifierKey
	Owner Owner
	// Unbind takes the identifier away from the customer instead.
	Unbind bool
}
