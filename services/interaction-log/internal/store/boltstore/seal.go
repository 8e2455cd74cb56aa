package boltstore

import (
	"bytes"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// damaged says what is damaged. It names no person.
func damaged(format string, args ...any) *fault.Error {
	return fault.New(fault.Internal, fault.StoreDamaged, format+" is damaged; restore the store from a backup", args...)
}

func isDamage(err error) bool { return fault.ReasonOf(err) == fault.StoreDamaged }

// unseal checks a record and returns its payload, which is valid within the
// transaction.
func unseal(key, record []byte) ([]byte, error) {
	version, payload, err := boltkit.Unseal(key, record)
	if err != nil {
		return nil, err
	}
	if version != recordVersion {
		return nil, damaged("a record of the unknown version %d", version)
	}
	return payload, nil
}

// checkAbsent checks that a key is not there, after a Seek for it that ended at
// next: were a page damaged that leads to it, one of its neighbours would be on
// the wrong side.
func checkAbsent(c *bbolt.Cursor, key, next []byte) error {
	before, _ := c.Prev()
	if next == nil {
		before, _ = c.Last()
	}
	if next != nil && bytes.Compare(next, key) < 0 || before != nil && bytes.Compare(before, key) > 0 {
		return damaged("a page of the store")
	}
	return nil
}
