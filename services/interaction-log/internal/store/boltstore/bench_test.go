package boltstore

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
)

func BenchmarkStore(b *testing.B) {
	h := harness(defaultLimits)
	synced := h
	synced.New = func(t testing.TB, shards int) domain.Store {
		s := h.New(t, shards)
		s.(*Store).db.Bolt().NoSync = false
		return s
	}
	storetest.Bench(b, synced)
	// Reads as they are once events are out of memory.
	b.Run("Indexed", func(b *testing.B) { storetest.BenchReads(b, harness(limits{})) })
}

// BenchmarkRaw is what bbolt does with the same bytes and nothing else: the
// baseline of BenchmarkStore.
func BenchmarkRaw(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("Append/callers=%d", callers), func(b *testing.B) { rawAppend(b, callers) })
	}
	b.Run("Append/callers=64/bbolt.Batch", rawBatch)
	for _, commit := range []int{1000, 4000} {
		b.Run(fmt.Sprintf("Ingest/commit=%d", commit), func(b *testing.B) { rawIngest(b, commit) })
	}
}

func openRaw(b *testing.B) *bbolt.DB {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "raw.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: mapSize})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	check(db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("raw"))
		return err
	}))
	return db
}

// putRaw appends a record under the next number.
func putRaw(tx *bbolt.Tx, record []byte) {
	bucket := tx.Bucket([]byte("raw"))
	bucket.FillPercent = fillPercent
	seq, err := bucket.NextSequence()
	check(err)
	check(bucket.Put(binary.BigEndian.AppendUint64(nil, seq), record))
}

func rawRecord() []byte {
	return appendEvent(nil, storetest.BenchEvent("customer-12345", "event-0123456789abcdef"))
}

// rawAppend is group commit with a writer that takes what is waiting.
func rawAppend(b *testing.B, callers int) {
	db := openRaw(b)
	record := rawRecord()
	requests := make(chan chan struct{}, callers)
	var writer, all sync.WaitGroup
	writer.Go(func() {
		for first := range requests {
			waiting := []chan struct{}{first}
			for len(requests) > 0 {
				waiting = append(waiting, <-requests)
			}
			check(db.Update(func(tx *bbolt.Tx) error {
				for range waiting {
					putRaw(tx, record)
				}
				return nil
			}))
			for _, w := range waiting {
				close(w)
			}
		}
	})
	var next atomic.Int64
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for next.Add(1) <= int64(b.N) {
				done := make(chan struct{})
				requests <- done
				<-done
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	close(requests)
	writer.Wait()
}

func rawBatch(b *testing.B) {
	db := openRaw(b)
	record := rawRecord()
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range 64 {
		all.Go(func() {
			for next.Add(1) <= int64(b.N) {
				check(db.Batch(func(tx *bbolt.Tx) error { putRaw(tx, record); return nil }))
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func rawIngest(b *testing.B, commit int) {
	db := openRaw(b)
	record := rawRecord()
	b.ResetTimer()
	for sent := 0; sent < b.N; sent += commit {
		check(db.Update(func(tx *bbolt.Tx) error {
			for range commit {
				putRaw(tx, record)
			}
			return nil
		}))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
