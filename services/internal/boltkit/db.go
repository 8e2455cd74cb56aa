package boltkit

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// DB is an open store.
type DB struct {
	path string
	bolt *bbolt.DB
	file *os.File
	// damaged is set when a write, or the beginning of a transaction, met damage. bbolt's locks may then be held for
	// ever, and what it would write next cannot be trusted.
	damaged atomic.Bool
}

// closeWait is how long Close waits for a damaged bbolt to close by itself.
const closeWait = time.Second

// View runs fn in a read-only transaction. Damage that is met on the way is a fault STORE_DAMAGED.
func (d *DB) View(fn func(*bbolt.Tx) error) error {
	if d.damaged.Load() {
		return d.refuse()
	}
	begun := false
	err := guard(func() error {
		return d.bolt.View(func(tx *bbolt.Tx) error {
			begun = true
			return fn(tx)
		})
	})
	// Damage in one page leaves the others readable; damage before the transaction began leaves locks behind.
	if isDamage(err) && !begun {
		d.damaged.Store(true)
	}
	return classify(err)
}

// Update runs fn in a read-write transaction and returns when it is on disk. One runs at a time. A full disk or
// MaxSize is a fault STORE_FULL; after damage every further transaction is refused.
func (d *DB) Update(fn func(*bbolt.Tx) error) error {
	if d.damaged.Load() {
		return d.refuse()
	}
	err := guard(func() error { return d.bolt.Update(fn) })
	// A damaged record that fn read and returned as an error was rolled back in good order; a panic was not.
	if errors.As(err, new(*panicDamage)) {
		d.damaged.Store(true)
	}
	return classify(err)
}

// Path returns where the store is.
func (d *DB) Path() string { return d.path }

// Size returns the size of the file in bytes.
func (d *DB) Size() (int64, error) {
	st, err := os.Stat(d.path)
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

// Bolt returns the bbolt database, for statistics and tools. Transactions begun on it are not guarded.
func (d *DB) Bolt() *bbolt.DB { return d.bolt }

// Close waits for running transactions and closes the file.
func (d *DB) Close() error {
	if !d.damaged.Load() {
		return guard(d.bolt.Close)
	}
	closed := make(chan error, 1)
	go func() { closed <- guard(d.bolt.Close) }()
	select {
	case err := <-closed:
		return err
	case <-time.After(closeWait):
		return d.file.Close()
	}
}

func (d *DB) refuse() error {
	return fault.New(fault.Internal, fault.StoreDamaged,
		"the store %s is damaged and takes no more calls; stop the service and restore the store from a backup", d.path)
}

// classify turns bbolt's errors into faults. Faults and errors of the caller's own function pass unchanged.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	switch {
	case errors.Is(err, berrors.ErrMaxSizeReached), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT),
		// bbolt gives the cause of a failed resize as text only.
		strings.Contains(err.Error(), syscall.ENOSPC.Error()):
		return fault.New(fault.Exhausted, fault.StoreFull,
			"the store is full; nothing was written; free disk space or raise the limit").WithCause(err)
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return fault.New(fault.Unavailable, fault.ServerDraining, "the store is closed").WithCause(err)
	}
	return err
}
