package boltstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

var (
	eventsBucket    = []byte("events")
	customersBucket = []byte("customers")
	placesBucket    = []byte("places")
	idsBucket       = []byte("ids")
	tailsBucket     = []byte("tails")
	metaBucket      = []byte("meta")
	erasuresBucket  = []byte("erasures")

	shardsKey = []byte("shards")
	indexKey  = []byte("index")
)

// maxBlock is how many events a block may have.
const maxBlock = 64

func blockKey(block uint64) []byte { return binary.BigEndian.AppendUint64(nil, block) }

func shardKey(shard int32) []byte { return appendShard(make([]byte, 0, 10), shard) }

func customerKey(shard int32, c domain.Key) []byte {
	// Room for what placeKey and idKey append.
	key := make([]byte, 0, 2+len(c.Tenant)+1+len(c.Customer)+1+16)
	key = append(appendShard(key, shard), c.Tenant...)
	key = append(append(key, 0), c.Customer...)
	return append(key, 0)
}

// ownerOf returns the customer of a customer key.
func ownerOf(key []byte) (domain.Key, bool) {
	if len(key) < 2 {
		return domain.Key{}, false
	}
	tenant, rest, ok := bytes.Cut(key[2:], []byte{0})
	customer, rest, ended := bytes.Cut(rest, []byte{0})
	return domain.Key{Tenant: string(tenant), Customer: string(customer)}, ok && ended && len(rest) == 0
}

// placeKey extends the key of a customer or shard.
func placeKey(owner []byte, last int64) []byte {
	return appendInt(owner[:len(owner):len(owner)], last)
}

// idKey extends a customer key.
func idKey(customer []byte, mark uint64, revision int64) []byte {
	return appendInt(idPrefix(customer, mark), revision)
}

func idPrefix(customer []byte, mark uint64) []byte {
	key := make([]byte, len(customer), len(customer)+16)
	copy(key, customer)
	return binary.BigEndian.AppendUint64(key, mark)
}

// lastInt returns the number at the end of a key.
func lastInt(key []byte) int64 {
	return int64(binary.BigEndian.Uint64(key[len(key)-8:]))
}

func appendShard(key []byte, shard int32) []byte {
	return binary.BigEndian.AppendUint16(key, uint16(shard))
}

func appendInt(key []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(key, uint64(n))
}

// fingerprint stands for an event id in 8 bytes. Two ids may share one, so an
// event that is found by it is compared; a cryptographic hash keeps callers from
// making that slow on purpose.
func fingerprint(eventID string) uint64 {
	sum := sha256.Sum256([]byte(eventID))
	return binary.BigEndian.Uint64(sum[:])
}
