package boltstore

import (
	"bytes"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// reader reads the log and its index within one transaction.
type reader struct {
	tx        *bbolt.Tx
	shards    int
	whole     *wholeness
	customers map[domain.Key]*customer
	buckets   struct {
		events                        *bbolt.Bucket
		customers, places, ids, tails *bbolt.Cursor
	}

	// What was read last.
	block  uint64
	events [][]byte // of the block; nil for none
	owner  *customer
	old    places // of owner
	shard  int32
	tail   places // of shard; last 0 for none
}

func newReader(tx *bbolt.Tx, s *Store) *reader {
	r := &reader{tx: tx, shards: s.shards, whole: &s.whole, customers: make(map[domain.Key]*customer)}
	r.buckets.events = tx.Bucket(eventsBucket)
	r.buckets.customers = tx.Bucket(customersBucket).Cursor()
	r.buckets.places = tx.Bucket(placesBucket).Cursor()
	r.buckets.ids = tx.Bucket(idsBucket).Cursor()
	r.buckets.tails = tx.Bucket(tailsBucket).Cursor()
	return r
}

// customer returns the customer's record, an empty one when there is none.
func (r *reader) customer(of domain.Key) (*customer, error) {
	if c := r.customers[of]; c != nil {
		return c, nil
	}
	c := newCustomer(domain.ShardOf(of, r.shards), of)
	key, record := r.buckets.customers.Seek(c.key)
	var err error
	if bytes.Equal(key, c.key) {
		err = c.decode(record)
	} else if err = checkAbsent(r.buckets.customers, c.key, key); err == nil {
		err = r.whole.customers(r, c.shard)
	}
	if err != nil {
		return nil, err
	}
	r.customers[of] = c
	return c, nil
}

// find returns the customer's indexed event of this id, or nil.
func (r *reader) find(c *customer, eventID string) (*domain.Event, error) {
	mark := fingerprint(eventID)
	for i := range len(c.prints) / 8 {
		if printAt(c.prints, i) != mark {
			continue
		}
		if e, err := r.event(c, c.places.first+int64(i)); err != nil || e.EventID == eventID {
			return e, err
		}
	}
	if c.places.first == 1 {
		return nil, nil
	}
	cursor := r.buckets.ids
	prefix := idPrefix(c.key, mark)
	key, record := cursor.Seek(prefix)
	for first := true; ; first = false {
		if !bytes.HasPrefix(key, prefix) {
			if first {
				if err := checkAbsent(cursor, prefix, key); err != nil {
					return nil, err
				}
			}
			break
		}
		if _, err := unseal(key, record); err != nil {
			return nil, err
		}
		if e, err := r.event(c, lastInt(key)); err != nil || e.EventID == eventID {
			return e, err
		}
		key, record = cursor.Next()
	}
	return nil, r.whole.ids(r, c)
}

// position returns where the customer's event of this revision is, which must be indexed.
func (r *reader) position(c *customer, revision int64) (int64, error) {
	if err := c.decodePlaces(); err != nil {
		return 0, err
	}
	p := &c.places
	if revision < p.first {
		p = &r.old
		if r.owner != c || revision < p.first || revision > p.last {
			var err error
			r.owner = c
			if r.old, err = loadPlaces(r.buckets.places, c.key, revision); err != nil {
				r.owner = nil
				return 0, err
			}
		}
	}
	position, ok := p.find(revision)
	if !ok {
		return 0, c.damaged()
	}
	return position, nil
}

// event returns the customer's event of this revision, which must be indexed.
func (r *reader) event(c *customer, revision int64) (*domain.Event, error) {
	position, err := r.position(c, revision)
	if err != nil {
		return nil, err
	}
	e, err := r.at(position)
	if err != nil {
		return nil, err
	}
	if e.Key != c.Key || e.Revision != revision || e.Shard != c.shard {
		return nil, c.damaged()
	}
	return e, nil
}

// sequence returns the shard's event at a sequence, which must be indexed.
func (r *reader) sequence(shard int32, sequence int64) (*domain.Event, error) {
	if r.shard != shard || sequence < r.tail.first || sequence > r.tail.last {
		var err error
		r.shard = shard
		if r.tail, err = loadPlaces(r.buckets.tails, shardKey(shard), sequence); err != nil {
			return nil, err
		}
	}
	position, _ := r.tail.find(sequence)
	e, err := r.at(position)
	if err != nil {
		return nil, err
	}
	if e.Shard != shard || e.Sequence != sequence {
		return nil, damaged("the index of shard %d at %d", shard, sequence)
	}
	return e, nil
}

// at returns the event at a position.
func (r *reader) at(position int64) (*domain.Event, error) {
	block, index := uint64(position)/maxBlock, int(position%maxBlock)
	if r.events == nil || r.block != block {
		key := blockKey(block)
		payload, err := unseal(key, r.buckets.events.Get(key))
		if err != nil {
			return nil, err
		}
		reuse := r.events[:0]
		r.events = nil
		if r.events, err = splitBlock(reuse, payload); err != nil {
			r.events = nil
			return nil, damaged("block %d", block).WithCause(err)
		}
		r.block = block
	}
	if index >= len(r.events) {
		return nil, damaged("block %d", block)
	}
	e, err := decodeEvent(r.events[index])
	if err != nil {
		return nil, damaged("block %d", block).WithCause(err)
	}
	return e, nil
}
