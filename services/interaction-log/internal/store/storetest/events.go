package storetest

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// Epoch is the time of the first event made here.
var Epoch = time.Date(2026, time.March, 2, 9, 0, 0, 123456789, time.UTC)

// Customer returns the key of a customer of a tenant called "t".
func Customer(id string) domain.Key { return domain.Key{Tenant: "t", Customer: id} }

// Event returns an event with this id and text. Events with the same id and text
// are the same.
func Event(key domain.Key, id, text string) *domain.Event {
	return &domain.Event{
		Key: key, EventID: id,
		Type: 23, Channel: int32(len(text) % 5),
		InteractionID: "interaction-1", CaseID: "case-" + text,
		OccurredAt: Epoch.Add(time.Duration(len(id)) * time.Nanosecond),
		Payload:    []byte(text),
		Digest:     sha256.Sum256([]byte(text)),
	}
}

// Batch returns an append of events.
func Batch(events ...*domain.Event) *domain.Batch {
	return &domain.Batch{Key: events[0].Key, Events: events, RecordedAt: Epoch.Add(time.Hour + 1)}
}

// Numbered returns a batch of n events whose ids end in from, from+1...
func Numbered(key domain.Key, from, n int) *domain.Batch {
	events := make([]*domain.Event, n)
	for i := range events {
		events[i] = Event(key, fmt.Sprintf("event-%d", from+i), fmt.Sprintf("text %d", from+i))
	}
	return Batch(events...)
}

// Expecting sets the revision a batch expects.
func Expecting(b *domain.Batch, revision int64) *domain.Batch {
	b.Expected = &revision
	return b
}

// Erasure returns the batch that ends a customer's history.
func Erasure(key domain.Key) *domain.Batch {
	e := Event(key, domain.ErasureID, "why")
	e.Type, e.Digest = domain.TypeCustomerErased, [32]byte{}
	b := Batch(e)
	b.Erasure = true
	return b
}

// Separately makes the events of a batch stand for themselves.
func Separately(b *domain.Batch) *domain.Batch {
	b.Separate = true
	return b
}
