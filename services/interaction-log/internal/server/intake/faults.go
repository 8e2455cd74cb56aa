package intake

import (
	"strconv"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func eventTooLarge(eventID string, size int) *fault.Error {
	f := fault.New(fault.Invalid, domain.ReasonEventTooLarge, "an event has %d bytes when encoded, and %d are allowed", size, domain.MaxEventBytes).
		With("size", strconv.Itoa(size)).With("limit", strconv.Itoa(domain.MaxEventBytes)).
		WithField("", "must have at most 64 KiB")
	if id := SafeEventID(eventID); id != "" {
		f = f.With("event_id", id)
	}
	return f
}

func outputOnlyField(name string) *fault.Error {
	return fault.New(fault.Invalid, domain.ReasonOutputOnlyField, "%s is set by the log only", name).
		WithField(name, "must be empty in requests")
}

func cardNumberInID(path string) *fault.Error {
	return fault.New(fault.Invalid, domain.ReasonCardNumberInID, "%s holds a card number and cannot be masked", path).
		WithField(path, "must not hold a card number")
}

func invalidTime() *fault.Error {
	return fault.New(fault.Invalid, domain.ReasonInvalidTime, "occurred_at is before the year 1970 or more than a day ahead of the server's clock").
		WithField("occurred_at", "must be between 1970-01-01T00:00:00Z and a day from now")
}

func customerMismatch() *fault.Error {
	return fault.New(fault.Invalid, domain.ReasonCustomerMismatch, "an event of an append belongs to another customer than the request").
		WithField("customer", "must be the request's customer or empty")
}

func invalidField(path, msg string) *fault.Error {
	return fault.New(fault.Invalid, fault.InvalidRequest, "the event breaks the rules of its fields").WithField(path, msg)
}

// eventIDPattern is the rule for event ids.
var eventIDPattern = newPattern(rulesOf(eventPlan.desc.Fields().ByName("event_id")).GetString().GetPattern())

// under returns the fault with the paths of its fields below prefix.
func under(f *fault.Error, prefix string) *fault.Error {
	c := *f
	c.Fields = make([]fault.Field, len(f.Fields))
	for i, v := range f.Fields {
		path := prefix
		if v.Path != "" {
			path += "." + v.Path
		}
		c.Fields[i] = fault.Field{Path: path, Msg: v.Msg}
	}
	return &c
}

// SafeEventID returns the id of an event that may have been refused: "" when it is no id, or holds a card number, which
// must not be repeated.
func SafeEventID(id string) string {
	if !eventIDPattern.match(id) || isCard(id) {
		return ""
	}
	return id
}
