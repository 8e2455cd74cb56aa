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

// seek moves to the first key that is not less than key, and returns its record
// if it is key. If it is not, the neighbours are checked: were one of them key
// itself with a bit flipped, or had a damaged page led the search astray, one of
// them would be broken or on the wrong side.
func seek(c *bbolt.Cursor, key []byte) (record []byte, err error) {
	next, value := c.Seek(key)
	if bytes.Equal(next, key) {
		return value, nil
	}
	if next != nil {
		if bytes.Compare(next, key) < 0 {
			return nil, damaged("a page of the store")
		}
		if _, err := unseal(next, value); err != nil {
			return nil, err
		}
	}
	var before, record2 []byte
	if next == nil {
		before, record2 = c.Last()
	} else {
		before, record2 = c.Prev()
	}
	if before != nil {
		if bytes.Compare(before, key) > 0 {
			return nil, damaged("a page of the store")
		}
		if _, err := unseal(before, record2); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
