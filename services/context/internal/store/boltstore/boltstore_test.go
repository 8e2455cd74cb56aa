package boltstore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/store/boltstore"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/context/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func open(t testing.TB, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path, boltstore.Options{Logger: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func factory() storetest.Factory {
	return storetest.Factory{
		New: func(t testing.TB) domain.Store { return open(t, filepath.Join(t.TempDir(), "c.db")) },
		Reopen: func(t testing.TB, s domain.Store) domain.Store {
			path := s.(*boltstore.Store).Path()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, path)
		},
	}
}

func TestConformance(t *testing.T) { storetest.Run(t, factory()) }

func TestModel(t *testing.T) {
	storetest.Model(t, factory(), func() domain.Store { return memstore.New() })
}

func BenchmarkStore(b *testing.B) { storetest.Bench(b, factory()) }

// fill makes a store with a snapshot, an owner and a position, and closes it.
func fill(t *testing.T, path string) {
	t.Helper()
	s := open(t, path)
	err := s.Save(t.Context(), domain.Progress{
		States:    []domain.StateRecord{{Tenant: "default", Customer: "c", State: expiring()}},
		Positions: map[int32]int64{1: 7},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Claim(t.Context(), domain.ClaimRequest{
		Tenant: "default", Keys: []domain.IdentifierKey{{Type: domain.IdentifierPhone, Value: "+1"}}, NewCustomer: "c", Now: storetest.T0,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// expiring returns a state with a timer.
func expiring() *domain.State {
	s := storetest.FullState()
	s.Erased = time.Time{}
	s.Handoffs[0].State, s.Handoffs[0].ExpireTime = domain.HandoffOffering, storetest.T0
	return s
}

// flip changes a bit in every record of a bucket.
func flip(t *testing.T, path, bucket string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		return b.ForEach(func(k, v []byte) error {
			damaged := bytes.Clone(v)
			damaged[len(damaged)/2] ^= 4
			return b.Put(bytes.Clone(k), damaged)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedSnapshotCountsAsNoneAndIsWrittenAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.db")
	fill(t, path)
	flip(t, path, "states")
	s := open(t, path)
	got, err := s.LoadState(t.Context(), "default", "c")
	if err != nil || got != nil {
		t.Fatalf("got %v, %v", got, err)
	}
	again := &domain.State{Revision: 1}
	if err := s.Save(t.Context(), domain.Progress{States: []domain.StateRecord{{Tenant: "default", Customer: "c", State: again}}}); err != nil {
		t.Fatal(err)
	}
	if got, err = s.LoadState(t.Context(), "default", "c"); err != nil || !got.Equal(again) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestOtherDamageSaysWhatToDo(t *testing.T) {
	keys := []domain.IdentifierKey{{Type: domain.IdentifierPhone, Value: "+1"}}
	for bucket, call := range map[string]func(*boltstore.Store) error{
		"positions": func(s *boltstore.Store) error { _, err := s.Positions(t.Context()); return err },
		"timers":    func(s *boltstore.Store) error { _, err := s.Due(t.Context(), storetest.T0, 1); return err },
		"timers-of": func(s *boltstore.Store) error {
			next := expiring()
			next.Revision++
			return s.Save(t.Context(), domain.Progress{States: []domain.StateRecord{{Tenant: "default", Customer: "c", State: next}}})
		},
		"holders": func(s *boltstore.Store) error { _, err := s.Lookup(t.Context(), "default", keys); return err },
	} {
		path := filepath.Join(t.TempDir(), "c.db")
		fill(t, path)
		flip(t, path, bucket)
		err := call(open(t, path))
		if fault.ReasonOf(err) != fault.StoreDamaged || !strings.Contains(err.Error(), "delete the store file") {
			t.Errorf("%s: %v", bucket, err)
		}
	}
}

func TestRefusedFilesStayAsTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		make   func(t *testing.T, path string)
		reason string
	}{
		"no bbolt file": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("no store "), 2000), 0o600); err != nil {
				t.Fatal(err)
			}
		}, fault.StoreForeign},
		"another service's": {func(t *testing.T, path string) { openAs(t, path, "throughline-interaction-log", 1) }, fault.StoreForeign},
		"a newer one":       {func(t *testing.T, path string) { openAs(t, path, boltstore.App, 99) }, fault.StoreSchemaNewer},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.db")
			c.make(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = boltstore.Open(path, boltstore.Options{})
			if fault.ReasonOf(err) != c.reason || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %s in one line", err, c.reason)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func openAs(t *testing.T, path, app string, schema int) {
	t.Helper()
	db, err := boltkit.Open(path, boltkit.Options{App: app, Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.db")
	open(t, path)
	if _, err := boltstore.Open(path, boltstore.Options{}); fault.ReasonOf(err) != fault.StoreLocked {
		t.Errorf("got %v", err)
	}
}
