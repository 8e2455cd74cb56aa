package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// testConcurrent appends, lists and tails at the same time: readers must never see
// a gap, whatever the writer is moving.
func testConcurrent(t *testing.T, h Harness) {
	const customers, rounds = 6, 150
	v := &env{t: t, h: h, store: h.New(t, 3)}
	ctx := context.Background()
	done := make(chan struct{})
	var writers, readers sync.WaitGroup
	for c := range customers {
		writers.Go(func() {
			key := Customer(fmt.Sprintf("c%d", c))
			for i := range rounds {
				b := Expecting(Numbered(key, 3*i, 1+i%3), int64(sumTo(i)))
				if err := v.store.Append(ctx, []*domain.Batch{b}); err != nil || b.Err != nil {
					t.Errorf("append: %v %v", err, b.Err)
					return
				}
				// What was acknowledged can be read.
				if head, err := v.store.Head(ctx, key); err != nil || head.Revision != b.Head {
					t.Errorf("head %d after %d: %v", head.Revision, b.Head, err)
					return
				}
			}
		})
	}
	for shard := range int32(3) {
		readers.Go(func() { followShard(t, v.store, shard, done) })
	}
	for c := range customers {
		readers.Go(func() { followCustomer(t, v.store, Customer(fmt.Sprintf("c%d", c)), done) })
	}
	writers.Wait()
	close(done)
	readers.Wait()
	v.wholeTails()
}

// sumTo is how many events the rounds before i have.
func sumTo(i int) int {
	n := 0
	for j := range i {
		n += 1 + j%3
	}
	return n
}

func followShard(t *testing.T, s domain.Store, shard int32, done <-chan struct{}) {
	var at int64
	for {
		last := isClosed(done)
		events, err := s.Tail(context.Background(), shard, at, 50, 1<<20)
		if err != nil {
			t.Errorf("tail: %v", err)
			return
		}
		for _, e := range events {
			if e.Sequence != at+1 {
				t.Errorf("shard %d: %d follows %d", shard, e.Sequence, at)
				return
			}
			at++
		}
		if last && len(events) == 0 {
			return
		}
	}
}

func followCustomer(t *testing.T, s domain.Store, key domain.Key, done <-chan struct{}) {
	for last := false; !last; {
		last = isClosed(done)
		head, err := s.Head(context.Background(), key)
		if err != nil {
			t.Errorf("head: %v", err)
			return
		}
		for _, newest := range []bool{false, true} {
			events, err := s.List(context.Background(), key, domain.Range{Newest: newest, Limit: 1000, MaxBytes: 1 << 20})
			if err != nil || int64(len(events)) < head.Revision {
				t.Errorf("%v: %d events at head %d: %v", key, len(events), head.Revision, err)
				return
			}
			for i, e := range events {
				want := int64(i + 1)
				if newest {
					want = int64(len(events) - i)
				}
				if e.Revision != want {
					t.Errorf("%v: event %d has revision %d", key, i, e.Revision)
					return
				}
			}
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
