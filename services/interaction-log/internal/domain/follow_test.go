package domain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func follow(t testing.TB, l *domain.Log, stop bool, positions ...domain.Position) *domain.Follower {
	t.Helper()
	f, err := l.Follow(positions, stop)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func mustAppend(t testing.TB, l *domain.Log, batches ...*domain.Batch) {
	t.Helper()
	for _, b := range batches {
		if err := l.Append(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFollowRefuses(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	tests := []struct {
		name      string
		positions []domain.Position
		reason    string
		meta      map[string]string
	}{
		{"unknown shard", []domain.Position{{Shard: 4}}, domain.ReasonUnknownShard, map[string]string{"shards": "4"}},
		{"negative shard", []domain.Position{{Shard: -1}}, domain.ReasonUnknownShard, map[string]string{"shards": "4"}},
		{"shard twice", []domain.Position{{Shard: 1}, {Shard: 1}}, fault.InvalidRequest, nil},
		{"position ahead", []domain.Position{{Shard: 1, Sequence: 7}}, domain.ReasonPositionAhead, map[string]string{"position": "7", "head": "0"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := l.Follow(tc.positions, false)
			f := wantReason(t, err, fault.Invalid, tc.reason)
			if diff := cmp.Diff(tc.meta, f.Meta); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFollowStopsAtTheHead(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	mustAppend(t, l, storetest.Numbered(ann, 0, 3))
	shard := domain.ShardOf(ann, 4)
	f := follow(t, l, true)
	mustAppend(t, l, storetest.Numbered(ann, 3, 2)) // came later
	told := map[int32]int64{}
	for {
		s, err := f.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		told[s.Shard] += int64(len(s.Events))
		if s.Sequence != s.Head {
			t.Errorf("slice %+v", s)
		}
	}
	want := map[int32]int64{0: 0, 1: 0, 2: 0, 3: 0}
	want[shard] = 3
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("events by shard (-want +got):\n%s", diff)
	}
	if p := f.Positions()[shard]; p.Sequence != 3 {
		t.Errorf("position %+v", p)
	}
}

func TestFollowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t, newMemory(t), domain.Options{})
		shard := domain.ShardOf(ann, 4)
		f := follow(t, l, false, domain.Position{Shard: shard})
		if s, err := f.Next(t.Context()); err != nil || len(s.Events) != 0 || s.Head != 0 {
			t.Fatalf("the head is not told: %+v %v", s, err)
		}
		slices := make(chan *domain.Slice)
		go func() {
			for {
				s, err := f.Next(t.Context())
				if err != nil {
					close(slices)
					return
				}
				slices <- s
			}
		}()
		synctest.Wait()
		mustAppend(t, l, storetest.Numbered(ann, 0, 2))
		if s := <-slices; len(s.Events) != 2 || s.Sequence != 2 || s.Head != 2 || s.Shard != shard {
			t.Errorf("slice %+v", s)
		}
		if l.Stats().Followers != 1 {
			t.Error("the follower is not counted")
		}
		l.Close()
		if _, more := <-slices; more {
			t.Error("the follower goes on after the log was closed")
		}
		_, err := f.Next(t.Context())
		wantReason(t, err, fault.Unavailable, fault.ServerDraining)
		f.Close()
		if l.Stats().Followers != 0 {
			t.Error("the follower is still counted")
		}
	})
}

func TestFollowEndsWithItsContext(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	f := follow(t, l, false, domain.Position{})
	if _, err := f.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestFollowReadsFarBack(t *testing.T) {
	// More than memory keeps, and more than one slice.
	s := newMemory(t)
	l := newLog(t, s, domain.Options{})
	for i := range 30 {
		mustAppend(t, l, storetest.Numbered(ann, 100*i, 100))
	}
	f := follow(t, l, true, domain.Position{Shard: domain.ShardOf(ann, 4), Sequence: 10})
	at := int64(10)
	for {
		s, err := f.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range s.Events {
			if e.Sequence != at+1 {
				t.Fatalf("%d follows %d", e.Sequence, at)
			}
			at++
		}
		if s.Sequence != at || s.Head != 3000 {
			t.Errorf("slice ends at %d, head %d", s.Sequence, s.Head)
		}
	}
	if at != 3000 {
		t.Errorf("ended at %d", at)
	}
}

// Many followers, of which some begin in the middle, see every event of every
// shard once and in order, while many writers append.
func TestManyFollowers(t *testing.T) {
	l := newLog(t, newMemory(t), domain.Options{})
	const customers, each = 8, 300
	var writers, readers sync.WaitGroup
	for range 6 {
		f := follow(t, l, false)
		readers.Go(func() { checkFollower(t, f, customers*each) })
	}
	for c := range customers {
		writers.Go(func() {
			for i := range each {
				mustAppend(t, l, storetest.Numbered(storetest.Customer(fmt.Sprint(c)), i, 1))
			}
		})
	}
	writers.Wait()
	readers.Wait()
}

func checkFollower(t *testing.T, f *domain.Follower, total int) {
	at := map[int32]int64{}
	revisions := map[domain.Key]int64{}
	for n := 0; n < total; {
		s, err := f.Next(context.Background())
		if err != nil {
			t.Error(err)
			return
		}
		for _, e := range s.Events {
			at[s.Shard]++
			revisions[e.Key]++
			if e.Sequence != at[s.Shard] || e.Revision != revisions[e.Key] {
				t.Errorf("shard %d: event %d at %d", s.Shard, e.Sequence, at[s.Shard])
				return
			}
			n++
		}
		if s.Sequence != at[s.Shard] || s.Head < s.Sequence {
			t.Errorf("slice %d to %d of %d", s.Shard, s.Sequence, s.Head)
			return
		}
	}
}
