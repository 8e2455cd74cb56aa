package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// stubs returns what is left of events.
func stubs(events []*domain.Event) []*domain.Event {
	out := make([]*domain.Event, len(events))
	for i, e := range events {
		out[i] = e.Stub()
	}
	return out
}

// tailsOf returns a customer's events as the tail of the shard has them.
func (v *env) tailsOf(key domain.Key) (events []*domain.Event) {
	v.t.Helper()
	shard := domain.ShardOf(key, len(v.heads()))
	for after := int64(0); ; {
		all := v.tail(shard, after)
		if len(all) == 0 {
			return events
		}
		after = all[len(all)-1].Sequence
		for _, e := range all {
			if e.Key == key {
				events = append(events, e)
			}
		}
	}
}

var eraseTests = []test{
	{"leaves of each event its places", func(t *testing.T, v *env) {
		ann, bob := Customer("ann"), Customer("bob")
		v.append(Numbered(ann, 0, 300), Numbered(bob, 0, 300))
		v.append(Numbered(ann, 300, 5), Numbered(bob, 300, 5))
		before, others, heads := v.list(ann, domain.Range{}), v.list(bob, domain.Range{}), v.heads()
		end := Erasure(ann)
		v.append(end)
		if diff := cmp.Diff([]domain.Key{ann}, v.erasing()); diff != "" {
			t.Errorf("erasing (-want +got):\n%s", diff)
		}
		v.wipe()
		if left := v.erasing(); len(left) != 0 {
			t.Errorf("%v are left", left)
		}
		got := v.list(ann, domain.Range{})
		if diff := cmp.Diff(append(stubs(before), end.Events[0]), got, noNil); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(others, v.list(bob, domain.Range{}), noNil); diff != "" {
			t.Errorf("another customer's events (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(got, v.tailsOf(ann), noNil); diff != "" {
			t.Errorf("events in the tail (-list +tail):\n%s", diff)
		}
		if diff := cmp.Diff(others, v.tailsOf(bob), noNil); diff != "" {
			t.Errorf("another customer's events in the tail (-list +tail):\n%s", diff)
		}
		heads[end.Events[0].Shard]++
		if diff := cmp.Diff(heads, v.heads()); diff != "" {
			t.Errorf("heads (-want +got):\n%s", diff)
		}
		v.wholeTails()
		if r := v.list(ann, domain.Range{After: 100, Through: 200, Newest: true}); len(r) != 100 || r[0].Revision != 200 {
			t.Errorf("%d events of a range", len(r))
		}
	}},
	{"ends the history", func(t *testing.T, v *env) {
		ann := Customer("ann")
		v.append(Numbered(ann, 0, 3))
		end := Erasure(ann)
		v.append(end)
		for _, wiped := range []bool{false, true} {
			if head := v.head(ann); head.Revision != 4 || !head.Erased || !head.RecordedAt.Equal(end.RecordedAt) {
				t.Errorf("head %+v", head)
			}
			replay, late, each := Numbered(ann, 0, 3), Numbered(ann, 10, 1), Separately(Numbered(ann, 2, 2))
			v.try(replay, late, each)
			for _, err := range []error{replay.Err, late.Err, each.Results[0].Err, each.Results[1].Err} {
				f, _ := fault.As(err)
				if f == nil || f.Kind != fault.Precondition || f.Reason != domain.ReasonCustomerErased || f.Meta["erase_time"] == "" {
					t.Errorf("wiped %v: %v", wiped, err)
				}
			}
			v.wipe()
		}
	}},
	{"ends a history once", func(t *testing.T, v *env) {
		ann := Customer("ann")
		v.append(Numbered(ann, 0, 3))
		first, twice := Erasure(ann), Erasure(ann)
		v.append(first, twice) // in one commit
		v.wipe()
		later := Erasure(ann)
		later.RecordedAt = later.RecordedAt.Add(1e9)
		v.append(later)
		for _, b := range []*domain.Batch{twice, later} {
			r := b.Results[0]
			if !r.Replayed || r.Revision != 4 || r.Sequence != first.Results[0].Sequence || !r.RecordedAt.Equal(first.RecordedAt) {
				t.Errorf("again: %+v, the first time %+v", r, first.Results[0])
			}
		}
	}},
	{"does not erase who has no events", func(t *testing.T, v *env) {
		b := Erasure(Customer("nobody"))
		v.try(b)
		if fault.ReasonOf(b.Err) != domain.ReasonCustomerNotFound || len(v.erasing()) != 0 {
			t.Errorf("%v, erasing %v", b.Err, v.erasing())
		}
	}},
	{"goes on when it is opened again", func(t *testing.T, v *env) {
		if v.h.Reopen == nil {
			t.Skip("the store keeps nothing")
		}
		ann := Customer("ann")
		var before []*domain.Event
		for i := range 8 {
			v.append(Numbered(ann, 100*i, 100), Numbered(Customer("bob"), 10*i, 10))
		}
		before = v.list(ann, domain.Range{})
		others := v.list(Customer("bob"), domain.Range{})
		v.append(Erasure(ann))
		for step := 0; len(v.erasing()) > 0; step++ {
			v.reopen()
			if _, err := v.store.Wipe(t.Context()); err != nil || step > 100 {
				t.Fatalf("step %d: %v", step, err)
			}
		}
		v.reopen()
		if diff := cmp.Diff(stubs(before), v.list(ann, domain.Range{Through: 800}), noNil); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(others, v.list(Customer("bob"), domain.Range{}), noNil); diff != "" {
			t.Errorf("another customer's events (-want +got):\n%s", diff)
		}
		if !v.head(ann).Erased {
			t.Error("the end was forgotten")
		}
		v.wholeTails()
		// What comes after is stored as ever.
		for i := range 5 {
			v.append(Numbered(Customer("bob"), 1000+100*i, 100), Numbered(Customer(fmt.Sprint("new", i)), 0, 100))
		}
		v.wholeTails()
	}},
}
