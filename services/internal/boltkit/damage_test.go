package boltkit_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// records is how many records TestDamage starts with.
const records = 2000

// TestDamage spoils a store in many ways and uses it: it may be refused, it may answer STORE_DAMAGED, it may have got
// away unharmed; it may not crash and it may not serve a wrong value. Lost keys are the one thing that a checksum of
// each record cannot show.
func TestDamage(t *testing.T) {
	whole := read(t, newStore(t, records))
	rng := rand.New(rand.NewPCG(1, 2)) // the same damage each time
	mutants := map[string]func([]byte) []byte{
		"bit flip": func(b []byte) []byte { b[rng.IntN(len(b))] ^= 1 << rng.IntN(8); return b },
		"zeroed page": func(b []byte) []byte {
			p := rng.IntN(len(b) / 4096)
			clear(b[p*4096 : (p+1)*4096])
			return b
		},
		"cut": func(b []byte) []byte { return b[:rng.IntN(len(b))] },
		"garbage": func(b []byte) []byte {
			at := rng.IntN(len(b) - 64)
			for i := range 64 {
				b[at+i] = byte(rng.Uint32())
			}
			return b
		},
	}
	for name, mutate := range mutants {
		t.Run(name, func(t *testing.T) {
			found := map[string]int{}
			for range 30 {
				path := t.TempDir() + "/s.db"
				if err := os.WriteFile(path, mutate(bytes.Clone(whole)), 0o600); err != nil {
					t.Fatal(err)
				}
				found[use(t, path)]++
			}
			t.Log(found)
		})
	}
}

// use opens, reads and writes a damaged store and says how that went.
func use(t *testing.T, path string) string {
	t.Helper()
	if st, err := os.Stat(path); err == nil && st.Size() == 0 {
		return "empty"
	}
	db, err := boltkit.Open(path, opts)
	if err != nil {
		if f, ok := fault.As(err); !ok || f.Reason != fault.StoreDamaged && f.Reason != fault.StoreForeign {
			t.Errorf("open: %v", err)
		}
		return "refused"
	}
	defer func() {
		if err := db.Close(); err != nil && fault.ReasonOf(err) != fault.StoreDamaged && !errors.Is(err, os.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	}()
	n, err := readAll(db)
	if err != nil {
		if fault.ReasonOf(err) != fault.StoreDamaged {
			t.Errorf("read: %v", err)
		}
		return "found by reading"
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return b.Put([]byte("new"), boltkit.Seal([]byte("new"), 1, bytes.Repeat([]byte("new"), 10)))
	})
	if err != nil {
		if fault.ReasonOf(err) != fault.StoreDamaged {
			t.Errorf("write: %v", err)
		}
		return "found by writing"
	}
	if n != records {
		return "keys lost"
	}
	return "harmless"
}

func TestRefusesAfterDamage(t *testing.T) {
	db, err := boltkit.Open(newStore(t, 10), opts)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(tx *bbolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func([]byte, []byte) error {
			_ = tx.Rollback() // bbolt asserts that nobody rolls back a managed transaction
			return nil
		})
	}
	if err := db.Update(damage); fault.ReasonOf(err) != fault.StoreDamaged {
		t.Fatalf("got %v", err)
	}
	for name, err := range map[string]error{
		"write": db.Update(func(*bbolt.Tx) error { return nil }),
		"read":  db.View(func(*bbolt.Tx) error { return nil }),
	} {
		if fault.ReasonOf(err) != fault.StoreDamaged {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestOwnPanicsGoOn(t *testing.T) {
	db, err := boltkit.Open(newStore(t, 10), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	func() {
		defer func() {
			if v := recover(); v != "mine" {
				t.Errorf("recovered %v", v)
			}
		}()
		_ = db.Update(func(*bbolt.Tx) error { panic("mine") })
	}()
	if err := db.Update(func(*bbolt.Tx) error { return nil }); err != nil {
		t.Errorf("the store is sound: %v", err)
	}
}

func TestErrorsPassThrough(t *testing.T) {
	db, err := boltkit.Open(newStore(t, 10), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	own := fault.New(fault.NotFound, "GONE", "gone")
	if err := db.View(func(*bbolt.Tx) error { return own }); !errors.Is(err, own) {
		t.Errorf("got %v", err)
	}
}

func TestFull(t *testing.T) {
	o := opts
	o.MaxSize = 1 << 20
	path := newStore(t, 100)
	db, err := boltkit.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	big := bytes.Repeat([]byte("x"), 200<<10)
	for i := range 20 {
		err = db.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket(bucket).Put([]byte{byte(i)}, big)
		})
		if err != nil {
			break
		}
	}
	if f, ok := fault.As(err); !ok || f.Reason != fault.StoreFull || f.Kind != fault.Exhausted || strings.Contains(f.Msg, "\n") {
		t.Fatalf("got %v", err)
	}
	n := 0
	err = db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket(bucket).Stats().KeyN
		return nil
	})
	if n < 100 || err != nil {
		t.Errorf("reads go on: %d, %v", n, err)
	}
}
