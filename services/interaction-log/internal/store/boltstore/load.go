package boltstore

import (
	"bytes"
	"slices"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// load reads what is kept in memory. A file without anything of ours gets it
// first.
func (s *Store) load(shards int) error {
	created := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		created = tx.Bucket(metaBucket) != nil
		return nil
	})
	if err != nil {
		return err
	}
	if !created {
		if err := s.db.Update(func(tx *bbolt.Tx) error { return create(tx, shards) }); err != nil {
			return err
		}
	}
	return s.db.View(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{eventsBucket, customersBucket, placesBucket, idsBucket, tailsBucket} {
			if tx.Bucket(name) == nil {
				return damaged("the list of buckets")
			}
		}
		first, err := s.loadMeta(tx, shards)
		if err != nil {
			return err
		}
		if err := s.checkTails(tx); err != nil {
			return err
		}
		return s.replay(tx, first)
	})
}

// create makes the buckets and notes the number of shards.
func create(tx *bbolt.Tx, shards int) error {
	if shards == 0 {
		shards = domain.DefaultShards
	}
	for _, name := range [][]byte{eventsBucket, customersBucket, placesBucket, idsBucket, tailsBucket, metaBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	payload, err := proto.Marshal(&storagev1.StoreMeta{Shards: int32(shards)}) //nolint:gosec // at most domain.MaxShards
	if err != nil {
		return err
	}
	if err := tx.Bucket(metaBucket).Put(shardsKey, boltkit.Seal(shardsKey, recordVersion, payload)); err != nil {
		return err
	}
	return putState(tx, make([]int64, shards), 1)
}

func putState(tx *bbolt.Tx, indexed []int64, firstBlock uint64) error {
	payload, err := proto.Marshal(&storagev1.IndexState{Indexed: indexed, FirstBlock: firstBlock})
	if err != nil {
		return err
	}
	return tx.Bucket(metaBucket).Put(indexKey, boltkit.Seal(indexKey, recordVersion, payload))
}

// loadMeta reads the number of shards and how far the index goes, and returns the
// first block that is not indexed.
func (s *Store) loadMeta(tx *bbolt.Tx, shards int) (firstBlock uint64, err error) {
	var meta storagev1.StoreMeta
	var state storagev1.IndexState
	for key, m := range map[string]proto.Message{string(shardsKey): &meta, string(indexKey): &state} {
		payload, err := unseal([]byte(key), tx.Bucket(metaBucket).Get([]byte(key)))
		if err == nil {
			err = proto.Unmarshal(payload, m)
		}
		if err != nil {
			return 0, damaged("the description of the store").WithCause(err)
		}
	}
	s.shards, s.indexed = int(meta.GetShards()), state.GetIndexed()
	if domain.CheckShards(s.shards) != nil || len(s.indexed) != s.shards || state.GetFirstBlock() < 1 {
		return 0, damaged("the description of the store")
	}
	if shards != 0 && shards != s.shards {
		return 0, fault.New(fault.Invalid, fault.ConfigInvalid,
			"the store %s was created with %d shards, which cannot be changed to %d; leave the number out, or begin a new store",
			s.db.Path(), s.shards, shards)
	}
	s.heads, s.pending = slices.Clone(s.indexed), make([]pending, s.shards)
	return state.GetFirstBlock(), nil
}

// checkTails checks that the index of each shard ends where it should.
func (s *Store) checkTails(tx *bbolt.Tx) error {
	r := newReader(tx, s.shards)
	cursor := tx.Bucket(tailsBucket).Cursor()
	for i, last := range s.indexed {
		shard := int32(i) //nolint:gosec // at most domain.MaxShards
		if last > 0 {
			if _, err := r.sequence(shard, last); err != nil {
				return err
			}
		}
		if key, _ := cursor.Seek(placeKey(shardKey(shard), last+1)); bytes.HasPrefix(key, shardKey(shard)) {
			return damaged("the index of shard %d", shard)
		}
	}
	return nil
}

// replay reads the events that are not indexed back into memory.
func (s *Store) replay(tx *bbolt.Tx, first uint64) error {
	bucket := tx.Bucket(eventsBucket)
	s.lastBlock = bucket.Sequence()
	if first > s.lastBlock+1 {
		return damaged("the end of the log")
	}
	cursor := bucket.Cursor()
	number := first
	for key, record := cursor.Seek(blockKey(first)); key != nil; key, record = cursor.Next() {
		if !bytes.Equal(key, blockKey(number)) {
			return damaged("the log at block %d", number)
		}
		payload, err := unseal(key, record)
		if err != nil {
			return err
		}
		block, err := splitBlock(nil, payload)
		if err != nil {
			return damaged("block %d", number).WithCause(err)
		}
		for i, raw := range block {
			if err := s.replayEvent(raw, int64(number*maxBlock)+int64(i)); err != nil { //nolint:gosec // as packed
				return err
			}
		}
		number++
	}
	if number != s.lastBlock+1 {
		return damaged("the end of the log")
	}
	return nil
}

func (s *Store) replayEvent(raw []byte, position int64) error {
	e, err := decodeEvent(raw)
	if err != nil || e.Shard != domain.ShardOf(e.Key, s.shards) {
		return damaged("block %d", position/maxBlock).WithCause(err)
	}
	if e.Sequence <= s.indexed[e.Shard] {
		return nil
	}
	if e.Sequence != s.heads[e.Shard]+1 {
		return damaged("the order of the log at block %d", position/maxBlock)
	}
	s.heads[e.Shard]++
	s.pending[e.Shard].add(stored{e, position})
	s.waiting.add(e)
	return nil
}
