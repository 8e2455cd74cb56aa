package client

import (
	"context"
	"strconv"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client/internal/wire"
)

// Event is something that happened to a customer. Zero fields are those of the customer handle's place; without a time, it
// happened when the log stores it. An event has at most 64 KiB.
type Event struct {
	// What happened. Required.
	Payload Payload `wire:"-"`
	// Who did it.
	Actor Actor
	// When it happened, by the caller's clock. Order never depends on it.
	OccurredAt time.Time
	// The interaction it belongs to.
	InteractionID string
	// The case it belongs to, by its id.
	CaseID string
	// The channel it happened in.
	Channel Channel
	// Where the customer was, more closely than the channel: a page, a menu, an application. At most 256 bytes.
	Touchpoint string
	// Its id and idempotency key, unique for the customer for ever: 1 to 128 characters of letters, digits and
	// ._~:@/+=-. Derived from the call's request id when empty.
	EventID string
}

// Appended is the answer of Append.
type Appended struct {
	// One result an event, in the order of the request.
	Results []EventReceipt
	// The customer's newest revision after the append.
	Revision int64
	// Give it to a later read of any service to see at least this append.
	ConsistencyToken string
}

// EventReceipt is what became of one event.
type EventReceipt struct {
	// The event's id.
	EventID string
	// Its revision within the customer's history.
	Revision int64
	// Its shard.
	Shard int
	// Its sequence within the shard.
	Sequence int64
	// When it was stored.
	RecordedAt time.Time
	// True when it had been stored before.
	Replayed bool
	// What was masked before storing.
	Redactions []Redaction
}

// Redaction is something that was taken out of an event before it was stored.
type Redaction struct {
	// What was found.
	Kind RedactionKind
	// The field it was found in, as a path from the event: "message_sent.text".
	Field string
	// How many times it was found there.
	Count int
}

// Append records 1 to 1,000 events, together at most 1 MiB, in their order: all of them, or none. They are on the disk
// when it returns. Card numbers and security codes in texts are masked before; the receipts say where.
//
// Errors: INVALID_REQUEST, EVENT_ID_REUSED, EVENT_TOO_LARGE, BATCH_TOO_LARGE, DUPLICATE_EVENT_ID, CARD_NUMBER_IN_ID,
// INVALID_TIME, REQUEST_TOO_LARGE, OVERLOADED, STORE_FULL, UNAVAILABLE.
func (c *Customer) Append(ctx context.Context, events []Event, opts ...WriteOption) (*Appended, error) {
	w := writing(opts)
	req := &logv1.AppendEventsRequest{Customer: c.name}
	for i, e := range events {
		m, err := c.event(e, w, i)
		if err != nil {
			return nil, err
		}
		req.Events = append(req.Events, m)
	}
	resp, err := invoke(ctx, c.client, c.client.log.AppendEvents, req)
	if err != nil {
		return nil, err
	}
	c.client.tokens.note(c.name, resp.GetConsistencyToken(), resp.GetRevision())
	return decoded[Appended](resp), nil
}

// event returns the message of the i-th event of a call.
func (c *Customer) event(e Event, w writeOptions, i int) (*logv1.Event, error) {
	m := &logv1.Event{EventId: w.requestID + "." + strconv.Itoa(i)}
	if err := encode(m, c.place.origin(c.client.opts.source, w.occurredAt), e); err != nil {
		return nil, err
	}
	if e.Payload == nil {
		return nil, unsendable(&wire.Error{Field: "payload", Problem: "an event needs one"})
	}
	if err := wire.EncodeAs(m, e.Payload); err != nil {
		return nil, unsendable(err)
	}
	return m, nil
}
