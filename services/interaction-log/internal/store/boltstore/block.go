package boltstore

import (
	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
)

// blockBytes is the size that a block does not pass unless it has only one event:
// two of them, with their keys and envelopes, fill a page of 4 KiB. A larger
// record would be written again with each of its next neighbours.
const blockBytes = 1980

// fillPercent is for buckets that grow at the end.
const fillPercent = 0.95

// pack puts the new events into blocks, sorted by shard.
func (w *write) pack() {
	var block, memory []byte
	n := 0
	flush := func() {
		if n > 0 {
			w.blocks = append(w.blocks, append([]byte(nil), block...))
			block, n = block[:0], 0
		}
	}
	for shard := range w.events {
		for _, e := range w.commit.Shard(shard) {
			if n == maxBlock || len(block)+sizeOf(e) > blockBytes {
				flush()
			}
			number := w.s.lastBlock + 1 + uint64(len(w.blocks))
			position := int64(number*maxBlock) + int64(n) //nolint:gosec // 2^57 blocks are out of reach
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
	for _, block := range w.blocks {
		number++
		key := blockKey(number)
		if err := bucket.Put(key, boltkit.Seal(key, recordVersion, block)); err != nil {
			return err
		}
	}
	return bucket.SetSequence(number)
}
