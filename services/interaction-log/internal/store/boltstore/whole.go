package boltstore

import (
	"bytes"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// wholeness guards what is believed because something is not there: a customer
// without a record is a new one, and an id that is not found is free. Damage can
// hide a record: in its key, or in the header of its page, which says how many
// there are. So before absence is believed for the first time, the records are
// checked and counted, once per shard and once per customer with a long history.
type wholeness struct {
	mu      sync.Mutex
	shards  []bool
	checked map[domain.Key]struct{}
}

// maxChecked bounds the customers that are remembered.
const maxChecked = 100_000

func (w *wholeness) init(shards int) {
	w.shards, w.checked = make([]bool, shards), make(map[domain.Key]struct{})
}

// customers checks that no customer's record is missing in a shard.
func (w *wholeness) customers(r *reader, shard int32) error {
	w.mu.Lock()
	done := w.shards[shard]
	w.mu.Unlock()
	if done {
		return nil
	}
	state, err := loadState(r.tx, r.shards)
	if err != nil {
		return err
	}
	n, err := countSealed(r.buckets.customers, shardKey(shard))
	if err != nil {
		return err
	}
	if n != state.customers[shard] {
		return damaged("the list of customers of shard %d", shard)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shards[shard] = true
	return nil
}

// ids checks that no id of the customer's is missing.
func (w *wholeness) ids(r *reader, c *customer) error {
	w.mu.Lock()
	_, done := w.checked[c.Key]
	w.mu.Unlock()
	if done {
		return nil
	}
	// Every event but those in the customer's record has an id record.
	n, err := countSealed(r.buckets.ids, c.key)
	if err != nil {
		return err
	}
	if n != c.places.first-1 {
		return damaged("the list of event ids of a customer in shard %d", c.shard)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.checked) >= maxChecked {
		clear(w.checked)
	}
	w.checked[c.Key] = struct{}{}
	return nil
}

// countSealed checks all records whose keys have a prefix, and returns how many
// there are.
func countSealed(cursor *bbolt.Cursor, prefix []byte) (n int64, err error) {
	var before []byte
	for key, record := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, record = cursor.Next() {
		if _, err := unseal(key, record); err != nil {
			return 0, err
		}
		if bytes.Compare(before, key) >= 0 {
			return 0, damaged("a page of the store")
		}
		before = key
		n++
	}
	return n, nil
}
