package domain

import (
	"strconv"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// The reasons of the interaction log's faults, which are the values of its
// ErrorReason enum without the prefix. Those not used here are the server's.
const (
	ReasonEventIDReused       = "EVENT_ID_REUSED"
	ReasonRevisionMismatch    = "REVISION_MISMATCH"
	ReasonEventTooLarge       = "EVENT_TOO_LARGE"
	ReasonBatchTooLarge       = "BATCH_TOO_LARGE"
	ReasonDuplicateEventID    = "DUPLICATE_EVENT_ID"
	ReasonCustomerMismatch    = "CUSTOMER_MISMATCH"
	ReasonOutputOnlyField     = "OUTPUT_ONLY_FIELD"
	ReasonCardNumberInID      = "CARD_NUMBER_IN_ID"
	ReasonInvalidTime         = "INVALID_TIME"
	ReasonCustomerNotFound    = "CUSTOMER_NOT_FOUND"
	ReasonInteractionNotFound = "INTERACTION_NOT_FOUND"
	ReasonUnknownShard        = "UNKNOWN_SHARD"
	ReasonPositionAhead       = "POSITION_AHEAD"
	ReasonSlowConsumer        = "SLOW_CONSUMER"
	ReasonInvalidQuery        = "INVALID_QUERY"
	ReasonCustomerErased      = "CUSTOMER_ERASED"
)

func eventIDReused(stored *Event) error {
	return fault.New(fault.Exists, ReasonEventIDReused,
		"the event id is taken by an event with other content").
		With("event_id", stored.EventID).With("revision", itoa(stored.Revision))
}

func revisionMismatch(expected, current int64) error {
	return fault.New(fault.Conflict, ReasonRevisionMismatch,
		"the customer is at revision %d, not at %d; read again and retry", current, expected).
		With("expected_revision", itoa(expected)).With("current_revision", itoa(current))
}

func duplicateEventID(id, path string) error {
	return fault.New(fault.Invalid, ReasonDuplicateEventID, "the batch has the same event id twice").
		With("event_id", id).WithField(path, "is the id of an earlier event of the batch")
}

// UnknownShard is the fault of naming a shard that a store of so many does not
// have.
func UnknownShard(shard int32, shards int) error {
	return fault.New(fault.Invalid, ReasonUnknownShard, "there is no shard %d; shards are counted from 0", shard).
		With("shards", strconv.Itoa(shards))
}

func positionAhead(p Position, head int64) error {
	return fault.New(fault.Invalid, ReasonPositionAhead,
		"position %d is after the head of shard %d; it comes from another store", p.Sequence, p.Shard).
		With("position", itoa(p.Sequence)).With("head", itoa(head))
}

func overloaded() error {
	return fault.New(fault.Exhausted, fault.Overloaded, "too many appends are waiting; try again later")
}

func closed() error {
	return fault.New(fault.Unavailable, fault.ServerDraining, "the log is closed; nothing was stored")
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
