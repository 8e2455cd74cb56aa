package boltstore

import (
	"slices"

	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
)

// state is an IndexState. It is not changed once it was made.
type state struct {
	indexed    []int64 // the newest indexed sequence, by shard
	customers  []int64 // how many have a record, by shard
	firstBlock uint64  // the first block that may have events which are not indexed
}

func newState(shards int) state {
	return state{indexed: make([]int64, shards), customers: make([]int64, shards), firstBlock: 1}
}

func (s state) clone() state {
	s.indexed, s.customers = slices.Clone(s.indexed), slices.Clone(s.customers)
	return s
}

func loadState(tx *bbolt.Tx, shards int) (state, error) {
	var m storagev1.IndexState
	payload, err := unseal(indexKey, tx.Bucket(metaBucket).Get(indexKey))
	if err == nil {
		err = proto.Unmarshal(payload, &m)
	}
	if err != nil || len(m.GetIndexed()) != shards || len(m.GetCustomers()) != shards || m.GetFirstBlock() < 1 {
		return state{}, damaged("the state of the index").WithCause(err)
	}
	return state{indexed: m.GetIndexed(), customers: m.GetCustomers(), firstBlock: m.GetFirstBlock()}, nil
}

func (s state) put(tx *bbolt.Tx) error {
	payload, err := proto.Marshal(&storagev1.IndexState{Indexed: s.indexed, Customers: s.customers, FirstBlock: s.firstBlock})
	if err != nil {
		return err
	}
	return tx.Bucket(metaBucket).Put(indexKey, boltkit.Seal(indexKey, recordVersion, payload))
}
