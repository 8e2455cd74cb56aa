package domain_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// reluctant is a store that overwrites nothing until it is let.
type reluctant struct {
	domain.Store
	let chan struct{}
}

func (s reluctant) Wipe(ctx context.Context) (bool, error) {
	<-s.let
	return s.Store.Wipe(ctx)
}

// told returns all that a tail from the beginning gives, of all shards.
func told(t testing.TB, l *domain.Log) (all []*domain.Event) {
	t.Helper()
	f := follow(t, l, true)
	for {
		slice, err := f.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, slice.Events...)
	}
}

// values returns the events that still say something, of those that callers appended.
func values(events []*domain.Event) []*domain.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e *domain.Event) bool {
		return e.Type == domain.TypeEventErased || e.Type == domain.TypeCustomerErased
	})
}

// Nobody is given an erased event from the moment that the end of the history is durable, however long it takes to
// overwrite what was stored.
func TestErasedIsHiddenAtOnce(t *testing.T) {
	store := reluctant{newMemory(t), make(chan struct{})}
	l := newLog(t, store, domain.Options{})
	ann, bob := storetest.Customer("ann"), storetest.Customer("bob")
	mustAppend(t, l, storetest.Numbered(ann, 0, 20), storetest.Numbered(bob, 0, 20))
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	for range 2 { // who comes later waits, too
		running.Go(func() {
			r, err := l.Erase(context.Background(), storetest.Erasure(ann).Events[0])
			if err != nil || r.Revision != 21 {
				t.Errorf("erased to %+v, %v", r, err)
			}
		})
	}
	for !must(l.Head(t.Context(), ann))(t).Erased {
		time.Sleep(time.Millisecond)
	}
	for _, wiped := range []bool{false, true} {
		events := told(t, l)
		if len(events) != 41 || len(values(events)) != 20 {
			t.Errorf("wiped %v: a tail gives %d events, %d of them whole", wiped, len(events), len(values(events)))
		}
		page := must(l.List(t.Context(), domain.Query{Key: ann, Limit: 100}))(t)
		if len(page.Events) != 21 || len(values(page.Events)) != 0 {
			t.Errorf("wiped %v: a list gives %d events, %d of them whole", wiped, len(page.Events), len(values(page.Events)))
		}
		for name, f := range map[string]domain.Filter{
			"type": {Types: []int32{23}}, "channel": {Channels: []int32{0, 1}}, "interaction": {InteractionID: "interaction-1"},
			"end": {End: storetest.Epoch.Add(time.Hour)}, "start": {Start: storetest.Epoch.Add(-time.Hour)},
		} {
			found := must(l.List(t.Context(), domain.Query{Key: ann, Limit: 100, Filter: f}))(t).Events
			if len(found) > 1 || len(found) == 1 && found[0].Type != domain.TypeCustomerErased {
				t.Errorf("wiped %v: by %s %d events are found", wiped, name, len(found))
			}
		}
		hits := must(l.Search(t.Context(), domain.Search{
			Key: ann, Words: "text", Limit: 10, Text: func(e *domain.Event) string { return string(e.Payload) },
		}))(t)
		if len(hits.Hits) != 0 {
			t.Errorf("wiped %v: %d events are found by their words", wiped, len(hits.Hits))
		}
		if !wiped {
			close(store.let)
			running.Wait()
		}
	}
	wantReason(t, l.Append(t.Context(), storetest.Numbered(ann, 0, 1)), fault.Precondition, domain.ReasonCustomerErased)
}

// Who goes away does not stop the erasure, and a log that starts goes on with what another has left.
func TestErasureGoesOn(t *testing.T) {
	memory := newMemory(t)
	store := reluctant{memory, make(chan struct{})}
	l := newLog(t, store, domain.Options{})
	ann := storetest.Customer("ann")
	mustAppend(t, l, storetest.Numbered(ann, 0, 5))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Erase(ctx, storetest.Erasure(ann).Events[0]); err == nil {
		t.Error("a call whose caller has gone succeeds")
	}
	mustErase := func() {
		t.Helper()
		if _, err := l.Erase(t.Context(), storetest.Erasure(ann).Events[0]); err != nil {
			t.Fatal(err)
		}
	}
	go close(store.let)
	mustErase()
	if left := must(memory.Erasing(t.Context()))(t); len(left) != 0 {
		t.Errorf("%v are left", left)
	}

	bob := storetest.Customer("bob")
	if err := memory.Append(t.Context(), []*domain.Batch{storetest.Numbered(bob, 0, 5), storetest.Erasure(bob)}); err != nil {
		t.Fatal(err)
	}
	next := newLog(t, memory, domain.Options{})
	if whole := values(told(t, next)); len(whole) != 0 {
		t.Errorf("a log that has just started tells of %d erased events", len(whole))
	}
	for len(must(memory.Erasing(t.Context()))(t)) > 0 {
		time.Sleep(time.Millisecond)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
