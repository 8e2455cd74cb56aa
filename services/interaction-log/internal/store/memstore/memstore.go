// Package memstore keeps the interaction log in memory. It is the reference for
// what a store does, in the fewest lines, and serves tests and throw-away suites.
package memstore

import (
	"context"
	"slices"
	"sync"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Store is a domain.Store in memory.
type Store struct {
	mu        sync.RWMutex
	customers map[domain.Key]*customer
	shards    [][]*domain.Event
	erasing   []domain.Key
	closed    bool
}

type customer struct {
	events []*domain.Event // by revision, from 1
	ids    map[string]*domain.Event
}

// New returns an empty store; shards 0 means domain.DefaultShards.
func New(shards int) (*Store, error) {
	if shards == 0 {
		shards = domain.DefaultShards
	}
	if err := domain.CheckShards(shards); err != nil {
		return nil, err
	}
	return &Store{customers: make(map[domain.Key]*customer), shards: make([][]*domain.Event, shards)}, nil
}

// Append implements domain.Store.
func (s *Store) Append(_ context.Context, batches []*domain.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed()
	}
	c := domain.NewCommit(s.heads(), (*lookup)(s))
	for _, b := range batches {
		c.Decide(b)
	}
	for _, a := range c.Customers() {
		cust := s.customers[a.Key]
		if cust == nil {
			cust = &customer{ids: make(map[string]*domain.Event)}
			s.customers[a.Key] = cust
		}
		for _, e := range a.Events {
			cust.ids[e.EventID] = e
		}
		cust.events = append(cust.events, a.Events...)
	}
	s.erasing = append(s.erasing, c.Erased()...)
	for i := range s.shards {
		s.shards[i] = append(s.shards[i], c.Shard(i)...)
	}
	return nil
}

// Head implements domain.Store.
func (s *Store) Head(_ context.Context, key domain.Key) (domain.Head, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return domain.Head{}, errClosed()
	}
	return (*lookup)(s).Head(key)
}

// Wipe implements domain.Store.
func (s *Store) Wipe(context.Context) (left bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, errClosed()
	}
	for _, key := range s.erasing {
		c := s.customers[key]
		for i, e := range c.events[:len(c.events)-1] {
			c.events[i] = e.Stub()
			s.shards[e.Shard][e.Sequence-1] = c.events[i]
		}
		clear(c.ids)
	}
	s.erasing = nil
	return false, nil
}

// Erasing implements domain.Store.
func (s *Store) Erasing(context.Context) ([]domain.Key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errClosed()
	}
	return slices.Clone(s.erasing), nil
}

// List implements domain.Store.
func (s *Store) List(_ context.Context, key domain.Key, r domain.Range) ([]*domain.Event, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errClosed()
	}
	var all []*domain.Event
	if c := s.customers[key]; c != nil {
		all = c.events
	}
	through := int64(len(all))
	if r.Through > 0 {
		through = min(through, r.Through)
	}
	after := max(0, r.After)
	if after >= through {
		return nil, nil
	}
	events := slices.Clone(all[after:through])
	if r.Newest {
		slices.Reverse(events)
	}
	return cut(events, r.Limit, r.MaxBytes), nil
}

// Tail implements domain.Store.
func (s *Store) Tail(_ context.Context, shard int32, after int64, limit, maxBytes int) ([]*domain.Event, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errClosed()
	}
	if shard < 0 || int(shard) >= len(s.shards) {
		return nil, domain.UnknownShard(shard, len(s.shards))
	}
	all := s.shards[shard]
	return slices.Clone(cut(all[min(max(0, after), int64(len(all))):], limit, maxBytes)), nil
}

// Heads implements domain.Store.
func (s *Store) Heads(context.Context) ([]int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errClosed()
	}
	return s.heads(), nil
}

// Close implements domain.Store. It forgets everything.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.customers, s.shards = true, nil, nil
	return nil
}

func (s *Store) heads() []int64 {
	heads := make([]int64, len(s.shards))
	for i, events := range s.shards {
		heads[i] = int64(len(events))
	}
	return heads
}

// cut ends events at a number and once a number of bytes is reached.
func cut(events []*domain.Event, limit, maxBytes int) []*domain.Event {
	size := 0
	for i, e := range events {
		if i >= limit || size >= maxBytes {
			return events[:i]
		}
		size += len(e.Payload)
	}
	return events
}

// lookup answers a commit's questions, under the store's lock.
type lookup Store

// Head implements domain.Lookup.
func (s *lookup) Head(key domain.Key) (domain.Head, error) {
	c := s.customers[key]
	if c == nil {
		return domain.Head{}, nil
	}
	return domain.HeadOf(c.events[len(c.events)-1]), nil
}

// Find implements domain.Lookup.
func (s *lookup) Find(key domain.Key, eventID string) (*domain.Event, error) {
	if c := s.customers[key]; c != nil {
		return c.ids[eventID], nil
	}
	return nil, nil
}

func errClosed() error {
	return fault.New(fault.Unavailable, fault.ServerDraining, "the store is closed")
}
