package boltstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// sample fills a store and its model with the same events, of which some are
// indexed, and returns the customers.
func sample(t testing.TB, stores ...domain.Store) []domain.Key {
	t.Helper()
	var keys []domain.Key
	for c := range 12 {
		keys = append(keys, storetest.Customer(fmt.Sprintf("customer-%d", c)))
	}
	for _, s := range stores {
		for i := range 60 {
			var batches []*domain.Batch
			for c, key := range keys {
				if c == 0 || i%(c+1) == 0 {
					batches = append(batches, storetest.Numbered(key, 5*i, 1+c%5))
				}
			}
			mustAppend(t, s, batches...)
		}
	}
	return keys
}

// A bit that is flipped anywhere in the file is noticed, or changes nothing: what
// the store answers is right, or is a fault. It never panics.
func TestFlippedBits(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log.db")
	s := mustOpen(t, path, Options{Shards: 3})
	s.limits = limits{shard: totals{60, 1 << 20}, all: totals{100, 1 << 20}}
	s.db.Bolt().NoSync = true
	model, err := memstore.New(3)
	if err != nil {
		t.Fatal(err)
	}
	keys := sample(t, s, model)
	used := pagesInUse(t, s)
	_ = s.Close()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const seed = 20260302
	rng := rand.New(rand.NewPCG(seed, seed))
	rounds := 120
	if testing.Short() {
		rounds = 50
	}
	noticed := 0
	for i := range rounds {
		bad := append([]byte(nil), good...)
		at := rng.IntN(os.Getpagesize())
		if i%4 == 0 {
			at = rng.IntN(pageHeader)
		}
		at += used[rng.IntN(len(used))] * os.Getpagesize()
		bit := byte(1) << rng.IntN(8)
		bad[at] ^= bit
		target := filepath.Join(dir, fmt.Sprintf("bad-%d.db", i))
		if err := os.WriteFile(target, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if compareDamaged(t, fmt.Sprintf("byte %d, bit %08b", at, bit), target, model, keys) {
			noticed++
		}
		_ = os.Remove(target)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d of %d flipped bits were noticed; the others hit unused space", noticed, rounds)
	if noticed < rounds/4 {
		t.Error("too few: the test does not hit what is used")
	}
}

// pageHeader is the size of the header of a page, which says what the page has.
const pageHeader = 16

// pagesInUse returns the pages that hold something.
func pagesInUse(t *testing.T, s *Store) []int {
	t.Helper()
	var used []int
	err := s.db.View(func(tx *bbolt.Tx) error {
		for id := 0; ; id++ {
			p, err := tx.Page(id)
			if err != nil || p == nil {
				return err
			}
			if p.Type != "free" {
				for n := range p.OverflowCount + 1 {
					used = append(used, id+n)
				}
			}
			id += p.OverflowCount
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// compareDamaged reads all of a damaged file and reports whether the damage was
// noticed.
func compareDamaged(t *testing.T, what, path string, model domain.Store, keys []domain.Key) (noticed bool) {
	t.Helper()
	ctx := context.Background()
	s, err := Open(path, Options{})
	if err != nil {
		if _, ok := fault.As(err); !ok {
			t.Errorf("%s: open: %v is no fault", what, err)
		}
		return true
	}
	defer func() { _ = s.Close() }()
	check := func(call string, want, got any, err error) {
		if err != nil {
			noticed = true
			if fault.ReasonOf(err) != fault.StoreDamaged {
				t.Errorf("%s: %s: %v", what, call, err)
			}
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s is wrong (-want +got):\n%s", what, call, diff)
		}
	}
	heads, _ := model.Heads(ctx)
	got, err := s.Heads(ctx)
	check("heads", heads, got, err)
	for shard := range heads {
		want, _ := model.Tail(ctx, int32(shard), 0, 10_000, 1<<30)
		got, err := s.Tail(ctx, int32(shard), 0, 10_000, 1<<30)
		check("tail", want, got, err)
	}
	for _, key := range keys {
		head, _ := model.Head(ctx, key)
		gotHead, err := s.Head(ctx, key)
		check("head", head, gotHead, err)
		for _, newest := range []bool{false, true} {
			r := domain.Range{Limit: 10_000, MaxBytes: 1 << 30, Newest: newest}
			want, _ := model.List(ctx, key, r)
			got, err := s.List(ctx, key, r)
			check("list", want, got, err)
		}
	}
	// Everything that is stored is known again.
	for _, key := range keys {
		all, _ := model.List(ctx, key, domain.Range{Limit: 10_000, MaxBytes: 1 << 30})
		again := make([]*domain.Event, len(all))
		for i, e := range all {
			c := *e
			again[i] = &c
		}
		b := storetest.Separately(storetest.Batch(again...))
		if err := s.Append(ctx, []*domain.Batch{b}); err != nil || b.Err != nil {
			check("append", nil, nil, firstOf(err, b.Err))
			continue
		}
		for i, r := range b.Results {
			if r.Err != nil {
				check("append", nil, nil, r.Err)
			} else if !r.Replayed || r.Revision != all[i].Revision {
				t.Errorf("%s: event %d of %v is stored again", what, i+1, key)
				return noticed
			}
		}
	}
	return noticed
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Damage in one customer's index keeps the others working, and its shard readable.
func TestADamagedCustomer(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "log.db"), Options{Shards: 2})
	s.limits = limits{}
	s.db.Bolt().NoSync = true
	ann, bob, eve := storetest.Customer("ann"), storetest.Customer("bob"), storetest.Customer("eve")
	for _, key := range []domain.Key{ann, bob, eve} {
		mustAppend(t, s, storetest.Numbered(key, 0, 3))
	}
	key := newCustomer(domain.ShardOf(ann, 2), ann).key
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(customersBucket)
		record := append([]byte(nil), bucket.Get(key)...)
		record[3] ^= 1
		return bucket.Put(key, record)
	}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Head(t.Context(), ann)
	wantOneLine(t, err, fault.Internal, fault.StoreDamaged)
	b, c := storetest.Numbered(ann, 3, 1), storetest.Numbered(bob, 3, 1)
	if err := s.Append(t.Context(), []*domain.Batch{b, c}); err != nil || c.Err != nil {
		t.Fatal(err, c.Err)
	}
	wantOneLine(t, b.Err, fault.Internal, fault.StoreDamaged)
	events, err := s.Tail(t.Context(), domain.ShardOf(ann, 2), 0, 100, 1<<20)
	if err != nil || len(events) < 3 {
		t.Errorf("%d events, %v", len(events), err)
	}
}

// Damage that is found while a shard is indexed makes that shard read-only and
// loses nothing.
func TestDamageWhileIndexing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	s := mustOpen(t, path, Options{Shards: 1})
	s.db.Bolt().NoSync = true
	ann, bob := storetest.Customer("ann"), storetest.Customer("bob")
	s.limits = limits{}
	mustAppend(t, s, storetest.Numbered(ann, 0, 1), storetest.Numbered(bob, 0, 1))
	s.limits = defaultLimits
	mustAppend(t, s, storetest.Numbered(ann, 1, 1))
	key := newCustomer(0, ann).key
	if err := s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(customersBucket).Put(key, []byte("no record")) }); err != nil {
		t.Fatal(err)
	}
	s.limits = limits{}
	mustAppend(t, s, storetest.Numbered(bob, 1, 1)) // this would index ann
	late := storetest.Numbered(bob, 2, 1)
	if err := s.Append(t.Context(), []*domain.Batch{late}); err != nil {
		t.Fatal(err)
	}
	wantOneLine(t, late.Err, fault.Internal, fault.StoreDamaged)
	_ = s.Close()
	s = mustOpen(t, path, Options{})
	events, err := s.Tail(t.Context(), 0, 0, 100, 1<<20)
	if err != nil || len(events) != 4 || events[3].Customer != "bob" {
		t.Errorf("%d events, %v", len(events), err)
	}
}
