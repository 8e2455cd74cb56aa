package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// testConcurrent appends, lists and tails at the same time: readers must never see
// a gap, whatever the writer is doing to the index.
func testConcurrent(t *testing.T, h Harness) {
	const customers, rounds = 5, 60
	v := &env{t: t, h: h, store: h.New(t, 3)}
	ctx := context.Background()
	var writers, readers sync.WaitGroup
	var wakes []chan struct{}
	read := func(pass func() bool) {
		wake := make(chan struct{}, 1)
		wakes = append(wakes, wake)
		readers.Go(func() {
			for range wake {
				if !pass() {
					return
				}
			}
			pass()
		})
	}
	for shard := range int32(3) {
		f := &shardReader{t: t, store: v.store, shard: shard}
		read(f.pass)
	}
	for c := range customers {
		key := Customer(fmt.Sprintf("c%d", c))
		read(func() bool { return checkCustomer(t, v.store, key) })
	}
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
				for _, wake := range wakes {
					select {
					case wake <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	writers.Wait()
	for _, wake := range wakes {
		close(wake)
	}
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

// shardReader follows a shard.
type shardReader struct {
	t     *testing.T
	store domain.Store
	shard int32
	at    int64
}

// pass reads what is new and reports whether it was right.
func (r *shardReader) pass() bool {
	for {
		events, err := r.store.Tail(context.Background(), r.shard, r.at, 50, 1<<20)
		if err != nil {
			r.t.Errorf("tail: %v", err)
			return false
		}
		for _, e := range events {
			if e.Sequence != r.at+1 {
				r.t.Errorf("shard %d: %d follows %d", r.shard, e.Sequence, r.at)
				return false
			}
			r.at++
		}
		if len(events) == 0 {
			return true
		}
	}
}

// checkCustomer lists a customer in both directions.
func checkCustomer(t *testing.T, s domain.Store, key domain.Key) bool {
	head, err := s.Head(context.Background(), key)
	if err != nil {
		t.Errorf("head: %v", err)
		return false
	}
	for _, newest := range []bool{false, true} {
		events, err := s.List(context.Background(), key, domain.Range{Newest: newest, Limit: 1000, MaxBytes: 1 << 20})
		if err != nil || int64(len(events)) < head.Revision {
			t.Errorf("%v: %d events at head %d: %v", key, len(events), head.Revision, err)
			return false
		}
		for i, e := range events {
			want := int64(i + 1)
			if newest {
				want = int64(len(events) - i)
			}
			if e.Revision != want {
				t.Errorf("%v: event %d has revision %d", key, i, e.Revision)
				return false
			}
		}
	}
	return true
}
