package server_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

type tailStream = grpc.ServerStreamingClient[interactionlogv1.TailEventsResponse]

// reader collects what a tail sends and checks its promises.
type reader struct {
	t         testing.TB
	positions map[int32]int64
	events    map[string]int // how often each event came
}

func newReader(t testing.TB) *reader {
	return &reader{t: t, positions: map[int32]int64{}, events: map[string]int{}}
}

func (r *reader) resume() []*interactionlogv1.ShardPosition {
	var out []*interactionlogv1.ShardPosition
	for shard, seq := range r.positions {
		out = append(out, &interactionlogv1.ShardPosition{Shard: shard, Sequence: seq})
	}
	return out
}

func (r *reader) take(msg *interactionlogv1.TailEventsResponse) {
	r.t.Helper()
	for _, ev := range msg.GetEvents() {
		r.positions[msg.GetShard()]++
		if ev.GetShard() != msg.GetShard() || ev.GetSequence() != r.positions[msg.GetShard()] {
			r.t.Errorf("shard %d: sequence %d where %d is due", ev.GetShard(), ev.GetSequence(), r.positions[msg.GetShard()])
		}
		r.events[ev.GetCustomer()+" "+ev.GetEventId()]++
	}
	if msg.GetSequence() != r.positions[msg.GetShard()] || msg.GetHeadSequence() < msg.GetSequence() {
		r.t.Errorf("message at %d of %d, reader at %d", msg.GetSequence(), msg.GetHeadSequence(), r.positions[msg.GetShard()])
	}
	r.positions[msg.GetShard()] = msg.GetSequence()
}

func TestTailStopsAtTheHeadAndResumes(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		r := newReader(t)
		total := 0
		for round := range 3 {
			for c := range 20 {
				total++
				f.append(t, fmt.Sprintf("customers/c%d", c), said(fmt.Sprintf("e%d", round), "x"))
			}
			stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{Positions: r.resume(), StopAtHead: true})
			if err != nil {
				t.Fatal(err)
			}
			for {
				msg, err := stream.Recv()
				if err != nil {
					if notEOF(err) != nil {
						t.Fatal(err)
					}
					break
				}
				r.take(msg)
			}
			if len(r.events) != total || len(r.positions) != 4 {
				t.Errorf("round %d: %d events of %d, %d shards", round, len(r.events), total, len(r.positions))
			}
		}
		for id, n := range r.events {
			if n != 1 {
				t.Errorf("%s came %d times", id, n)
			}
		}
	})
}

func TestTailFollowsOnlyTheShardsNamed(t *testing.T) {
	f := onMemory(t, setup{})
	for c := range 20 {
		f.append(t, fmt.Sprintf("customers/c%d", c), said("e", "x"))
	}
	stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{
		Positions: []*interactionlogv1.ShardPosition{{Shard: 2}}, StopAtHead: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for {
		msg, err := stream.Recv()
		if err != nil {
			break
		}
		if msg.GetShard() != 2 {
			t.Errorf("shard %d", msg.GetShard())
		}
	}
}

// Several readers that come and go miss nothing while many write.
func TestTailIsGapFreeUnderConcurrentWriters(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		const writers, each, readers = 8, 60, 3
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var reading sync.WaitGroup
		for n := range readers {
			reading.Go(func() {
				r := newReader(t)
				for len(r.events) < writers*each && ctx.Err() == nil {
					follow(ctx, t, f, r, 7*(n+1))
				}
				for id, n := range r.events {
					if n != 1 {
						t.Errorf("%s came %d times", id, n)
					}
				}
				if len(r.events) != writers*each {
					t.Errorf("%d events of %d", len(r.events), writers*each)
				}
			})
		}
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					_, err := f.AppendEvents(ctx, &interactionlogv1.AppendEventsRequest{
						Customer: fmt.Sprintf("customers/w%d", w), Events: []*interactionlogv1.Event{said(fmt.Sprintf("e%d", i), "x")},
					})
					if err != nil {
						t.Error(err)
						cancel()
						return
					}
				}
			})
		}
		writing.Wait()
		reading.Wait()
	})
}

// follow reads messages of one stream, then leaves it.
func follow(ctx context.Context, t testing.TB, f *fixture, r *reader, messages int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := f.TailEvents(ctx, &interactionlogv1.TailEventsRequest{Positions: r.resume()})
	if err != nil {
		t.Error(err)
		return
	}
	// The first of each shard may only tell that the head was reached.
	for range messages + 4 {
		if len(r.events) == 8*60 {
			return
		}
		msg, err := stream.Recv()
		if err != nil {
			t.Error(err)
			return
		}
		r.take(msg)
	}
}

func TestTailDropsASlowReader(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		o := setup{}
		o.server.SlowConsumer = 20 * time.Millisecond
		f := open(t, o)
		r := newReader(t)
		stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 64 { // far more than a reader's window
			f.append(t, "customers/c1", said(fmt.Sprintf("e%d", i), strings.Repeat("long ", 6000)))
		}
		waitFor(t, f, "SLOW_CONSUMER")
		if err := drainTail(stream, r); err == nil || !strings.Contains(err.Error(), "too long") {
			t.Fatalf("the stream ended with %v", err)
		} else {
			wantReason(t, err, "SLOW_CONSUMER")
		}
		if len(r.events) >= 64 {
			t.Fatal("nothing was held back")
		}
		// It resumes from where it was, as often as it has to: on a busy machine the test itself is slow.
		for len(r.events) < 64 {
			stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{Positions: r.resume(), StopAtHead: true})
			if err != nil {
				t.Fatal(err)
			}
			if err = drainTail(stream, r); err != nil {
				wantReason(t, err, "SLOW_CONSUMER")
			}
		}
	})
}

// drainTail reads to the end; nil for a stream that ended well.
func drainTail(stream tailStream, r *reader) error {
	for {
		msg, err := stream.Recv()
		if err != nil {
			return notEOF(err)
		}
		r.take(msg)
	}
}

// waitFor waits until the access log has a reason.
func waitFor(t testing.TB, f *fixture, reason string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !strings.Contains(f.logs.String(), reason) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s", reason)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTailEndsWhenTheServerDrains(t *testing.T) {
	for _, reading := range []bool{true, false} {
		t.Run(fmt.Sprintf("reading=%v", reading), func(t *testing.T) {
			f := onMemory(t, setup{})
			stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			for range 4 {
				if _, err := stream.Recv(); err != nil {
					t.Fatal(err)
				}
			}
			if !reading {
				for i := range 40 {
					f.append(t, "customers/c1", said(fmt.Sprintf("e%d", i), strings.Repeat("long ", 6000)))
				}
			}
			drained := make(chan error, 1)
			go func() { drained <- f.rpc.Drain(t.Context()) }()
			// The handler ends although the reader does not take what was sent.
			waitFor(t, f, "SERVER_DRAINING")
			r := newReader(t)
			for shard := range int32(4) {
				r.positions[shard] = 0
			}
			wantReason(t, drainTail(stream, r), "SERVER_DRAINING")
			if err := <-drained; err != nil {
				t.Error(err)
			}
		})
	}
}
