// Package boltkit opens and uses bbolt files safely: it checks a file before it touches it, refuses what is not its own
// with one line that says what to do, turns bbolt's panics into errors, and seals records with a checksum.
package boltkit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Options say whose store a file is and how to open it.
type Options struct {
	// App names the kind of store, for example "throughline-interaction-log". A file of another app is refused.
	App string
	// Schema is the version of the store's layout that this build writes, from 1. A newer file is refused.
	Schema int
	// Migrate brings an older file up to Schema, in the transaction that also records the new version. Without it an
	// older file is refused.
	Migrate func(tx *bbolt.Tx, from int) error
	// LockTimeout is how long to wait for another process to let go of the file; default 1 s.
	LockTimeout time.Duration
	// MaxSize bounds the file, in bytes; 0 means no bound. At the bound writes fail with STORE_FULL.
	MaxSize int
	// Tune changes the bbolt options that are not covered above.
	Tune func(*bbolt.Options)
}

const fileMode = 0o600

// Open opens the store at path, and creates it (and its folder) when there is none; an empty file counts as none. A
// file that is damaged, foreign, newer or in use is refused with a *fault.Error and stays byte for byte what it was.
func Open(path string, o Options) (*DB, error) {
	if o.App == "" || o.Schema < 1 {
		return nil, fmt.Errorf("boltkit: open %s: an app id and a schema of at least 1 are needed", path)
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = time.Second
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, openFault(path, err)
	}
	isNew, err := inspect(path, o)
	if err == nil && isNew {
		err = create(path, o)
	}
	if err != nil {
		return nil, openFault(path, err)
	}
	db := &DB{path: path}
	if db.bolt, db.file, err = openBolt(path, o, false); err != nil {
		return nil, openFault(path, err)
	}
	if err := migrate(db.bolt, o); err != nil {
		_ = db.Close()
		return nil, openFault(path, err)
	}
	return db, nil
}

// inspect checks an existing file without writing to it, and reports whether there is none yet.
func inspect(path string, o Options) (isNew bool, err error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return false, err
	}
	if !st.Mode().IsRegular() {
		return false, fmt.Errorf("%w: it is no regular file", errForeign)
	}
	if st.Size() == 0 {
		return true, nil
	}
	// A writer that is at work would make the header pages look torn.
	if err := lockFile(f, false, o.LockTimeout); err != nil {
		return false, err
	}
	if st, err = f.Stat(); err != nil {
		return false, err
	}
	if err := checkMeta(f, st.Size()); err != nil {
		return false, err
	}
	return false, checkIdentity(path, o)
}

// checkIdentity reads the app id and the schema through a read-only bbolt.
func checkIdentity(path string, o Options) error {
	b, file, err := openBolt(path, o, true)
	if err != nil {
		return err
	}
	db := &DB{path: path, bolt: b, file: file}
	err = db.View(func(tx *bbolt.Tx) error {
		_, err := readIdentity(tx, o)
		return err
	})
	if closeErr := db.Close(); err == nil {
		err = closeErr
	}
	return err
}

// openBolt opens the file with bbolt. A panic in there (bbolt trusts what it maps) becomes an error, and the file is
// closed, which frees its lock.
func openBolt(path string, o Options, readOnly bool) (b *bbolt.DB, file *os.File, err error) {
	opts := &bbolt.Options{
		Timeout:      o.LockTimeout,
		FreelistType: bbolt.FreelistMapType, // the array type gets slow when a file has many free pages
	}
	if o.Tune != nil {
		o.Tune(opts)
	}
	// Set last: these are not for tuning. A read-only open takes no size bound, so that a full store can be read.
	opts.ReadOnly = readOnly
	if !readOnly {
		opts.MaxSize = o.MaxSize
	}
	opts.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		// Creating is not up to bbolt: see create.
		f, err := os.OpenFile(name, flag&^os.O_CREATE, mode) //nolint:gosec // the operator's own path
		file = f
		return f, err
	}
	defer func() {
		if err != nil && file != nil {
			_ = file.Close()
		}
	}()
	err = guard(func() error {
		var err error
		b, err = bbolt.Open(path, fileMode, opts)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return b, file, nil
}

// openFault says in one line what is wrong and what to do.
func openFault(path string, err error) error {
	const notTouched = "; the file was left as it is"
	switch {
	case errors.Is(err, errLocked), errors.Is(err, berrors.ErrTimeout):
		return fault.New(fault.Unavailable, fault.StoreLocked,
			"the store %s is in use by another process; stop that one, or use another data folder", path)
	case errors.Is(err, errForeign):
		return fault.New(fault.Precondition, fault.StoreForeign,
			"%s is not a store of this service: %v; use another data folder, or move the file away%s", path, err, notTouched)
	case errors.Is(err, errNewer):
		return fault.New(fault.Precondition, fault.StoreSchemaNewer,
			"the store %s was written by a newer version: %v; run that version%s", path, err, notTouched)
	case errors.Is(err, errOlder):
		return fault.New(fault.Precondition, fault.StoreForeign,
			"the store %s is too old for this version: %v; run an older version%s", path, err, notTouched)
	case errors.Is(err, errDamaged), errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum):
		return fault.New(fault.Internal, fault.StoreDamaged,
			"the store %s is damaged: %v; restore it from a backup%s", path, err, notTouched)
	}
	if f, ok := fault.As(classify(err)); ok {
		if f.Reason != fault.StoreDamaged {
			return f
		}
		return fault.New(fault.Internal, fault.StoreDamaged,
			"the store %s is damaged inside; restore it from a backup%s", path, notTouched).WithCause(f)
	}
	return fault.New(fault.Precondition, fault.ConfigInvalid, "the store %s cannot be opened: %w", path, err)
}
