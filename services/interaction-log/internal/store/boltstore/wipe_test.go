package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
)

// After an erasure no record of the file has what an event said, wherever the event was: indexed, in a record of its own
// or not, or in memory only.
func TestNothingErasedIsInTheRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	s, err := Open(path, Options{Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.limits = limits{shard: totals{90, 1 << 20}, all: totals{90, 1 << 20}}
	ann, bob := storetest.Customer("ann"), storetest.Customer("bob")
	const planted = "planted-value"
	for i := 0; i < 40 || len(s.pending[0].of(ann)) == 0; i++ {
		var mine []*domain.Event
		for j := range 7 {
			id := fmt.Sprint("e", i, "-", j)
			mine = append(mine, storetest.Event(ann, id, planted+id))
		}
		err := s.Append(t.Context(), []*domain.Batch{storetest.Batch(mine...), storetest.Numbered(bob, 5*i, 5)})
		if err != nil {
			t.Fatal(err)
		}
	}
	count := func() (n int) {
		err := s.db.View(func(tx *bbolt.Tx) error {
			return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
				return b.ForEach(func(k, v []byte) error {
					n += bytes.Count(k, []byte(planted)) + bytes.Count(v, []byte(planted))
					return nil
				})
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count() < 280 || len(s.pending[0].of(ann)) == 0 {
		t.Fatal("the test plants too little")
	}
	if err := s.Append(t.Context(), []*domain.Batch{storetest.Erasure(ann)}); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for left := true; left; steps++ {
		// Others append in between.
		if err := s.Append(t.Context(), []*domain.Batch{storetest.Numbered(bob, 1000+100*steps, 100)}); err != nil {
			t.Fatal(err)
		}
		if left, err = s.Wipe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if steps < 2 || count() != 0 {
		t.Errorf("after %d steps the value is there %d times", steps, count())
	}
	for _, e := range s.pending[0].events {
		if e.Key == ann && e.Type != domain.TypeEventErased && e.Type != domain.TypeCustomerErased {
			t.Errorf("event %d is in memory", e.Revision)
		}
	}
	if s.waiting.bytes != s.pending[0].bytes {
		t.Errorf("%d bytes wait, %d of them in the shard", s.waiting.bytes, s.pending[0].bytes)
	}
}

// Erasures, appends and reads at once lose nothing of others.
func TestEraseWhileOthersWrite(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "log.db"), Options{Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	s.limits = limits{shard: totals{60, 1 << 20}, all: totals{100, 1 << 20}}
	l, err := domain.NewLog(context.Background(), s, domain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		_ = s.Close()
	})
	const customers, rounds = 6, 30
	var all sync.WaitGroup
	for c := range customers {
		key := storetest.Customer(fmt.Sprint("c", c))
		all.Go(func() {
			for i := range rounds {
				if err := l.Append(context.Background(), storetest.Numbered(key, 10*i, 10)); err != nil {
					t.Error(err)
				}
			}
			if c%2 == 0 {
				e := storetest.Erasure(key).Events[0]
				if r, err := l.Erase(context.Background(), e); err != nil || r.Revision != 10*rounds+1 {
					t.Errorf("erased to %+v, %v", r, err)
				}
			}
		})
		all.Go(func() {
			for range rounds {
				if _, err := l.List(context.Background(), domain.Query{Key: key, Limit: 100}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for c := range customers {
		page, err := l.List(context.Background(), domain.Query{Key: storetest.Customer(fmt.Sprint("c", c)), Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		for _, e := range page.Events {
			if e.Type == 23 {
				whole++
			}
		}
		if want := 10 * rounds * (c % 2); whole != want {
			t.Errorf("customer %d has %d whole events, want %d", c, whole, want)
		}
	}
}
