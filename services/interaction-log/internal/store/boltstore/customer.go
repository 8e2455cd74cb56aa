package boltstore

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/encoding/protowire"

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
	encoded    []byte // the first of the places, while nobody needs them
	prints     []byte // of the same events as places
	erased     bool   // by the newest event
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
	if !c.parse(payload) {
		return c.damaged()
	}
	return nil
}

// parse reads the wire format of a CustomerRecord, which is by hand for the same
// reason as that of events.
func (c *customer) parse(raw []byte) bool {
	var revision int64
	var pairs, prints []byte
	for len(raw) > 0 {
		field, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return false
		}
		raw = raw[n:]
		number, bytes, n := consume(field, kind, raw)
		if n < 0 {
			return false
		}
		raw = raw[n:]
		switch {
		case field == 1 && kind == protowire.VarintType:
			revision = int64(number)
		case field == 2 && kind == protowire.Fixed64Type:
			c.recordedAt = time.Unix(0, int64(number)).UTC()
		case field == 3 && kind == protowire.VarintType:
			c.sequence = int64(number)
		case field == 4 && kind == protowire.BytesType:
			pairs = bytes
		case field == 5 && kind == protowire.BytesType:
			prints = bytes
		case field == 6 && kind == protowire.VarintType:
			c.erased = number != 0
		case field <= 6:
			return false
		}
	}
	events := int64(len(prints) / 8)
	c.places = places{first: revision - events + 1, last: revision}
	c.encoded = pairs
	// What is added later must not be written into bbolt's pages.
	c.prints = prints[:len(prints):len(prints)]
	return events > 0 && len(prints)%8 == 0 && c.places.first >= 1 && len(pairs) > 0
}

// decodePlaces decodes the places, which a new event alone does not need.
func (c *customer) decodePlaces() error {
	if c.encoded == nil {
		return nil
	}
	var pairs []int64
	for raw := c.encoded; len(raw) > 0; {
		number, n := protowire.ConsumeVarint(raw)
		if n < 0 {
			return c.damaged()
		}
		raw = raw[n:]
		pairs = append(pairs, int64(number))
	}
	c.places.pairs, c.encoded = append(pairs, c.places.pairs...), nil
	if !c.places.valid() {
		return c.damaged()
	}
	return nil
}

// appendRecord appends the wire format of the CustomerRecord.
func (c *customer) appendRecord(dst []byte) []byte {
	dst = appendNumber(dst, 1, c.places.last)
	dst = appendTime(dst, 2, c.recordedAt)
	dst = appendNumber(dst, 3, c.sequence)
	size := len(c.encoded)
	for _, n := range c.places.pairs {
		size += protowire.SizeVarint(uint64(n))
	}
	dst = protowire.AppendVarint(protowire.AppendTag(dst, 4, protowire.BytesType), uint64(size))
	dst = append(dst, c.encoded...)
	for _, n := range c.places.pairs {
		dst = protowire.AppendVarint(dst, uint64(n))
	}
	dst = protowire.AppendBytes(protowire.AppendTag(dst, 5, protowire.BytesType), c.prints)
	if c.erased {
		dst = appendNumber(dst, 6, 1)
	}
	return dst
}

// head is the place of the newest event.
func (c *customer) head() domain.Head {
	if c.places.last == 0 {
		return domain.Head{}
	}
	return domain.Head{Revision: c.places.last, Shard: c.shard, Sequence: c.sequence, RecordedAt: c.recordedAt, Erased: c.erased}
}

// put writes the customer's record, with these new events.
func (c *customer) put(tx *bbolt.Tx, bucket *bbolt.Bucket, events []stored) error {
	for _, e := range events {
		c.places.add(e.position)
		c.prints = binary.LittleEndian.AppendUint64(c.prints, fingerprint(e.EventID))
	}
	newest := events[len(events)-1]
	c.sequence, c.recordedAt, c.erased = newest.Sequence, newest.RecordedAt, newest.Type == domain.TypeCustomerErased
	if len(c.prints) > 8*maxHot {
		if err := c.spill(tx, newest.position); err != nil {
			return err
		}
	}
	record := boltkit.Seal(c.key, recordVersion, c.appendRecord(make([]byte, 0, 48+len(c.prints)+len(c.encoded)+6*len(c.places.pairs))))
	return bucket.Put(c.key, record)
}

// spill moves what the customer's record says of its events, but for the newest
// one, to records of their own.
func (c *customer) spill(tx *bbolt.Tx, newest int64) error {
	if err := c.decodePlaces(); err != nil {
		return err
	}
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
		mark     uint64
		revision int64
	}
	ids := make([]id, len(c.prints)/8-1)
	for i := range ids {
		ids[i] = id{printAt(c.prints, i), old.first + int64(i)}
	}
	slices.SortFunc(ids, func(a, b id) int {
		return cmp.Or(cmp.Compare(a.mark, b.mark), cmp.Compare(a.revision, b.revision))
	})
	bucket := tx.Bucket(idsBucket)
	for _, id := range ids {
		key := idKey(c.key, id.mark, id.revision)
		if err := bucket.Put(key, boltkit.Seal(key, recordVersion, nil)); err != nil {
			return err
		}
	}
	c.places = places{first: c.places.last, last: c.places.last, pairs: []int64{newest, 1}}
	c.prints = c.prints[8*len(ids):]
	return nil
}
