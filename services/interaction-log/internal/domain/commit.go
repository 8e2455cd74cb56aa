package domain

import (
	"fmt"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Lookup is what a store tells about the events it holds while a commit is being
// decided. It need not know of the batches decided before in the same commit.
type Lookup interface {
	// Head returns the place of the customer's newest event, or a zero Head.
	Head(key Key) (Head, error)
	// Find returns the customer's event of this id, or nil.
	Find(key Key, eventID string) (*Event, error)
}

// Commit decides what becomes of the batches that a store writes together. The
// rules of appending are here and nowhere else, so that stores cannot drift: a
// store makes a Commit, lets it decide each batch, and writes what it accepted.
type Commit struct {
	lookup    Lookup
	heads     []int64
	customers map[Key]*Accepted
	order     []*Accepted
	shards    [][]*Event
	erased    []Key
}

// Accepted is what a commit adds to one customer's history.
type Accepted struct {
	Key
	// Before is the customer's head in the store.
	Before Head
	// Events are the new events, in the order of their revisions.
	Events []*Event

	shard int32
	head  int64
	ids   map[string]*Event // of Events, from indexAt of them on
	err   error             // the lookup of the head failed
	end   Head              // of a history that was erased
}

// indexAt is the number of events from which a map finds an id faster than a
// loop does.
const indexAt = 32

// NewCommit begins a commit on a store whose shards have these heads.
func NewCommit(heads []int64, lookup Lookup) *Commit {
	return &Commit{
		lookup:    lookup,
		heads:     append([]int64(nil), heads...),
		customers: make(map[Key]*Accepted),
		shards:    make([][]*Event, len(heads)),
	}
}

// Decide fills in the batch's outcome, and gives revisions and sequences to its
// new events. A lookup that fails refuses the batch, or the event, it was for.
func (c *Commit) Decide(b *Batch) {
	b.Results, b.Err = nil, nil
	a := c.customer(b.Key)
	b.Head = a.head
	switch {
	case a.err != nil:
		b.Err = a.err
	case b.Erasure:
		b.Err = c.decideErasure(a, b)
	case a.end.Erased:
		a.refuse(b)
	case b.Separate:
		c.decideEach(a, b)
	default:
		b.Err = c.decideWhole(a, b)
	}
	b.Head = a.head
}

// Customers returns the customers that have new events, in the order in which
// they came.
func (c *Commit) Customers() []*Accepted {
	changed := make([]*Accepted, 0, len(c.order))
	for _, a := range c.order {
		if len(a.Events) > 0 {
			changed = append(changed, a)
		}
	}
	return changed
}

// Erased returns the customers whose history the commit ends.
func (c *Commit) Erased() []Key { return c.erased }

// Shard returns the shard's new events, in sequence.
func (c *Commit) Shard(shard int) []*Event { return c.shards[shard] }

// Heads returns the newest sequence of each shard after the commit.
func (c *Commit) Heads() []int64 { return c.heads }

func (c *Commit) customer(key Key) *Accepted {
	if a := c.customers[key]; a != nil {
		return a
	}
	a := &Accepted{Key: key, shard: ShardOf(key, len(c.heads))}
	a.Before, a.err = c.lookup.Head(key)
	a.head = a.Before.Revision
	if a.Before.Erased {
		a.end = a.Before
	}
	c.customers[key] = a
	c.order = append(c.order, a)
	return a
}

// decideWhole stores all events of the batch or none.
func (c *Commit) decideWhole(a *Accepted, b *Batch) error {
	if path, id, twice := duplicate(b.Events); twice {
		return duplicateEventID(id, path)
	}
	results := make([]Result, len(b.Events))
	fresh := 0
	for i, e := range b.Events {
		stored, err := c.find(a, e)
		if err != nil {
			if f, ok := fault.As(err); ok && f.Reason == ReasonEventIDReused {
				err = f.WithField(fmt.Sprintf("events[%d].event_id", i), "is taken")
			}
			return err
		}
		if stored == nil {
			fresh++
			continue
		}
		results[i] = resultOf(stored, true)
	}
	// A retry of an append that had succeeded must succeed, whatever was appended
	// since.
	if fresh > 0 && b.Expected != nil && *b.Expected != a.head {
		return revisionMismatch(*b.Expected, a.head)
	}
	for i, e := range b.Events {
		if !results[i].Replayed {
			results[i] = c.accept(a, b, e)
		}
	}
	b.Results = results
	return nil
}

// decideEach decides every event as if it were alone.
func (c *Commit) decideEach(a *Accepted, b *Batch) {
	b.Results = make([]Result, len(b.Events))
	for i, e := range b.Events {
		if err := CheckEvent(e, "", b.RecordedAt); err != nil {
			b.Results[i].Err = err
			continue
		}
		switch stored, err := c.find(a, e); {
		case err != nil:
			b.Results[i].Err = err
		case stored != nil:
			b.Results[i] = resultOf(stored, true)
		default:
			b.Results[i] = c.accept(a, b, e)
		}
	}
}

// find returns the event that e repeats, or nil when e is new.
func (c *Commit) find(a *Accepted, e *Event) (*Event, error) {
	stored := a.find(e.EventID)
	if stored == nil && a.Before.Revision > 0 {
		var err error
		if stored, err = c.lookup.Find(a.Key, e.EventID); err != nil {
			return nil, err
		}
	}
	if stored != nil && stored.Digest != e.Digest {
		return nil, eventIDReused(stored)
	}
	return stored, nil
}

// accept gives a new event its places.
func (c *Commit) accept(a *Accepted, b *Batch, e *Event) Result {
	a.head++
	c.heads[a.shard]++
	e.Revision, e.Shard, e.Sequence, e.RecordedAt = a.head, a.shard, c.heads[a.shard], b.RecordedAt
	a.add(e)
	c.shards[a.shard] = append(c.shards[a.shard], e)
	return resultOf(e, false)
}

func (a *Accepted) add(e *Event) {
	a.Events = append(a.Events, e)
	switch n := len(a.Events); {
	case n == indexAt:
		a.ids = make(map[string]*Event, 2*indexAt)
		for _, e := range a.Events {
			a.ids[e.EventID] = e
		}
	case n > indexAt:
		a.ids[e.EventID] = e
	}
}

func (a *Accepted) find(id string) *Event {
	if a.ids != nil {
		return a.ids[id]
	}
	for _, e := range a.Events {
		if e.EventID == id {
			return e
		}
	}
	return nil
}

// duplicate finds an event id that a batch has twice.
func duplicate(events []*Event) (path, id string, twice bool) {
	var seen map[string]struct{}
	if len(events) > indexAt {
		seen = make(map[string]struct{}, len(events))
	}
	for i, e := range events {
		if seen != nil {
			_, twice = seen[e.EventID]
			seen[e.EventID] = struct{}{}
		} else {
			for _, earlier := range events[:i] {
				twice = twice || earlier.EventID == e.EventID
			}
		}
		if twice {
			return fmt.Sprintf("events[%d].event_id", i), e.EventID, true
		}
	}
	return "", "", false
}
