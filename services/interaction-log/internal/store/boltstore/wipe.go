package boltstore

import (
	"context"
	"errors"
	"maps"
	"slices"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// wipeEvents is how many events one step overwrites: each may be in a page of its own.
const wipeEvents = 256

// putErasures notes the histories that the commit erases, in the same transaction.
func (w *write) putErasures(tx *bbolt.Tx) error {
	for _, customer := range w.commit.Erased() {
		bucket, err := tx.CreateBucketIfNotExists(erasuresBucket)
		if err == nil {
			err = putErasure(bucket, customerKey(domain.ShardOf(customer, w.s.shards), customer), 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func putErasure(bucket *bbolt.Bucket, key []byte, next int64) error {
	payload, err := proto.Marshal(&storagev1.Erasure{Next: next})
	if err != nil {
		return err
	}
	return bucket.Put(key, boltkit.Seal(key, recordVersion, payload))
}

// Erasing implements domain.Store.
func (s *Store) Erasing(context.Context) (customers []domain.Key, err error) {
	if s.isClosed() {
		return nil, errClosed()
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(erasuresBucket)
		if bucket == nil {
			return nil
		}
		return bucket.ForEach(func(key, _ []byte) error {
			customer, ok := ownerOf(key)
			if !ok {
				return damaged("the list of erased customers")
			}
			customers = append(customers, customer)
			return nil
		})
	})
	return customers, err
}

// Wipe implements domain.Store.
func (s *Store) Wipe(context.Context) (left bool, err error) {
	s.writer.Lock()
	defer s.writer.Unlock()
	if s.broken != nil {
		return false, s.broken
	}
	if s.isClosed() {
		return false, errClosed()
	}
	var w *wipe
	err = s.db.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(erasuresBucket)
		if bucket == nil {
			return errNothing
		}
		key, record := bucket.Cursor().First()
		if key == nil {
			return errNothing
		}
		var err error
		if w, err = s.planWipe(tx, slices.Clone(key), record); err != nil {
			return err
		}
		if err := w.put(tx, bucket); err != nil {
			return err
		}
		first, _ := bucket.Cursor().First()
		left = first != nil
		return nil
	})
	switch {
	case err == nil:
		s.applyWipe(w)
		return left, nil
	case errors.Is(err, errNothing):
		return false, nil
	case fault.ReasonOf(err) == fault.StoreFull, isDamage(err):
		return false, err
	}
	s.broken = stopped(err) // as when an append fails
	return false, err
}

// wipe is one step: the events of one customer from a revision on.
type wipe struct {
	domain.Key
	key       []byte
	shard     int32
	next, end int64             // from next to before end
	last      int64             // the revision that ends the history
	blocks    map[uint64][]byte // rewritten, not sealed
	stubs     map[int64]*domain.Event
}

// planWipe reads what a step overwrites, before anything is written.
func (s *Store) planWipe(tx *bbolt.Tx, key, record []byte) (*wipe, error) {
	owner, ok := ownerOf(key)
	payload, err := unseal(key, record)
	var m storagev1.Erasure
	if err == nil {
		err = proto.Unmarshal(payload, &m)
	}
	if err != nil || !ok || m.GetNext() < 1 {
		return nil, damaged("the list of erased customers").WithCause(err)
	}
	r := newReader(tx, s)
	c, err := r.customer(owner)
	if err != nil {
		return nil, err
	}
	recent := s.pending[c.shard].of(owner)
	head := c.head()
	if n := len(recent); n > 0 {
		head = domain.HeadOf(recent[n-1].Event)
	}
	if !head.Erased {
		return nil, c.damaged()
	}
	w := &wipe{
		Key: owner, key: key, shard: c.shard, next: m.GetNext(), end: min(m.GetNext()+wipeEvents, head.Revision), last: head.Revision,
		blocks: map[uint64][]byte{}, stubs: map[int64]*domain.Event{},
	}
	revisions := map[uint64]map[int]int64{} // by block and index in it
	for at := w.next; at < w.end; at++ {
		var position int64
		if n := len(recent); n > 0 && at >= recent[0].Revision {
			position = recent[at-recent[0].Revision].position
		} else if position, err = r.position(c, at); err != nil {
			return nil, err
		}
		block := uint64(position) / maxBlock
		if revisions[block] == nil {
			revisions[block] = map[int]int64{}
		}
		revisions[block][int(position%maxBlock)] = at
	}
	for block, marked := range revisions {
		if w.blocks[block], err = w.rewrite(tx, block, marked); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// rewrite returns a block with stubs in place of the events at some indexes, which must be of these revisions.
func (w *wipe) rewrite(tx *bbolt.Tx, number uint64, marked map[int]int64) (block []byte, err error) {
	key := blockKey(number)
	payload, err := unseal(key, tx.Bucket(eventsBucket).Get(key))
	if err != nil {
		return nil, err
	}
	events, err := splitBlock(nil, payload)
	if err != nil {
		return nil, damaged("block %d", number).WithCause(err)
	}
	for index := range marked {
		if index >= len(events) {
			return nil, damaged("block %d", number)
		}
	}
	for i, raw := range events {
		if revision, ok := marked[i]; ok {
			e, err := decodeEvent(raw)
			if err != nil {
				return nil, damaged("block %d", number).WithCause(err)
			}
			if e.Key != w.Key || e.Revision != revision {
				return nil, damaged("the places of a customer in shard %d", w.shard)
			}
			w.stubs[revision] = e.Stub()
			raw = appendEvent(nil, w.stubs[revision])
		}
		// Events of others are copied as they are.
		block = protowire.AppendBytes(protowire.AppendTag(block, 1, protowire.BytesType), raw)
	}
	return block, nil
}

// put writes the step.
func (w *wipe) put(tx *bbolt.Tx, erasures *bbolt.Bucket) error {
	events := tx.Bucket(eventsBucket)
	for _, number := range slices.Sorted(maps.Keys(w.blocks)) {
		key := blockKey(number)
		if err := events.Put(key, boltkit.Seal(key, recordVersion, w.blocks[number])); err != nil {
			return err
		}
	}
	if w.end >= w.last {
		return erasures.Delete(w.key)
	}
	return putErasure(erasures, w.key, w.end)
}

// applyWipe replaces what is held in memory. Readers may have the slices, so these are replaced, too.
func (s *Store) applyWipe(w *wipe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.pending[w.shard]
	h := p.customers[w.Key]
	if h == nil {
		return
	}
	replace := func(events []stored) []stored {
		events = slices.Clone(events)
		for i, e := range events {
			if stub := w.stubs[e.Revision]; stub != nil && e.Key == w.Key {
				events[i].Event = stub
			}
		}
		return events
	}
	for _, e := range h.events {
		if stub := w.stubs[e.Revision]; stub != nil {
			less := len(e.Payload) - len(stub.Payload)
			p.bytes -= less
			s.waiting.bytes -= less
		}
	}
	p.events = replace(p.events)
	p.customers[w.Key] = &history{events: replace(h.events)}
}
