package storetest

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// noNil makes a payload of no bytes and no payload the same, and comparing long
// ones fast.
var noNil = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.FilterValues(func(x, y []byte) bool { return len(x)+len(y) > 0 }, cmp.Comparer(bytes.Equal)),
}

var readTests = []test{
	{"knows nothing of unknown customers", func(t *testing.T, v *env) {
		v.append(Numbered(Customer("ann"), 0, 1))
		if head := v.head(Customer("an")); head != (domain.Head{}) {
			t.Errorf("head %+v", head)
		}
		if events := v.list(Customer("annb"), domain.Range{}); len(events) != 0 {
			t.Errorf("events %v", events)
		}
	}},
	{"returns the head", func(t *testing.T, v *env) {
		b := Numbered(Customer("ann"), 0, 3)
		v.append(b)
		want := domain.HeadOf(b.Events[2])
		if diff := cmp.Diff(want, v.head(b.Key)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}},
	{"lists by revision", func(t *testing.T, v *env) {
		key := Customer("ann")
		for i := range 30 {
			v.append(Numbered(key, 10*i, 10), Numbered(Customer("bob"), i, 1))
		}
		tests := []struct {
			name        string
			r           domain.Range
			first, last int64
			n           int
		}{
			{"all", domain.Range{}, 1, 300, 300},
			{"after", domain.Range{After: 250}, 251, 300, 50},
			{"through", domain.Range{Through: 3}, 1, 3, 3},
			{"both", domain.Range{After: 99, Through: 201}, 100, 201, 102},
			{"limit", domain.Range{After: 5, Limit: 7}, 6, 12, 7},
			{"one", domain.Range{After: 299, Limit: 1}, 300, 300, 1},
			{"newest", domain.Range{Newest: true}, 300, 1, 300},
			{"newest limit", domain.Range{Newest: true, Limit: 3}, 300, 298, 3},
			{"newest through", domain.Range{Newest: true, Through: 100, After: 90}, 100, 91, 10},
			{"past the head", domain.Range{After: 290, Through: 1000}, 291, 300, 10},
		}
		for _, tc := range tests {
			events := v.list(key, tc.r)
			if len(events) != tc.n || events[0].Revision != tc.first || events[tc.n-1].Revision != tc.last {
				t.Errorf("%s: %d events from %d", tc.name, len(events), events[0].Revision)
				continue
			}
			for i := 1; i < tc.n; i++ {
				if d := events[i].Revision - events[i-1].Revision; tc.r.Newest && d != -1 || !tc.r.Newest && d != 1 {
					t.Errorf("%s: revision %d follows %d", tc.name, events[i].Revision, events[i-1].Revision)
				}
			}
		}
		for _, r := range []domain.Range{{After: 300}, {After: 400, Newest: true}, {After: 10, Through: 5}} {
			if events := v.list(key, r); len(events) != 0 {
				t.Errorf("%+v: %d events", r, len(events))
			}
		}
	}},
	{"stops a list by size, after at least one event", func(t *testing.T, v *env) {
		key := Customer("ann")
		b := Numbered(key, 0, 5)
		for _, e := range b.Events {
			e.Payload = make([]byte, 1000)
		}
		v.append(b)
		for _, tc := range []struct{ maxBytes, n int }{{1, 1}, {1000, 1}, {1001, 2}, {100_000, 5}} {
			for _, newest := range []bool{false, true} {
				if n := len(v.list(key, domain.Range{MaxBytes: tc.maxBytes, Newest: newest})); n != tc.n {
					t.Errorf("%d bytes: %d events, want %d", tc.maxBytes, n, tc.n)
				}
			}
		}
	}},
	{"gives the caller the slice", func(t *testing.T, v *env) {
		b := Numbered(Customer("ann"), 0, 3)
		v.append(b)
		clear(v.list(b.Key, domain.Range{}))
		clear(v.tail(b.Events[0].Shard, 0))
		clear(v.heads())
		if v.list(b.Key, domain.Range{})[0] == nil || v.tail(b.Events[0].Shard, 0)[0] == nil || v.heads()[b.Events[0].Shard] != 3 {
			t.Error("the caller has changed the store")
		}
	}},
}

var tailTests = []test{
	{"returns a shard's events in sequence", func(t *testing.T, v *env) {
		for i := range 50 {
			v.append(Numbered(Customer(string(rune('a'+i%7))), i, 1+i%3))
		}
		v.wholeTails()
		for shard, head := range v.heads() {
			for after := range head {
				events := v.tail(int32(shard), after)
				if int64(len(events)) != head-after || events[0].Sequence != after+1 {
					t.Fatalf("shard %d after %d: %d events", shard, after, len(events))
				}
			}
			if events := v.tail(int32(shard), head); len(events) != 0 {
				t.Errorf("shard %d after its head: %d events", shard, len(events))
			}
			if events := v.tail(int32(shard), head+5); len(events) != 0 {
				t.Errorf("shard %d far after its head: %d events", shard, len(events))
			}
		}
	}},
	{"stops by number and size, after at least one event", func(t *testing.T, v *env) {
		b := Numbered(Customer("ann"), 0, 20)
		for _, e := range b.Events {
			e.Payload = make([]byte, 1000)
		}
		v.append(b)
		for _, tc := range []struct{ limit, maxBytes, n int }{{3, 1 << 20, 3}, {100, 1, 1}, {100, 1001, 2}, {100, 1 << 20, 20}} {
			events, err := v.store.Tail(context.Background(), b.Events[0].Shard, 0, tc.limit, tc.maxBytes)
			if err != nil || len(events) != tc.n {
				t.Errorf("%d, %d bytes: %d events, %v; want %d", tc.limit, tc.maxBytes, len(events), err, tc.n)
			}
		}
	}},
	{"refuses unknown shards", func(t *testing.T, v *env) {
		for _, shard := range []int32{-1, 4, 1000} {
			_, err := v.store.Tail(context.Background(), shard, 0, 1, 1)
			wantFault(t, err, fault.Invalid, domain.ReasonUnknownShard)
		}
	}},
}

// wholeTails checks that the tails of all shards together have every event once,
// in order, in the shard of its customer.
func (v *env) wholeTails() {
	v.t.Helper()
	for i, head := range v.heads() {
		shard := int32(i)
		next := int64(1)
		revisions := map[domain.Key]int64{}
		for next <= head {
			events := v.tail(shard, next-1)
			if len(events) == 0 {
				v.t.Fatalf("shard %d ends at %d, its head is %d", shard, next-1, head)
			}
			for _, e := range events {
				revisions[e.Key]++
				if e.Sequence != next || e.Revision != revisions[e.Key] || e.Shard != shard || domain.ShardOf(e.Key, len(v.heads())) != shard {
					v.t.Fatalf("shard %d at %d has event %+v", shard, next, e)
				}
				next++
			}
		}
	}
}
