package boltkit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"go.etcd.io/bbolt"
)

var (
	errNewer = errors.New("newer schema")
	errOlder = errors.New("older schema")

	// MetaBucket is the bucket that says whose store a file is. Services name their buckets otherwise.
	MetaBucket = []byte("_meta")

	appKey    = []byte("app")
	schemaKey = []byte("schema")
)

// metaVersion is the record version of the values in MetaBucket.
const metaVersion = 1

// readIdentity returns the schema of a file that is ours.
func readIdentity(tx *bbolt.Tx, o Options) (schema int, err error) {
	b := tx.Bucket(MetaBucket)
	if b == nil {
		return 0, fmt.Errorf("%w of Throughline", errForeign)
	}
	_, app, err := Unseal(appKey, b.Get(appKey))
	if err != nil {
		return 0, err
	}
	if string(app) != o.App {
		return 0, fmt.Errorf("%w of this service, it belongs to %q", errForeign, app)
	}
	_, text, err := Unseal(schemaKey, b.Get(schemaKey))
	if err != nil {
		return 0, err
	}
	schema, err = strconv.Atoi(string(text))
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: its schema version", errDamaged)
	case schema > o.Schema:
		return 0, fmt.Errorf("%w: %d, this version knows %d", errNewer, schema, o.Schema)
	case schema < o.Schema && o.Migrate == nil:
		return 0, fmt.Errorf("%w: %d, this version needs %d", errOlder, schema, o.Schema)
	}
	return schema, nil
}

func writeIdentity(tx *bbolt.Tx, o Options) error {
	b, err := tx.CreateBucketIfNotExists(MetaBucket)
	if err != nil {
		return err
	}
	if err := b.Put(appKey, Seal(appKey, metaVersion, []byte(o.App))); err != nil {
		return err
	}
	return b.Put(schemaKey, Seal(schemaKey, metaVersion, []byte(strconv.Itoa(o.Schema))))
}

// migrate brings an older file up to the schema of this build.
func migrate(b *bbolt.DB, o Options) error {
	return guard(func() error {
		var from int
		err := b.View(func(tx *bbolt.Tx) error {
			var err error
			from, err = readIdentity(tx, o)
			return err
		})
		if err != nil || from == o.Schema {
			return err
		}
		return b.Update(func(tx *bbolt.Tx) error {
			if err := o.Migrate(tx, from); err != nil {
				return fmt.Errorf("migrate from schema %d: %w", from, err)
			}
			return writeIdentity(tx, o)
		})
	})
}

// create makes a new store. bbolt can leave half a file behind when power fails while it writes its first pages, so
// the store is made under another name, synced, and then moved into place: at path there is either nothing (or an
// empty file) or a whole store. The lock on the empty file keeps two processes from doing so at once.
func create(path string, o Options) error {
	for {
		claim, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode) //nolint:gosec // the operator's own path
		if err != nil {
			return err
		}
		done, err := createClaimed(claim, path, o)
		if closeErr := claim.Close(); err == nil {
			err = closeErr
		}
		if err != nil || done {
			return err
		}
	}
}

// createClaimed reports false when another process replaced the file while this one waited for the lock.
func createClaimed(claim *os.File, path string, o Options) (done bool, err error) {
	if err := lockFile(claim, true, o.LockTimeout); err != nil {
		return false, err
	}
	mine, err := claim.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(path)
	if err != nil || !os.SameFile(mine, now) {
		return false, err
	}
	if mine.Size() > 0 {
		return true, nil // made by someone else before we opened it; Open checks it like any other
	}
	temp := path + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	if err := writeNew(temp, o); err != nil {
		return false, err
	}
	if err := os.Rename(temp, path); err != nil {
		return false, err
	}
	return true, syncDir(filepath.Dir(path))
}

func writeNew(temp string, o Options) error {
	b, err := bbolt.Open(temp, fileMode, &bbolt.Options{Timeout: o.LockTimeout, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = b.Update(func(tx *bbolt.Tx) error { return writeIdentity(tx, o) })
	if closeErr := b.Close(); err == nil {
		err = closeErr
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
