package boltstore

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
)

// maxHot is how many events a customer's record describes before what it says is
// moved to the places and ids buckets.
const maxHot = 64

// recordVersion is the version of all records.
const recordVersion = 1

// customer is a CustomerRecord, and what its key says.
type customer struct {
	domain.Key
	shard      int32
	key        []byte
	sequence   int64 // of the newest event
	recordedAt time.Time
	places     places // last is the newest revision, 0 when there is no record
	prints     []byte // of the same events as places
}

func newCustomer(shard int32, key domain.Key) *customer {
	return &customer{Key: key, shard: shard, key: customerKey(shard, key), places: places{first: 1}}
}

func (c *customer) damaged() error { return damaged("the record of a customer in shard %d", c.shard) }

// decode reads the customer's record.
func (c *customer) decode(record []byte) error {
	payload, err := unseal(c.key, record)
	if err != nil {
		return err
	}
	var m storagev1.CustomerRecord
	if err := proto.Unmarshal(payload, &m); err != nil {
		return c.damaged()
	}
	c.sequence, c.recordedAt, c.prints = m.GetSequence(), time.Unix(0, m.GetRecordedAt()).UTC(), m.GetFingerprints()
	n := int64(len(c.prints) / 8)
	c.places = places{first: m.GetRevision() - n + 1, last: m.GetRevision(), pairs: m.GetPlaces()}
	if n == 0 || !c.places.valid() {
		return c.damaged()
	}
	return nil
}

// head is the place of the newest event.
func (c *customer) head() domain.Head {
	if c.places.last == 0 {
		return domain.Head{}
	}
	return domain.Head{Revision: c.places.last, Shard: c.shard, Sequence: c.sequence, RecordedAt: c.recordedAt}
}

// put writes the customer's record, with these new events.
func (c *customer) put(tx *bbolt.Tx, events []stored) error {
	for _, e := range events {
		c.places.add(e.position)
		c.prints = binary.LittleEndian.AppendUint64(c.prints, fingerprint(e.EventID))
	}
	newest := events[len(events)-1]
	c.sequence, c.recordedAt = newest.Sequence, newest.RecordedAt
	if len(c.prints) > 8*maxHot {
		if err := c.spill(tx, newest.position); err != nil {
			return err
		}
	}
	payload, err := proto.Marshal(&storagev1.CustomerRecord{
		Revision: c.places.last, RecordedAt: c.recordedAt.UnixNano(), Sequence: c.sequence,
		Places: c.places.pairs, Fingerprints: c.prints,
	})
	if err != nil {
		return err
	}
	return tx.Bucket(customersBucket).Put(c.key, boltkit.Seal(c.key, recordVersion, payload))
}

// spill moves what the customer's record says of its events, but for the newest
// one, to records of their own.
func (c *customer) spill(tx *bbolt.Tx, newest int64) error {
	old := c.places
	old.last--
	if n := len(old.pairs); old.pairs[n-1] == 1 {
		old.pairs = old.pairs[:n-2]
	} else {
		old.pairs[n-1]--
	}
	if err := old.put(tx.Bucket(placesBucket), c.key); err != nil {
		return err
	}
	type id struct {
		print    uint64
		revision int64
	}
	ids := make([]id, len(c.prints)/8-1)
	for i := range ids {
		ids[i] = id{printAt(c.prints, i), old.first + int64(i)}
	}
	slices.SortFunc(ids, func(a, b id) int {
		return cmp.Or(cmp.Compare(a.print, b.print), cmp.Compare(a.revision, b.revision))
	})
	bucket := tx.Bucket(idsBucket)
	for _, id := range ids {
		key := idKey(c.key, id.print, id.revision)
		if err := bucket.Put(key, boltkit.Seal(key, recordVersion, nil)); err != nil {
			return err
		}
	}
	c.places = places{first: c.places.last, last: c.places.last, pairs: []int64{newest, 1}}
	c.prints = c.prints[8*len(ids):]
	return nil
}
