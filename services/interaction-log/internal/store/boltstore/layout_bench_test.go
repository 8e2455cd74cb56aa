package boltstore

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
)

// These benchmarks compare ways to lay events out in bbolt, on bbolt alone, by the
// pages and records that commits touch, without encoding and checksums:
//
//   - raw: one sequential put an event, the bound;
//   - clustered: events by customer, an id record and a tail pointer each;
//   - blocks: events in blocks by shard, a packed record a customer;
//   - log: events in blocks in the order of commits, tails and customers indexed
//     later, shard by shard. This is what the store does.
//
// Bytes of pages written an event (of 320 bytes), raw, clustered, blocks, log:
//
//	64 events a commit            708  13,423  11,323  842
//	bulk, customers all mixed     372   4,032   1,176  408
//	bulk, 20 events a customer    372   1,259     754  386

// entry is an event as the layouts see it.
type entry struct {
	shard    uint16
	customer string
	revision uint64
	sequence uint64
	id       string
	body     []byte
}

// layout writes the events of one commit.
type layout func(tx *bbolt.Tx, events []entry)

func BenchmarkLayout(b *testing.B) {
	loads := []struct {
		name        string
		commit, run int
	}{{"single", 64, 1}, {"scattered", 8000, 1}, {"histories", 8000, 20}}
	for _, load := range loads {
		for _, l := range []struct {
			name string
			make func() layout
		}{
			{"raw", func() layout { return layoutRaw }},
			{"clustered", func() layout { return layoutClustered }},
			{"blocks", func() layout { return layoutBlocks }},
			{"log", layoutLog},
		} {
			b.Run(load.name+"/"+l.name, func(b *testing.B) { runLayout(b, l.make(), load.commit, load.run) })
		}
	}
}

// runLayout commits b.N events of 50,000 customers.
func runLayout(b *testing.B, write layout, commit, run int) {
	const customers = 50_000
	path := filepath.Join(b.TempDir(), "layout.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	check(db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"a", "b", "c", "d"} {
			_, err := tx.CreateBucket([]byte(name))
			check(err)
		}
		return nil
	}))
	rng := rand.New(rand.NewPCG(1, 2))
	revisions := map[string]uint64{}
	var sequences [64]uint64
	body := make([]byte, 320)
	events := make([]entry, 0, commit)
	for b.Loop() {
		if len(events)%run == 0 || len(events) == 0 {
			n := rng.IntN(customers)
			events = append(events, entry{customer: fmt.Sprintf("customer-%d", n), shard: uint16(n * 7919 % 64)})
		} else {
			events = append(events, events[len(events)-1])
		}
		e := &events[len(events)-1]
		revisions[e.customer]++
		sequences[e.shard]++
		e.revision, e.sequence = revisions[e.customer], sequences[e.shard]
		e.id = fmt.Sprintf("%016x", rng.Uint64())
		e.body = body
		if len(events) == commit {
			check(db.Update(func(tx *bbolt.Tx) error { write(tx, events); return nil }))
			events = events[:0]
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	check(db.View(func(tx *bbolt.Tx) error {
		b.ReportMetric(float64(tx.Size())/float64(max(b.N, 1)), "file-B/event")
		return nil
	}))
	b.ReportMetric(float64(pageAlloc(db))/float64(max(b.N, 1)), "written-B/event")
}

// layoutRaw is the baseline: one sequential put an event.
func layoutRaw(tx *bbolt.Tx, events []entry) {
	bkt := tx.Bucket([]byte("a"))
	bkt.FillPercent = 0.95
	for i := range events {
		seq, _ := bkt.NextSequence()
		check(bkt.Put(binary.BigEndian.AppendUint64(nil, seq), events[i].body))
	}
}

// layoutClustered keeps each customer's events and ids together, and a pointer
// record an event for the tail of the shard.
func layoutClustered(tx *bbolt.Tx, events []entry) {
	byCustomer := slices.Clone(events)
	slices.SortStableFunc(byCustomer, func(a, b entry) int { return cmp.Compare(a.customer, b.customer) })
	bodies, tail := tx.Bucket([]byte("a")), tx.Bucket([]byte("b"))
	tail.FillPercent = 0.95
	for i := range byCustomer {
		e := &byCustomer[i]
		check(bodies.Put(binary.BigEndian.AppendUint64([]byte(e.customer+"\x00e"), e.revision), e.body))
		check(bodies.Put([]byte(e.customer+"\x00i"+e.id), binary.BigEndian.AppendUint64(nil, e.revision)))
	}
	byShard := slices.Clone(events)
	slices.SortStableFunc(byShard, func(a, b entry) int { return int(a.shard) - int(b.shard) })
	for i := range byShard {
		e := &byShard[i]
		check(tail.Put(shardSeq(e.shard, e.sequence), binary.BigEndian.AppendUint64([]byte(e.customer), e.revision)))
	}
}

// layoutBlocks keeps events in blocks by shard and sequence, and a record a
// customer with the places and the fingerprints of the ids of its newest events;
// every 64 of them move out to records of their own.
func layoutBlocks(tx *bbolt.Tx, events []entry) {
	byShard := slices.Clone(events)
	slices.SortStableFunc(byShard, func(a, b entry) int { return int(a.shard) - int(b.shard) })
	bucket := tx.Bucket([]byte("a"))
	bucket.FillPercent = 0.95
	var block []byte
	for i := range byShard {
		e := &byShard[i]
		block = append(block, e.body...)
		if i == len(byShard)-1 || byShard[i+1].shard != e.shard || len(block) > 4<<10 {
			check(bucket.Put(shardSeq(e.shard, e.sequence), block))
			block = nil
		}
	}
	indexCustomers(tx, events)
}

// layoutLog keeps events in blocks in the order of commits. The index is written
// when 32,768 events wait for it, for one shard after the other.
func layoutLog() layout {
	var waiting [64][]entry
	total, turn := 0, 0
	return func(tx *bbolt.Tx, events []entry) {
		blocks, tails := tx.Bucket([]byte("a")), tx.Bucket([]byte("d"))
		blocks.FillPercent, tails.FillPercent = 0.95, 0.95
		size := smallBlock
		if len(events) > 400 {
			size = largeBlock
		}
		var block []byte
		for i := range events {
			e := &events[i]
			block = append(block, e.body...)
			if i == len(events)-1 || len(block)+len(e.body) > size {
				seq, _ := blocks.NextSequence()
				check(blocks.Put(binary.BigEndian.AppendUint64(nil, seq), block))
				block = nil
			}
			waiting[e.shard] = append(waiting[e.shard], *e)
			total++
		}
		for ; total > 32_768; turn = (turn + 1) % len(waiting) {
			w := waiting[turn]
			total -= len(w)
			waiting[turn] = nil
			for part := range slices.Chunk(w, 200) {
				check(tails.Put(shardSeq(part[0].shard, part[len(part)-1].sequence), make([]byte, 6*len(part))))
			}
			indexCustomers(tx, w)
		}
	}
}

// indexCustomers writes what customers' records say of these events.
func indexCustomers(tx *bbolt.Tx, events []entry) {
	const hot = 64
	customers, ids := tx.Bucket([]byte("b")), tx.Bucket([]byte("c"))
	byCustomer := slices.Clone(events)
	slices.SortStableFunc(byCustomer, func(a, b entry) int {
		return cmp.Or(int(a.shard)-int(b.shard), cmp.Compare(a.customer, b.customer))
	})
	for i := 0; i < len(byCustomer); {
		name := byCustomer[i].customer
		key := append(shardSeq(byCustomer[i].shard, 0)[:2], name...)
		record := slices.Clone(customers.Get(key))
		for ; i < len(byCustomer) && byCustomer[i].customer == name; i++ {
			record = append(record, byCustomer[i].id[:8]...)
			record = binary.LittleEndian.AppendUint32(record, uint32(byCustomer[i].sequence))
		}
		if len(record) >= 12*hot {
			prints := slices.Collect(slices.Chunk(record, 12))
			slices.SortFunc(prints, bytes.Compare)
			for _, p := range prints {
				check(ids.Put(append(append(slices.Clone(key), 0), p...), nil))
			}
			record = record[:0]
		}
		check(customers.Put(key, record))
	}
}

func shardSeq(shard uint16, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint16(nil, shard), sequence)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// pageAlloc returns how many bytes of pages the commits so far have written.
func pageAlloc(db *bbolt.DB) int64 {
	stats := db.Stats().TxStats
	return stats.GetPageAlloc()
}
