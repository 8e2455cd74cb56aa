package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

var appendTests = []test{
	{"gives revisions and sequences without gaps", func(t *testing.T, v *env) {
		ann, bob := Customer("ann"), Customer("bob")
		for i := range 5 {
			v.append(Numbered(ann, 10*i, 3), Numbered(bob, 10*i, 2))
		}
		for _, key := range []domain.Key{ann, bob} {
			for i, e := range v.list(key, domain.Range{}) {
				if e.Revision != int64(i+1) {
					t.Errorf("%v: event %d has revision %d", key, i, e.Revision)
				}
			}
		}
		v.wholeTails()
	}},
	{"fills in the outcome", func(t *testing.T, v *env) {
		b := Numbered(Customer("ann"), 0, 2)
		v.append(b)
		if b.Head != 2 || len(b.Results) != 2 {
			t.Fatalf("head %d, %d results", b.Head, len(b.Results))
		}
		for i, r := range b.Results {
			e := b.Events[i]
			want := domain.Result{
				Revision: int64(i + 1), Shard: domain.ShardOf(b.Key, 4), Sequence: int64(i + 1), RecordedAt: b.RecordedAt, Event: e,
			}
			if diff := cmp.Diff(want, r); diff != "" {
				t.Errorf("result %d (-want +got):\n%s", i, diff)
			}
			if e.Revision != r.Revision || e.Shard != r.Shard || e.Sequence != r.Sequence || !e.RecordedAt.Equal(r.RecordedAt) {
				t.Errorf("event %d is not filled in: %+v", i, e)
			}
		}
	}},
	{"stores what it was given, to the nanosecond", func(t *testing.T, v *env) {
		e := Event(Customer("ann"), "e", "text")
		e.Payload = make([]byte, domain.MaxEventBytes)
		bare := &domain.Event{Key: e.Key, EventID: "bare", OccurredAt: time.Unix(0, 0).UTC()}
		b := Batch(e, bare)
		v.append(b)
		if diff := cmp.Diff([]*domain.Event{e, bare}, v.list(e.Key, domain.Range{}), noNil); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		v.reopen()
		if diff := cmp.Diff([]*domain.Event{e, bare}, v.list(e.Key, domain.Range{}), noNil); v.h.Reopen != nil && diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}},
	{"answers a replay with the first result", func(t *testing.T, v *env) {
		first := Numbered(Customer("ann"), 0, 3)
		v.append(first)
		v.append(Numbered(Customer("ann"), 3, 200)) // the first ones are old by now
		again := Numbered(Customer("ann"), 0, 3)
		again.RecordedAt = again.RecordedAt.Add(time.Hour)
		v.append(again)
		for i := range first.Results {
			want := first.Results[i]
			want.Replayed = true
			if diff := cmp.Diff(want, again.Results[i]); diff != "" {
				t.Errorf("result %d (-want +got):\n%s", i, diff)
			}
		}
		if again.Head != 203 || v.head(again.Key).Revision != 203 {
			t.Errorf("head is %d", again.Head)
		}
	}},
	{"refuses an id that is taken", func(t *testing.T, v *env) {
		key := Customer("ann")
		v.append(Numbered(key, 0, 150))
		b := Batch(Event(key, "new", "x"), Event(key, "event-7", "other"))
		v.try(b)
		f := wantFault(t, b.Err, fault.Exists, domain.ReasonEventIDReused)
		if f.Meta["event_id"] != "event-7" || f.Meta["revision"] != "8" {
			t.Errorf("meta %v", f.Meta)
		}
		if v.head(key).Revision != 150 {
			t.Error("something was stored")
		}
	}},
	{"keeps ids of customers and tenants apart", func(_ *testing.T, v *env) {
		for _, key := range []domain.Key{{Tenant: "t", Customer: "a"}, {Tenant: "t", Customer: "ab"}, {Tenant: "ta", Customer: "b"}, {Tenant: "u", Customer: "a"}} {
			b := Batch(Event(key, "same", key.Tenant+"/"+key.Customer))
			v.append(b)
			if b.Results[0].Replayed || b.Head != 1 {
				v.t.Errorf("%v: %+v", key, b.Results[0])
			}
		}
	}},
	{"refuses the same id twice in one batch", func(t *testing.T, v *env) {
		for _, n := range []int{2, 50} {
			b := Numbered(Customer("ann"), 0, n)
			b.Events[n-1] = Event(b.Key, "event-0", "text 0")
			v.try(b)
			f := wantFault(t, b.Err, fault.Invalid, domain.ReasonDuplicateEventID)
			if want := fmt.Sprintf("events[%d].event_id", n-1); f.Fields[0].Path != want {
				t.Errorf("field %q, want %q", f.Fields[0].Path, want)
			}
		}
		if v.head(Customer("ann")).Revision != 0 {
			t.Error("something was stored")
		}
	}},
	{"checks the expected revision", func(t *testing.T, v *env) {
		key := Customer("ann")
		v.append(Expecting(Numbered(key, 0, 2), 0))
		late := Expecting(Numbered(key, 2, 1), 1)
		v.try(late)
		f := wantFault(t, late.Err, fault.Conflict, domain.ReasonRevisionMismatch)
		if f.Meta["expected_revision"] != "1" || f.Meta["current_revision"] != "2" || late.Head != 2 {
			t.Errorf("meta %v, head %d", f.Meta, late.Head)
		}
		v.append(Expecting(Numbered(key, 2, 1), 2))
	}},
	{"does not check it when all events are replays", func(t *testing.T, v *env) {
		key := Customer("ann")
		v.append(Expecting(Numbered(key, 0, 2), 0), Numbered(key, 2, 2))
		v.append(Expecting(Numbered(key, 0, 2), 0))
		mixed := Expecting(Numbered(key, 3, 2), 3)
		v.try(mixed)
		wantFault(t, mixed.Err, fault.Conflict, domain.ReasonRevisionMismatch)
		mixed = Expecting(Numbered(key, 3, 2), 4)
		v.append(mixed)
		if !mixed.Results[0].Replayed || mixed.Results[1].Replayed || mixed.Results[1].Revision != 5 {
			t.Errorf("results %+v", mixed.Results)
		}
	}},
	{"lets batches of one commit see each other", func(t *testing.T, v *env) {
		key := Customer("ann")
		first, again := Numbered(key, 0, 20), Numbered(key, 0, 21)
		other, late := Batch(Event(key, "event-5", "other")), Expecting(Numbered(key, 30, 1), 20)
		good := Expecting(Numbered(key, 40, 1), 21)
		v.try(first, again, other, late, good)
		if first.Err != nil || again.Err != nil || good.Err != nil {
			t.Fatal(first.Err, again.Err, good.Err)
		}
		if !again.Results[19].Replayed || again.Results[20].Revision != 21 || good.Results[0].Revision != 22 {
			t.Errorf("results %+v %+v", again.Results, good.Results)
		}
		wantFault(t, other.Err, fault.Exists, domain.ReasonEventIDReused)
		wantFault(t, late.Err, fault.Conflict, domain.ReasonRevisionMismatch)
		v.wholeTails()
	}},
	{"decides separate events one by one", func(t *testing.T, v *env) {
		key := Customer("ann")
		v.append(Numbered(key, 0, 2))
		b := Separately(Batch(
			Event(key, "event-1", "text 1"), Event(key, "new", "a"), Event(key, "event-0", "other"), Event(key, "new", "a"), Event(key, "new", "b"), Event(key, "", "c"),
		))
		v.append(b)
		if r := b.Results; !r[0].Replayed || r[1].Revision != 3 || !r[3].Replayed || r[3].Revision != 3 || b.Head != 3 {
			t.Errorf("results %+v", r)
		}
		wantFault(t, b.Results[2].Err, fault.Exists, domain.ReasonEventIDReused)
		wantFault(t, b.Results[4].Err, fault.Exists, domain.ReasonEventIDReused)
		wantFault(t, b.Results[5].Err, fault.Invalid, fault.InvalidRequest)
	}},
	{"stores large commits of many customers", func(t *testing.T, v *env) {
		var batches []*domain.Batch
		for i := range 300 {
			batches = append(batches, Numbered(Customer(fmt.Sprintf("c%d", i%70)), i/70*30, 30))
		}
		v.append(batches...)
		v.append(Numbered(Customer("c1"), 1000, 1), Numbered(Customer("c99"), 1, 1))
		for _, reopen := range []bool{false, true} {
			if reopen {
				v.reopen()
			}
			if reopen && v.h.Reopen == nil {
				break
			}
			v.wholeTails()
			events := v.list(Customer("c1"), domain.Range{After: 100})
			if len(events) != 51 || events[0].EventID != "event-100" || events[50].EventID != "event-1000" {
				t.Errorf("%d events", len(events))
			}
		}
		again := Numbered(Customer("c69"), 60, 30)
		v.append(again)
		if !again.Results[0].Replayed || !again.Results[29].Replayed {
			t.Error("not replayed")
		}
	}},
	{"stores nothing for refused batches only", func(t *testing.T, v *env) {
		before := v.heads()
		b := Expecting(Numbered(Customer("ann"), 0, 1), 7)
		v.try(b)
		wantFault(t, b.Err, fault.Conflict, domain.ReasonRevisionMismatch)
		if err := v.store.Append(context.Background(), nil); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(before, v.heads()); diff != "" {
			t.Error(diff)
		}
	}},
}

// wantFault checks the class of an error and returns it.
func wantFault(t testing.TB, err error, kind fault.Kind, reason string) fault.Error {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || f.Reason != reason {
		t.Fatalf("error %v, want %v %s", err, kind, reason)
	}
	return *f
}
