package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
)

// Timers lie in two buckets: in the order of their times, to find those that are due, and by customer, to find the one
// that a new snapshot takes the place of. Few customers have one, so both are small, and a snapshot without a timer
// costs one look into a page that is in memory.
var (
	timersBucket   = []byte("timers")    // time and record key -> nothing
	timersOfBucket = []byte("timers-of") // record key -> time
)

// timeSize is the length of a time in a key: seconds and nanoseconds, which sort as the times do.
const timeSize = 8 + 4

func appendTime(key []byte, t time.Time) []byte {
	key = binary.BigEndian.AppendUint64(key, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(key, uint32(t.Nanosecond()))
}

func timeOf(key []byte) time.Time {
	sec := int64(binary.BigEndian.Uint64(key) ^ 1<<63)
	return time.Unix(sec, int64(binary.BigEndian.Uint32(key[8:]))).UTC()
}

func timerKey(at, key []byte) []byte {
	return append(append(make([]byte, 0, len(at)+len(key)), at...), key...)
}

// saveTimer keeps the timer of the customer under key in place of the one before; a zero time is none.
func saveTimer(tx *bbolt.Tx, key []byte, at time.Time) error {
	timers, of := tx.Bucket(timersBucket), tx.Bucket(timersOfBucket)
	var next []byte
	if !at.IsZero() {
		next = appendTime(nil, at)
	}
	before, err := unseal(key, of.Get(key))
	if err != nil || before != nil && len(before) != timeSize {
		return rebuild(damaged(err))
	}
	if bytes.Equal(before, next) {
		return nil
	}
	if before != nil {
		if err := timers.Delete(timerKey(before, key)); err != nil {
			return err
		}
	}
	if next == nil {
		return of.Delete(key)
	}
	if err := of.Put(key, boltkit.Seal(key, recordVersion, next)); err != nil {
		return err
	}
	order := timerKey(next, key)
	return timers.Put(order, boltkit.Seal(order, recordVersion, nil))
}

// Due returns the timers that are not later than a time.
func (s *Store) Due(ctx context.Context, through time.Time, limit int) ([]domain.Timer, error) {
	var due []domain.Timer
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		end := appendTime(nil, through)
		c := tx.Bucket(timersBucket).Cursor()
		for k, v := c.First(); k != nil && len(due) < limit; k, v = c.Next() {
			if bytes.Compare(k[:min(timeSize, len(k))], end) > 0 {
				return nil
			}
			timer, err := readTimer(k, v)
			if err != nil {
				return err
			}
			due = append(due, timer)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return due, nil
}

func readTimer(key, record []byte) (domain.Timer, error) {
	if _, err := unseal(key, record); err != nil {
		return domain.Timer{}, rebuild(err)
	}
	if len(key) < timeSize {
		return domain.Timer{}, rebuild(damaged(nil))
	}
	tenant, customer, ok := bytes.Cut(key[timeSize:], []byte{0})
	if !ok {
		return domain.Timer{}, rebuild(damaged(nil))
	}
	return domain.Timer{Tenant: string(tenant), Customer: string(customer), At: timeOf(key)}, nil
}
