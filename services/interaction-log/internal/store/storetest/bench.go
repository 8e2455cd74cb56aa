package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// PayloadBytes is the payload of an event in benchmarks, about that of a message.
const PayloadBytes = 320

// Bench measures a store under a domain.Log, with domain.DefaultShards shards.
func Bench(b *testing.B, h Harness) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("Append/callers=%d", callers), func(b *testing.B) {
			benchAppend(b, h.New(b, domain.DefaultShards), callers)
		})
	}
	for _, run := range []int{1, 20} {
		b.Run(fmt.Sprintf("Ingest/run=%d", run), func(b *testing.B) {
			benchIngest(b, h.New(b, domain.DefaultShards), run)
		})
	}
	BenchReads(b, h)
}

// BenchReads measures reading.
func BenchReads(b *testing.B, h Harness) {
	b.Run("List/newest=100", func(b *testing.B) { benchList(b, h.New(b, domain.DefaultShards)) })
	b.Run("Tail", func(b *testing.B) { benchTail(b, h.New(b, domain.DefaultShards)) })
}

// BenchEvent returns the event that caller n of a benchmark sends as its i-th.
func BenchEvent(customer, id string) *domain.Event {
	e := Event(Customer(customer), id, "")
	e.Payload = make([]byte, PayloadBytes)
	copy(e.Payload, id)
	return e
}

func newLog(b *testing.B, s domain.Store) *domain.Log {
	b.Helper()
	l, err := domain.NewLog(context.Background(), s, domain.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(l.Close)
	return l
}

// benchAppend appends one event a call, to 50,000 customers.
func benchAppend(b *testing.B, s domain.Store, callers int) {
	l := newLog(b, s)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for c := range callers {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(c), 1)) //nolint:gosec // no secret
			for next.Add(1) <= int64(b.N) {
				e := BenchEvent(fmt.Sprintf("customer-%d", rng.IntN(50_000)), fmt.Sprintf("event-%016x", rng.Uint64()))
				if err := l.Append(context.Background(), Batch(e)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// benchIngest sends messages of 1,000 events, of so many events in a row a
// customer, and keeps four of them on their way.
func benchIngest(b *testing.B, s domain.Store, run int) {
	l := newLog(b, s)
	rng := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // no secret
	var flying []*domain.Pending
	wait := func(most int) {
		for ; len(flying) > most; flying = flying[1:] {
			if err := flying[0].Wait(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ResetTimer()
	for sent := 0; sent < b.N; {
		var batches []*domain.Batch
		for n := 0; n < 1000 && sent < b.N; n += run {
			customer := fmt.Sprintf("customer-%d", rng.IntN(50_000))
			events := make([]*domain.Event, run)
			for i := range events {
				events[i] = BenchEvent(customer, fmt.Sprintf("event-%016x", rng.Uint64()))
			}
			batches = append(batches, Separately(Batch(events...)))
			sent += run
		}
		p, err := l.Submit(context.Background(), batches)
		if err != nil {
			b.Fatal(err)
		}
		flying = append(flying, p)
		wait(4)
	}
	wait(0)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// benchList reads the newest 100 events of customers with 1,000.
func benchList(b *testing.B, s domain.Store) {
	fill(b, s)
	b.ResetTimer()
	for i := range b.N {
		key := Customer(fmt.Sprintf("customer-%d", i%20))
		events, err := s.List(context.Background(), key, domain.Range{Newest: true, Limit: 100, MaxBytes: 1 << 20})
		if err != nil || len(events) != 100 {
			b.Fatal(len(events), err)
		}
	}
}

// benchTail reads a tail of 20,000 events; its unit is an event.
func benchTail(b *testing.B, s domain.Store) {
	fill(b, s)
	b.ResetTimer()
	shard, after := int32(0), int64(0)
	for read := 0; read < b.N; {
		events, err := s.Tail(context.Background(), shard, after, 500, 1<<20)
		if err != nil {
			b.Fatal(err)
		}
		read += len(events)
		after += int64(len(events))
		if len(events) < 500 {
			shard, after = (shard+1)%domain.DefaultShards, 0
		}
	}
}

// fill stores 1,000 events of each of 20 customers, in turns.
func fill(b *testing.B, s domain.Store) {
	b.Helper()
	for i := range 100 {
		var batches []*domain.Batch
		for c := range 20 {
			events := make([]*domain.Event, 10)
			for j := range events {
				events[j] = BenchEvent(fmt.Sprintf("customer-%d", c), fmt.Sprintf("event-%d", 10*i+j))
			}
			batches = append(batches, Batch(events...))
		}
		if err := s.Append(context.Background(), batches); err != nil {
			b.Fatal(err)
		}
	}
}
