package boltstore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func mustOpen(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func mustAppend(t testing.TB, s domain.Store, batches ...*domain.Batch) {
	t.Helper()
	if err := s.Append(context.Background(), batches); err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if b.Err != nil {
			t.Fatal(b.Err)
		}
	}
}

// wantOneLine checks a fault that an operator sees.
func wantOneLine(t testing.TB, err error, kind fault.Kind, reason string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || f.Reason != reason {
		t.Fatalf("error %v, want %v %s", err, kind, reason)
	}
	if strings.Contains(f.Msg, "\n") || len(f.Msg) < 20 {
		t.Errorf("message %q", f.Msg)
	}
}

func TestShardsAreFixed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	if err := mustOpen(t, path, Options{Shards: 8}).Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(path, Options{Shards: 16})
	wantOneLine(t, err, fault.Invalid, fault.ConfigInvalid)
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
	for _, n := range []int{0, 8} {
		s := mustOpen(t, path, Options{Shards: n})
		if heads, _ := s.Heads(t.Context()); len(heads) != 8 {
			t.Errorf("%d shards", len(heads))
		}
		_ = s.Close()
	}
	for _, n := range []int{-1, domain.MaxShards + 1} {
		_, err := Open(filepath.Join(t.TempDir(), "log.db"), Options{Shards: n})
		wantOneLine(t, err, fault.Invalid, fault.ConfigInvalid)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	db, err := boltkit.Open(foreign, boltkit.Options{App: "somebody", Schema: 1})
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	_, err = Open(foreign, Options{})
	wantOneLine(t, err, fault.Precondition, fault.StoreForeign)

	used := filepath.Join(dir, "used.db")
	mustOpen(t, used, Options{})
	_, err = Open(used, Options{})
	wantOneLine(t, err, fault.Unavailable, fault.StoreLocked)

	newer := filepath.Join(dir, "newer.db")
	if db, err = boltkit.Open(newer, boltkit.Options{App: App, Schema: schema + 1}); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	_, err = Open(newer, Options{})
	wantOneLine(t, err, fault.Precondition, fault.StoreSchemaNewer)
}

// A file whose making was cut short after its identity was written is completed.
func TestOpenCompletesANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	db, err := boltkit.Open(path, boltkit.Options{App: App, Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	mustAppend(t, mustOpen(t, path, Options{}), storetest.Numbered(storetest.Customer("ann"), 0, 1))
}

// What is missing at the end of the log or of the index is noticed when the store
// is opened.
func TestOpenNoticesALoss(t *testing.T) {
	last := func(bucket []byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			c := tx.Bucket(bucket).Cursor()
			c.Last()
			return c.Delete()
		}
	}
	losses := map[string]func(*bbolt.Tx) error{
		"last block":  last(eventsBucket),
		"last tail":   last(tailsBucket),
		"meta":        last(metaBucket),
		"bucket":      func(tx *bbolt.Tx) error { return tx.DeleteBucket(idsBucket) },
		"first block": func(tx *bbolt.Tx) error { return state{make([]int64, 2), make([]int64, 2), 2}.put(tx) },
		"all blocks": func(tx *bbolt.Tx) error {
			seq := tx.Bucket(eventsBucket).Sequence()
			if err := tx.DeleteBucket(eventsBucket); err != nil {
				return err
			}
			b, err := tx.CreateBucket(eventsBucket)
			return errors.Join(err, b.SetSequence(seq))
		},
		"shards": func(tx *bbolt.Tx) error { return newState(3).put(tx) },
	}
	for name, lose := range losses {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.db")
			s := mustOpen(t, path, Options{Shards: 2})
			s.limits = mixed
			for i := range 20 {
				mustAppend(t, s, storetest.Numbered(storetest.Customer("ann"), i, 1), storetest.Numbered(storetest.Customer("bob"), i, 1))
			}
			if err := s.db.Update(lose); err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
			_, err := Open(path, Options{})
			wantOneLine(t, err, fault.Internal, fault.StoreDamaged)
		})
	}
}

func TestAFullStoreStaysWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	s := mustOpen(t, path, Options{Shards: 2, MaxSize: 40 << 20})
	s.db.Bolt().NoSync = true
	key := storetest.Customer("ann")
	stored := int64(0)
	var full error
	for i := 0; full == nil && i < 10_000; i++ {
		b := storetest.Numbered(key, 16*i, 16)
		for _, e := range b.Events {
			e.Payload = make([]byte, domain.MaxEventBytes)
		}
		if full = s.Append(t.Context(), []*domain.Batch{b}); full == nil {
			stored += 16
		}
	}
	wantOneLine(t, full, fault.Exhausted, fault.StoreFull)
	for range 2 {
		if head, err := s.Head(t.Context(), key); err != nil || head.Revision != stored {
			t.Errorf("head %d, %d stored: %v", head.Revision, stored, err)
		}
		events, err := s.List(t.Context(), key, domain.Range{Newest: true, Limit: 10, MaxBytes: 1 << 20})
		if err != nil || len(events) != 10 {
			t.Errorf("%d events, %v", len(events), err)
		}
		_ = s.Close()
		s = mustOpen(t, path, Options{})
	}
	mustAppend(t, s, storetest.Numbered(key, 1_000_000, 1)) // there is room again
}
