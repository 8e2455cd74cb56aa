// Package storetest is the conformance suite of the interaction log's stores: what
// domain.Store says a store must do, each "must" with a subtest, and random
// operations that compare a store with memstore.
package storetest

import (
	"context"
	"testing"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// Harness makes the stores to test.
type Harness struct {
	// New returns an empty store with so many shards, and has it closed when the
	// test ends.
	New func(t testing.TB, shards int) domain.Store
	// Reopen closes a store and opens it again. It is nil when the store forgets.
	Reopen func(t testing.TB, s domain.Store) domain.Store
}

// Run tests a store. Every subtest gets a fresh one.
func Run(t *testing.T, h Harness) {
	groups := []struct {
		name  string
		tests []test
	}{
		{"Append", appendTests},
		{"Read", readTests},
		{"Tail", tailTests},
		{"Erase", eraseTests},
		{"Life", lifeTests},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, tc := range g.tests {
				t.Run(tc.name, func(t *testing.T) {
					tc.run(t, &env{t: t, h: h, store: h.New(t, 4)})
				})
			}
		})
	}
	t.Run("Concurrent", func(t *testing.T) { testConcurrent(t, h) })
}

type test struct {
	name string
	run  func(*testing.T, *env)
}

// env is a store under test and short words for using it.
type env struct {
	t     testing.TB
	h     Harness
	store domain.Store
}

// append stores batches that must succeed.
func (v *env) append(batches ...*domain.Batch) {
	v.t.Helper()
	v.try(batches...)
	for i, b := range batches {
		if b.Err != nil {
			v.t.Fatalf("batch %d: %v", i, b.Err)
		}
	}
}

// try hands batches in whose outcome the test looks at itself.
func (v *env) try(batches ...*domain.Batch) {
	v.t.Helper()
	if err := v.store.Append(context.Background(), batches); err != nil {
		v.t.Fatalf("append: %v", err)
	}
}

// wipe overwrites all that is erased.
func (v *env) wipe() {
	v.t.Helper()
	if err := wipe(v.store); err != nil {
		v.t.Fatalf("wipe: %v", err)
	}
}

func wipe(s domain.Store) (err error) {
	for left := true; left && err == nil; {
		left, err = s.Wipe(context.Background())
	}
	return err
}

func (v *env) erasing() []domain.Key {
	v.t.Helper()
	customers, err := v.store.Erasing(context.Background())
	if err != nil {
		v.t.Fatalf("erasing: %v", err)
	}
	return customers
}

func (v *env) head(key domain.Key) domain.Head {
	v.t.Helper()
	head, err := v.store.Head(context.Background(), key)
	if err != nil {
		v.t.Fatalf("head: %v", err)
	}
	return head
}

func (v *env) heads() []int64 {
	v.t.Helper()
	heads, err := v.store.Heads(context.Background())
	if err != nil {
		v.t.Fatalf("heads: %v", err)
	}
	return heads
}

func (v *env) list(key domain.Key, r domain.Range) []*domain.Event {
	v.t.Helper()
	if r.Limit == 0 {
		r.Limit = domain.MaxPage
	}
	if r.MaxBytes == 0 {
		r.MaxBytes = domain.MaxPageBytes
	}
	events, err := v.store.List(context.Background(), key, r)
	if err != nil {
		v.t.Fatalf("list: %v", err)
	}
	return events
}

func (v *env) tail(shard int32, after int64) []*domain.Event {
	v.t.Helper()
	events, err := v.store.Tail(context.Background(), shard, after, domain.MaxPage, domain.MaxPageBytes)
	if err != nil {
		v.t.Fatalf("tail: %v", err)
	}
	return events
}
