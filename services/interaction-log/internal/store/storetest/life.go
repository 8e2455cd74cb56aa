package storetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

var lifeTests = []test{
	{"has as many shards as it was created with", func(t *testing.T, v *env) {
		for _, n := range []int{1, 4, domain.DefaultShards} {
			fresh := &env{t: t, h: v.h, store: v.h.New(t, n)}
			if got := len(fresh.heads()); got != n {
				t.Errorf("%d shards, want %d", got, n)
			}
			fresh.append(Numbered(Customer("ann"), 0, 1))
			fresh.wholeTails()
		}
	}},
	{"keeps everything when it is opened again", func(t *testing.T, v *env) {
		if v.h.Reopen == nil {
			t.Skip("the store keeps nothing")
		}
		for i := range 40 {
			v.append(Numbered(Customer("ann"), 2*i, 2), Numbered(Customer("bob"), i, 1))
			if i%7 == 0 {
				v.reopen()
			}
		}
		heads, ann, tail := v.heads(), v.list(Customer("ann"), domain.Range{}), v.tail(0, 0)
		v.reopen()
		if diff := cmp.Diff(heads, v.heads()); diff != "" {
			t.Errorf("heads (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(ann, v.list(Customer("ann"), domain.Range{}), noNil); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(tail, v.tail(0, 0), noNil); diff != "" {
			t.Errorf("tail (-want +got):\n%s", diff)
		}
		again := Numbered(Customer("ann"), 0, 80)
		v.append(again)
		for _, r := range again.Results {
			if !r.Replayed {
				t.Fatal("an event was forgotten")
			}
		}
	}},
	{"fails after it was closed", func(t *testing.T, v *env) {
		ctx := context.Background()
		v.append(Numbered(Customer("ann"), 0, 1))
		if err := v.store.Close(); err != nil {
			t.Fatal(err)
		}
		calls := map[string]func() error{
			"Append": func() error { return v.store.Append(ctx, []*domain.Batch{Numbered(Customer("ann"), 1, 1)}) },
			"Head":   func() error { _, err := v.store.Head(ctx, Customer("ann")); return err },
			"List": func() error {
				_, err := v.store.List(ctx, Customer("ann"), domain.Range{Limit: 1, MaxBytes: 1})
				return err
			},
			"Tail":  func() error { _, err := v.store.Tail(ctx, 0, 0, 1, 1); return err },
			"Heads": func() error { _, err := v.store.Heads(ctx); return err },
		}
		for name, call := range calls {
			if call() == nil {
				t.Errorf("%s succeeds", name)
			}
		}
		if err := v.store.Close(); err != nil {
			t.Errorf("closing twice: %v", err)
		}
	}},
}

// reopen opens the store again, if it can.
func (v *env) reopen() {
	v.t.Helper()
	if v.h.Reopen != nil {
		v.store = v.h.Reopen(v.t, v.store)
	}
}
