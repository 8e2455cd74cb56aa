// Package memstore keeps the context service's view in memory: the reference that the other stores are tested against,
// and a store for tests and trials. A restart begins with an empty view, which following the log fills again.
package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

type customerKey struct{ tenant, customer string }

type holderKey struct {
	tenant string
	key    domain.IdentifierKey
}

// Store is a domain.Store in memory.
type Store struct {
	mu        sync.RWMutex
	closed    bool
	states    map[customerKey]*domain.State // states are never changed, so the pointers may be shared
	timers    map[customerKey]time.Time
	erased    map[customerKey]struct{} // they hold nothing any more
	holders   map[holderKey]domain.Holders
	positions map[int32]int64
}

// New returns an empty store.
func New() *Store {
	return &Store{
		states:    map[customerKey]*domain.State{},
		timers:    map[customerKey]time.Time{},
		erased:    map[customerKey]struct{}{},
		holders:   map[holderKey]domain.Holders{},
		positions: map[int32]int64{},
	}
}

// LoadState returns the newest snapshot saved for a customer.
func (s *Store) LoadState(ctx context.Context, tenant, customer string) (*domain.State, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	return s.states[customerKey{tenant, customer}], nil
}

// Save keeps snapshots and positions.
func (s *Store) Save(ctx context.Context, p domain.Progress) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	for _, r := range p.States {
		key := customerKey{r.Tenant, r.Customer}
		if !r.State.Erased.IsZero() {
			s.forget(key)
		}
		if have := s.states[key]; have == nil || have.Revision < r.State.Revision {
			s.states[key] = r.State
			if at := r.State.NextTimer(); at.IsZero() {
				delete(s.timers, key)
			} else {
				s.timers[key] = at
			}
		}
	}
	for shard, seq := range p.Positions {
		s.positions[shard] = max(s.positions[shard], seq)
	}
	return nil
}

// forget takes an erased customer out of all holders. The caller holds mu.
func (s *Store) forget(c customerKey) {
	if _, done := s.erased[c]; done {
		return
	}
	s.erased[c] = struct{}{}
	for key, h := range s.holders {
		if key.tenant == c.tenant {
			s.put(key, h.Unbind(c.customer))
		}
	}
}

// put keeps the holders of an identifier. The caller holds mu.
func (s *Store) put(key holderKey, h domain.Holders) {
	if len(h) == 0 {
		delete(s.holders, key)
		return
	}
	s.holders[key] = h
}

// bind applies one binding. The caller holds mu.
func (s *Store) bind(tenant string, b domain.Binding) {
	key := holderKey{tenant, b.Key}
	h := s.holders[key]
	if _, gone := s.erased[customerKey{tenant, b.Owner.Customer}]; b.Unbind || gone {
		s.put(key, h.Unbind(b.Owner.Customer))
		return
	}
	s.put(key, h.Bind(b.Owner))
}

// Positions returns the sequence up to which each shard was followed.
func (s *Store) Positions(ctx context.Context) (map[int32]int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	return maps.Clone(s.positions), nil
}

// Claim finds the customer behind keys, or makes one.
func (s *Store) Claim(ctx context.Context, r domain.ClaimRequest) (domain.ClaimResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return domain.ClaimResult{}, err
	}
	owners := make([]domain.Owner, len(r.Keys))
	for i, k := range r.Keys {
		owners[i] = s.holders[holderKey{r.Tenant, k}].Owner()
	}
	res := r.Decide(owners)
	for _, k := range res.Keys {
		if k.Outcome == domain.Linked {
			s.bind(r.Tenant, domain.Binding{Key: k.Key, Owner: k.Owner})
		}
	}
	return res, nil
}

// Lookup returns the owner of each key.
func (s *Store) Lookup(ctx context.Context, tenant string, keys []domain.IdentifierKey) ([]domain.Owner, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	owners := make([]domain.Owner, len(keys))
	for i, k := range keys {
		owners[i] = s.holders[holderKey{tenant, k}].Owner()
	}
	return owners, nil
}

// Bind applies what the log says about identifiers.
func (s *Store) Bind(ctx context.Context, tenant string, bindings []domain.Binding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	for _, b := range bindings {
		s.bind(tenant, b)
	}
	return nil
}

// Due returns the timers that are not later than a time.
func (s *Store) Due(ctx context.Context, through time.Time, limit int) ([]domain.Timer, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	var due []domain.Timer
	for key, at := range s.timers {
		if !at.After(through) {
			due = append(due, domain.Timer{Tenant: key.tenant, Customer: key.customer, At: at})
		}
	}
	slices.SortFunc(due, func(a, b domain.Timer) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Customer, b.Customer))
	})
	return due[:min(limit, len(due))], nil
}

// Close makes later calls fail.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return fault.New(fault.Unavailable, fault.ServerDraining, "the store is closed")
	}
	return ctx.Err()
}
