package domain

import (
	"context"
	"maps"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// The types of the events that only the log writes, with the contract's numbers.
const (
	TypeCustomerErased int32 = 64
	TypeEventErased    int32 = 65
)

// ErasureID is the id of the event that ends an erased history. No caller can give it: their ids have no such sign.
const ErasureID = "#erased"

// stubPayload is an encoded event with an empty event_erased.
var stubPayload = []byte{0x8a, 0x04, 0x00}

// Stub is what is left of an event whose history was erased: its places, and when it was stored.
func (e *Event) Stub() *Event {
	return &Event{
		Key: e.Key, Type: TypeEventErased, Payload: stubPayload,
		Revision: e.Revision, Shard: e.Shard, Sequence: e.Sequence, RecordedAt: e.RecordedAt,
	}
}

// hidden returns the event as it may be shown once its customer is erased.
func (e *Event) hidden() *Event {
	if e.Type == TypeCustomerErased || e.Type == TypeEventErased {
		return e
	}
	return e.Stub()
}

// decideErasure ends the customer's history. Ending it again gives the first result.
func (c *Commit) decideErasure(a *Accepted, b *Batch) error {
	switch {
	case a.end.Erased:
		b.Results = []Result{{
			Revision: a.end.Revision, Shard: a.end.Shard, Sequence: a.end.Sequence, RecordedAt: a.end.RecordedAt, Replayed: true,
		}}
		return nil
	case a.head == 0:
		return fault.New(fault.NotFound, ReasonCustomerNotFound, "the customer has no events")
	}
	b.Results = []Result{c.accept(a, b, b.Events[0])}
	a.end = HeadOf(b.Events[0])
	c.erased = append(c.erased, a.Key)
	return nil
}

// refuse refuses what comes for a customer whose history has ended.
func (a *Accepted) refuse(b *Batch) {
	err := customerErased(a.end)
	if !b.Separate {
		b.Err = err
		return
	}
	b.Results = make([]Result, len(b.Events))
	for i := range b.Results {
		b.Results[i].Err = err
	}
}

func customerErased(end Head) error {
	return fault.New(fault.Precondition, ReasonCustomerErased, "the customer's history was erased, and takes no more events").
		With("erase_time", end.RecordedAt.Format(time.RFC3339))
}

// Erase ends a customer's history with an event, and overwrites what the events before it say. From the moment that the
// event is durable nobody is given them any more. It returns when they are overwritten; when ctx ends before, that goes
// on without it. An error of overwriting leaves the rest to the next call, and to the next start.
func (l *Log) Erase(ctx context.Context, last *Event) (Result, error) {
	b := &Batch{Key: last.Key, Events: []*Event{last}, Erasure: true}
	if err := l.Append(ctx, b); err != nil {
		return Result{}, err
	}
	done := make(chan error, 1)
	go func() { done <- l.wipe() }()
	select {
	case err := <-done:
		return b.Results[0], err
	case <-ctx.Done():
		return Result{}, context.Cause(ctx)
	}
}

// wipe overwrites all that is to be, step by step, so that appends get their turn in between.
func (l *Log) wipe() error {
	l.wiping.Lock()
	defer l.wiping.Unlock()
	outstanding := l.hub.erased()
	for left := true; left; {
		if l.closing.Load() {
			return closed()
		}
		var err error
		if left, err = l.store.Wipe(context.Background()); err != nil {
			return err
		}
	}
	l.hub.wiped(outstanding)
	return nil
}

// erase hides what the hub and the store still have of a customer. The caller holds mu.
func (h *hub) erase(key Key, shard int32) {
	h.recent[shard] = ring{}
	// Those who read do not hold the lock for long, so the map is replaced and not changed.
	all := map[Key]struct{}{key: {}}
	maps.Copy(all, h.erasing)
	h.erasing = all
}

// erased returns the customers whose events are not known to be overwritten.
func (h *hub) erased() map[Key]struct{} {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.erasing
}

// wiped notes that the events of customers are overwritten.
func (h *hub) wiped(customers map[Key]struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rest := maps.Clone(h.erasing)
	maps.DeleteFunc(rest, func(key Key, _ struct{}) bool { _, done := customers[key]; return done })
	h.erasing = rest
}

// hide replaces the events of customers that are being erased.
func hide(events []*Event, erasing map[Key]struct{}) {
	if len(erasing) == 0 {
		return // as nearly always
	}
	for i, e := range events {
		if _, erased := erasing[e.Key]; erased {
			events[i] = e.hidden()
		}
	}
}
