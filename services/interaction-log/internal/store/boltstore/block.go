package boltstore

import (
	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
)

// A block does not pass a size unless it has only one event. bbolt puts at least
// two records on a leaf, so these are the sizes of which two, with their keys and
// envelopes, fill one page of 4 KiB, or four. A commit of few events makes small
// blocks, since what is left of a leaf is written again with the next commit; one
// of many makes large ones, since bbolt makes a system call for each leaf.
const (
	smallBlock = 1980
	largeBlock = 8140
	// manyBytes is from where on a commit makes large blocks.
	manyBytes = 128 << 10
)

// fillPercent is for buckets that grow at the end.
const fillPercent = 0.95

// pack puts the new events into blocks, sorted by shard.
func (w *write) pack() {
	size := smallBlock
	if w.fresh.bytes > manyBytes {
		size = largeBlock
	}
	var block, memory []byte
	n := 0
	flush := func() {
		if n == 0 {
			return
		}
		key := blockKey(w.s.lastBlock + 1 + uint64(len(w.blocks)))
		w.blocks = append(w.blocks, boltkit.Seal(key, recordVersion, block))
		block, n = block[:0], 0
	}
	for shard := range w.events {
		fresh := w.commit.Shard(shard)
		w.events[shard] = make([]stored, 0, len(fresh))
		for _, e := range fresh {
			if n == maxBlock || len(block)+sizeOf(e) > size {
				flush()
			}
			number := w.s.lastBlock + 1 + uint64(len(w.blocks))
			position := int64(number*maxBlock) + int64(n)
			w.events[shard] = append(w.events[shard], stored{e, position})
			block, memory = appendToBlock(block, memory, e)
			n++
		}
	}
	flush()
}

// sizeOf is about what an event takes in a block.
func sizeOf(e *domain.Event) int {
	const numbers = 90
	return numbers + len(e.Tenant) + len(e.Customer) + len(e.EventID) + len(e.InteractionID) + len(e.CaseID) + len(e.Payload)
}

// putBlocks writes the blocks. The bucket's own sequence, which bbolt writes with
// every commit anyway, says which is the last, so that a loss at the end is
// noticed.
func (w *write) putBlocks(bucket *bbolt.Bucket) error {
	bucket.FillPercent = fillPercent
	number := w.s.lastBlock
	for _, record := range w.blocks {
		number++
		if err := bucket.Put(blockKey(number), record); err != nil {
			return err
		}
	}
	return bucket.SetSequence(number)
}
