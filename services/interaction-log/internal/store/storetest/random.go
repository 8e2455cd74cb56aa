package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// RunRandom does random operations on the store and on memstore, and compares
// what they answer. rapid prints how to repeat a failure.
func RunRandom(t *testing.T, h Harness) {
	rapid.Check(t, func(rt *rapid.T) {
		shards := rapid.SampledFrom([]int{1, 3, 64}).Draw(rt, "shards")
		model, err := memstore.New(shards)
		if err != nil {
			rt.Fatal(err)
		}
		store := h.New(t, shards)
		defer func() { _ = store.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) { randomAppend(rt, store, model) },
			"erase":  func(rt *rapid.T) { randomErase(rt, store, model) },
			"list":   func(rt *rapid.T) { randomList(rt, store, model) },
			"tail":   func(rt *rapid.T) { randomTail(rt, store, model) },
			"reopen": func(*rapid.T) {
				if h.Reopen != nil {
					store = h.Reopen(t, store)
				}
			},
			"": func(rt *rapid.T) {
				got, err := store.Heads(context.Background())
				want, _ := model.Heads(context.Background())
				same(rt, "heads", want, got, err)
			},
		})
	})
}

func randomAppend(rt *rapid.T, store, model domain.Store) {
	n := rapid.IntRange(1, 4).Draw(rt, "batches")
	mine, theirs := make([]*domain.Batch, n), make([]*domain.Batch, n)
	for i := range n {
		key := drawCustomer(rt)
		var events, copies []*domain.Event
		for range rapid.IntRange(1, 12).Draw(rt, "events") {
			id := fmt.Sprintf("e%d", rapid.IntRange(0, 150).Draw(rt, "id"))
			text := id
			if rapid.IntRange(0, 60).Draw(rt, "reuse") == 0 {
				text = "other"
			}
			events, copies = append(events, Event(key, id, text)), append(copies, Event(key, id, text))
		}
		mine[i], theirs[i] = Batch(events...), Batch(copies...)
		if rapid.IntRange(0, 3).Draw(rt, "separate") > 0 {
			Separately(mine[i])
			Separately(theirs[i])
		}
		if rapid.IntRange(0, 5).Draw(rt, "expect") == 0 {
			at := rapid.Int64Range(0, 100).Draw(rt, "expected")
			Expecting(mine[i], at)
			Expecting(theirs[i], at)
		}
	}
	if err := model.Append(context.Background(), theirs); err != nil {
		rt.Fatal(err)
	}
	if err := store.Append(context.Background(), mine); err != nil {
		rt.Fatal(err)
	}
	for i := range mine {
		same(rt, "batch", outcome(theirs[i]), outcome(mine[i]), nil)
	}
}

func randomErase(rt *rapid.T, store, model domain.Store) {
	if rapid.IntRange(0, 3).Draw(rt, "rarely") > 0 {
		return
	}
	key := drawCustomer(rt)
	mine, theirs := Erasure(key), Erasure(key)
	if err := model.Append(context.Background(), []*domain.Batch{theirs}); err != nil {
		rt.Fatal(err)
	}
	if err := store.Append(context.Background(), []*domain.Batch{mine}); err != nil {
		rt.Fatal(err)
	}
	same(rt, "erasure", outcome(theirs), outcome(mine), nil)
	want, _ := model.Erasing(context.Background())
	got, err := store.Erasing(context.Background())
	same(rt, "erasing", want, got, err)
	_, _ = model.Wipe(context.Background())
	same(rt, "wipe", 0, 0, wipe(store))
}

func randomList(rt *rapid.T, store, model domain.Store) {
	key := drawCustomer(rt)
	r := domain.Range{
		After:    rapid.Int64Range(0, 60).Draw(rt, "after"),
		Through:  rapid.Int64Range(0, 120).Draw(rt, "through"),
		Newest:   rapid.Bool().Draw(rt, "newest"),
		Limit:    rapid.IntRange(1, 200).Draw(rt, "limit"),
		MaxBytes: rapid.IntRange(1, 500).Draw(rt, "bytes"),
	}
	want, _ := model.List(context.Background(), key, r)
	got, err := store.List(context.Background(), key, r)
	same(rt, "list", want, got, err)
	wantHead, _ := model.Head(context.Background(), key)
	head, err := store.Head(context.Background(), key)
	same(rt, "head", wantHead, head, err)
}

func randomTail(rt *rapid.T, store, model domain.Store) {
	heads, err := model.Heads(context.Background())
	if err != nil {
		rt.Fatal(err)
	}
	shard := int32(rapid.IntRange(0, len(heads)-1).Draw(rt, "shard"))
	after := rapid.Int64Range(0, heads[shard]).Draw(rt, "after")
	limit := rapid.IntRange(1, 100).Draw(rt, "limit")
	want, _ := model.Tail(context.Background(), shard, after, limit, 1000)
	got, err := store.Tail(context.Background(), shard, after, limit, 1000)
	same(rt, "tail", want, got, err)
}

func drawCustomer(rt *rapid.T) domain.Key {
	return Customer(fmt.Sprintf("c%d", rapid.IntRange(0, 5).Draw(rt, "customer")))
}

// result is an outcome without what two stores may differ in.
type result struct {
	Err     string
	Head    int64
	Results []domain.Result
	Errs    []string
}

func outcome(b *domain.Batch) result {
	o := result{Err: fault.ReasonOf(b.Err), Head: b.Head, Results: b.Results}
	for i := range o.Results {
		o.Errs = append(o.Errs, fault.ReasonOf(o.Results[i].Err))
		o.Results[i].Err = nil
	}
	return o
}

func same(rt *rapid.T, what string, want, got any, err error) {
	if err != nil {
		rt.Fatalf("%s: %v", what, err)
	}
	if diff := cmp.Diff(want, got, noNil); diff != "" {
		rt.Fatalf("%s (-memstore +store):\n%s", what, diff)
	}
}
