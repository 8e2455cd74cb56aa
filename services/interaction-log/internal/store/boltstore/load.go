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

// madeTx is the number of the transaction that made the file.
const madeTx = 2

// load reads what is kept in memory. A file that was just made gets our buckets
// first; one that was written since, and has none, has lost them.
func (s *Store) load(shards int) error {
	created := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		if created = tx.Bucket(metaBucket) != nil; !created && tx.ID() > madeTx {
			return damaged("the list of buckets")
		}
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
		if err := s.loadMeta(tx, shards); err != nil {
			return err
		}
		if err := s.checkTails(tx); err != nil {
			return err
		}
		return s.replay(tx)
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
	payload, err := proto.Marshal(&storagev1.StoreMeta{Shards: int32(shards)})
	if err != nil {
		return err
	}
	if err := tx.Bucket(metaBucket).Put(shardsKey, boltkit.Seal(shardsKey, recordVersion, payload)); err != nil {
		return err
	}
	return newState(shards).put(tx)
}

// loadMeta reads the number of shards and the state of the index.
func (s *Store) loadMeta(tx *bbolt.Tx, shards int) error {
	payload, err := unseal(shardsKey, tx.Bucket(metaBucket).Get(shardsKey))
	var meta storagev1.StoreMeta
	if err == nil {
		err = proto.Unmarshal(payload, &meta)
	}
	if err == nil {
		err = domain.CheckShards(int(meta.GetShards()))
	}
	if err != nil {
		return damaged("the description of the store").WithCause(err)
	}
	s.shards = int(meta.GetShards())
	if shards != 0 && shards != s.shards {
		return fault.New(fault.Invalid, fault.ConfigInvalid,
			"the store %s was created with %d shards, which cannot be changed to %d; leave the number out, or begin a new store",
			s.db.Path(), s.shards, shards)
	}
	if s.state, err = loadState(tx, s.shards); err != nil {
		return err
	}
	s.heads, s.pending = slices.Clone(s.state.indexed), make([]pending, s.shards)
	s.whole.init(s.shards)
	return nil
}

// checkTails checks that the index of each shard ends where it should.
func (s *Store) checkTails(tx *bbolt.Tx) error {
	r := newReader(tx, s)
	cursor := tx.Bucket(tailsBucket).Cursor()
	for i, last := range s.state.indexed {
		shard := int32(i)
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
func (s *Store) replay(tx *bbolt.Tx) error {
	first := s.state.firstBlock
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
			if err := s.replayEvent(raw, int64(number*maxBlock)+int64(i)); err != nil {
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
	if e.Sequence <= s.state.indexed[e.Shard] {
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
