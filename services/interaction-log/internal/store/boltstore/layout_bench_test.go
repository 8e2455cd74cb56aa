package boltstore

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
)

// These benchmarks compare ways to lay events out in bbolt, on bbolt alone: what
// a commit costs by the pages and records it touches, without encoding. They are
// why the store looks as it does; the package comment has the result.

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
	layouts := map[string]layout{
		"raw":       layoutRaw,
		"clustered": layoutClustered,
		"blocks":    layoutBlocks,
	}
	loads := []struct {
		name                   string
		commit, run, customers int
	}{
		{"single", 64, 1, 50_000},        // 64 callers, one event each
		{"scattered", 8000, 1, 50_000},   // bulk, customers all mixed
		{"histories", 8000, 20, 50_000},  // bulk, customer by customer
		{"long", 8000, 100, 20},          // bulk, few customers with long histories
		{"newcomers", 8000, 1, 1 << 40},  // bulk, every event a new customer
		{"lone", 1, 1, 50_000},           // one caller
		{"lone-long", 1, 1, 1},           // one caller, one customer
		{"single-huge", 64, 1, 1 << 40},  // 64 callers, only new customers
		{"single-small", 64, 1, 100},     // 64 callers, 100 customers
		{"histories-small", 500, 20, 50}, // small bulk commits
	}
	for _, load := range loads {
		for _, name := range []string{"raw", "clustered", "blocks"} {
			b.Run(load.name+"/"+name, func(b *testing.B) {
				runLayout(b, layouts[name], load.commit, load.run, load.customers)
			})
		}
	}
}

// runLayout commits b.N events.
func runLayout(b *testing.B, write layout, commit, run, customers int) {
	path := filepath.Join(b.TempDir(), "layout.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	check(db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"a", "b", "c"} {
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
	slices.SortStableFunc(byCustomer, func(a, b entry) int { return compare(a.customer, b.customer) })
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
	const blockBytes, hot = 4 << 10, 64
	blocks, customers, ids := tx.Bucket([]byte("a")), tx.Bucket([]byte("b")), tx.Bucket([]byte("c"))
	blocks.FillPercent = 0.95
	byShard := slices.Clone(events)
	slices.SortStableFunc(byShard, func(a, b entry) int { return int(a.shard) - int(b.shard) })
	var block []byte
	for i := range byShard {
		e := &byShard[i]
		block = append(block, e.body...)
		if i == len(byShard)-1 || byShard[i+1].shard != e.shard || len(block) > blockBytes {
			check(blocks.Put(shardSeq(e.shard, e.sequence), block))
			block = nil
		}
	}
	byCustomer := slices.Clone(events)
	slices.SortStableFunc(byCustomer, func(a, b entry) int { return compare(a.customer, b.customer) })
	for i := 0; i < len(byCustomer); {
		name := byCustomer[i].customer
		record := slices.Clone(customers.Get([]byte(name)))
		for ; i < len(byCustomer) && byCustomer[i].customer == name; i++ {
			record = append(record, byCustomer[i].id[:8]...)
			record = binary.LittleEndian.AppendUint32(record, uint32(byCustomer[i].sequence))
		}
		if len(record) >= 12*hot {
			prints := slices.Collect(slices.Chunk(record, 12))
			slices.SortFunc(prints, slices.Compare[[]byte])
			for _, p := range prints {
				check(ids.Put(append([]byte(name+"\x00"), p...), nil))
			}
			record = record[:0]
		}
		check(customers.Put([]byte(name), record))
	}
}

func shardSeq(shard uint16, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint16(nil, shard), sequence)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
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
