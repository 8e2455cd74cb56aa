package boltstore

import (
	"bytes"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
)

// places says where events are that follow each other, by revision or by
// sequence.
type places struct {
	first, last int64   // revisions or sequences
	pairs       []int64 // position and count
}

// add notes the next event.
func (p *places) add(position int64) {
	p.last++
	// Positions of neighbours in one block follow each other; the last of a block
	// and the first of the next do so only if the block is full.
	if n := len(p.pairs); n > 0 && p.pairs[n-2]+p.pairs[n-1] == position {
		p.pairs[n-1]++
		return
	}
	p.pairs = append(p.pairs, position, 1)
}

// find returns the position of the event with this number.
func (p *places) find(number int64) (position int64, ok bool) {
	if number < p.first || number > p.last {
		return 0, false
	}
	at := p.first
	for i := 0; i+1 < len(p.pairs); i += 2 {
		if number < at+p.pairs[i+1] {
			return p.pairs[i] + number - at, true
		}
		at += p.pairs[i+1]
	}
	return 0, false
}

// valid reports whether the pairs are of as many events as first and last say.
func (p *places) valid() bool {
	if p.first < 1 || len(p.pairs)%2 != 0 {
		return false
	}
	n := int64(0)
	for i := 0; i < len(p.pairs); i += 2 {
		if p.pairs[i] < 0 || p.pairs[i+1] < 1 {
			return false
		}
		n += p.pairs[i+1]
	}
	return p.first+n-1 == p.last
}

// pairsPerRecord keeps PlaceRecords below half a page.
const pairsPerRecord = 200

// put writes PlaceRecords for all events, under keys that begin with owner.
func (p *places) put(bucket *bbolt.Bucket, owner []byte) error {
	bucket.FillPercent = fillPercent
	first := p.first
	for pairs := p.pairs; len(pairs) > 0; {
		part := pairs[:min(len(pairs), 2*pairsPerRecord)]
		pairs = pairs[len(part):]
		payload, err := proto.Marshal(&storagev1.PlaceRecord{First: first, Places: part})
		if err != nil {
			return err
		}
		for i := 1; i < len(part); i += 2 {
			first += part[i]
		}
		key := placeKey(owner, first-1)
		if err := bucket.Put(key, boltkit.Seal(key, recordVersion, payload)); err != nil {
			return err
		}
	}
	return nil
}

// loadPlaces reads the PlaceRecord that has the event with this number, which must
// exist.
func loadPlaces(cursor *bbolt.Cursor, owner []byte, number int64) (places, error) {
	key, record := cursor.Seek(placeKey(owner, number))
	if len(key) != len(owner)+8 || !bytes.HasPrefix(key, owner) {
		return places{}, damaged("the index")
	}
	payload, err := unseal(key, record)
	if err != nil {
		return places{}, err
	}
	var m storagev1.PlaceRecord
	if err := proto.Unmarshal(payload, &m); err != nil {
		return places{}, damaged("the index").WithCause(err)
	}
	p := places{first: m.GetFirst(), last: lastInt(key), pairs: m.GetPlaces()}
	if !p.valid() || number < p.first || number > p.last {
		return places{}, damaged("the index")
	}
	return p, nil
}
