package boltstore

import (
	"bytes"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// wholeness guards against the one kind of damage that seals cannot show: a record
// that is no longer there, because the header of its page says that the page has
// fewer. What must exist and is missing is noticed anyway. But a customer without
// a record is a new one, and an id that is not found is free; so before that is
// believed for the first time, the records are counted, once per shard and once
// per customer with a long history.
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
	if count(r.buckets.customers, shardKey(shard)) != state.customers[shard] {
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
	if count(r.buckets.ids, c.key) != c.places.first-1 {
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

// count returns how many keys have a prefix.
func count(cursor *bbolt.Cursor, prefix []byte) int64 {
	n := int64(0)
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = cursor.Next() {
		n++
	}
	return n
}
