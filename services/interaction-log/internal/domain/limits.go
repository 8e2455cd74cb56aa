package domain

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// The limits of the contract.
const (
	MaxEventBytes  = 64 << 10 // of one event, encoded
	MaxBatchEvents = 1000
	MaxBatchBytes  = 1 << 20 // of all events of a batch, encoded
	MaxPage        = 1000
	MaxPageBytes   = 1 << 20
	maxKeyBytes    = 256 // of a tenant, and of each id of an event
	maxAhead       = 24 * time.Hour
)

// CheckKey refuses a customer that cannot be stored. The contract's own rules
// are narrower; this is what the stores rely on.
func CheckKey(key Key) error {
	for _, part := range [2]struct{ path, s string }{{"tenant", key.Tenant}, {"customer", key.Customer}} {
		if part.s == "" || len(part.s) > maxKeyBytes || strings.IndexByte(part.s, 0) >= 0 {
			return fault.New(fault.Invalid, fault.InvalidRequest, "the customer cannot be stored").
				WithField(part.path, fmt.Sprintf("must have 1 to %d bytes, none of them zero", maxKeyBytes))
		}
	}
	return nil
}

// CheckEvent refuses an event that breaks a limit, and one that occurred before
// the year 1970 or more than a day after now. path names the event in the fault,
// as "events[2]"; it is empty when the fault is about one event alone.
func CheckEvent(e *Event, path string, now time.Time) error {
	if n := len(e.Payload); n > MaxEventBytes {
		err := fault.New(fault.Invalid, ReasonEventTooLarge,
			"the event has %d bytes when encoded; at most %d are taken", n, MaxEventBytes).
			With("event_id", e.EventID).With("size", strconv.Itoa(n)).With("limit", strconv.Itoa(MaxEventBytes))
		if path != "" {
			err = err.WithField(path, "is too large")
		}
		return err
	}
	if e.EventID == "" || len(e.EventID) > maxKeyBytes {
		return fault.New(fault.Invalid, fault.InvalidRequest, "the event has no usable id").
			WithField(join(path, "event_id"), fmt.Sprintf("must have 1 to %d bytes", maxKeyBytes))
	}
	if e.OccurredAt.Before(time.Unix(0, 0)) || e.OccurredAt.After(now.Add(maxAhead)) {
		return fault.New(fault.Invalid, ReasonInvalidTime, "the event's time cannot be right").
			WithField(join(path, "occurred_at"), "must not be before the year 1970 or more than a day ahead")
	}
	return nil
}

func join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}

// CheckBatchSize refuses too many events, or too many bytes, for one batch.
func CheckBatchSize(events, bytes int) error {
	if events < 1 {
		return fault.New(fault.Invalid, fault.InvalidRequest, "the batch is empty").
			WithField("events", "must have at least one event")
	}
	if events > MaxBatchEvents {
		return fault.New(fault.Invalid, ReasonBatchTooLarge, "the batch has too many events").
			With("count", strconv.Itoa(events)).With("limit", strconv.Itoa(MaxBatchEvents)).
			WithField("events", fmt.Sprintf("has %d events; at most %d are taken", events, MaxBatchEvents))
	}
	if bytes > MaxBatchBytes {
		return fault.New(fault.Invalid, ReasonBatchTooLarge, "the batch is too large").
			With("size", strconv.Itoa(bytes)).With("limit", strconv.Itoa(MaxBatchBytes)).
			WithField("events", fmt.Sprintf("has %d bytes when encoded; at most %d are taken", bytes, MaxBatchBytes))
	}
	return nil
}

// check refuses a batch that breaks a limit, and returns its size. The events of
// a Separate batch are checked one by one when they are decided.
func (b *Batch) check(now time.Time) (bytes int, err error) {
	if err := CheckKey(b.Key); err != nil {
		return 0, err
	}
	for _, e := range b.Events {
		bytes += len(e.Payload)
	}
	if err := CheckBatchSize(len(b.Events), bytes); err != nil {
		return 0, err
	}
	for i, e := range b.Events {
		if e.Key != b.Key {
			return 0, fault.New(fault.Invalid, ReasonCustomerMismatch, "an event belongs to another customer").
				WithField(fmt.Sprintf("events[%d].customer", i), "is not the customer of the request")
		}
		if b.Separate {
			continue
		}
		if err := CheckEvent(e, fmt.Sprintf("events[%d]", i), now); err != nil {
			return 0, err
		}
	}
	return bytes, nil
}
