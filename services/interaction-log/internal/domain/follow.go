package domain

import (
	"context"
	"io"
	"slices"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Slice is a piece of a shard's tail.
type Slice struct {
	Shard int32
	// Events are in sequence. There are none in a slice that only tells that the
	// follower is at the shard's head.
	Events []*Event
	// Sequence is the position after these events.
	Sequence int64
	// Head is the shard's newest sequence when the slice was made.
	Head int64
}

const (
	sliceEvents = 500
	sliceBytes  = 512 << 10
)

// Follower follows shards. It remembers its positions and nothing else: a slow
// one costs the log nothing. It is for one goroutine.
type Follower struct {
	log    *Log
	places []place
	next   int  // whose turn it is
	stop   bool // end at the heads of the beginning
}

// place is where a follower is in a shard.
type place struct {
	shard    int32
	sequence int64
	end      int64 // the head when the follower began
	told     bool  // that the head was reached
}

// Follow starts to follow shards after the given positions; all shards from their
// beginning when there are none. With stopAtHead the follower ends at the heads
// of this moment. Faults: UNKNOWN_SHARD, POSITION_AHEAD, INVALID_REQUEST when a
// shard is named twice. Close the follower when done.
func (l *Log) Follow(positions []Position, stopAtHead bool) (*Follower, error) {
	heads := l.hub.snapshot()
	if len(positions) == 0 {
		positions = make([]Position, len(heads))
		for i := range positions {
			positions[i].Shard = int32(i)
		}
	}
	f := &Follower{log: l, stop: stopAtHead, places: make([]place, 0, len(positions))}
	seen := make([]bool, len(heads))
	for _, p := range positions {
		if p.Shard < 0 || int(p.Shard) >= len(heads) {
			return nil, UnknownShard(p.Shard, len(heads))
		}
		if seen[p.Shard] {
			return nil, fault.New(fault.Invalid, fault.InvalidRequest, "shard %d is named twice", p.Shard).
				WithField("positions", "must name a shard at most once")
		}
		seen[p.Shard] = true
		head := heads[p.Shard]
		if p.Sequence > head {
			return nil, positionAhead(p, head)
		}
		f.places = append(f.places, place{shard: p.Shard, sequence: p.Sequence, end: head})
	}
	l.hub.followers.Add(1)
	return f, nil
}

// Close ends the follower.
func (f *Follower) Close() {
	if f.log != nil {
		f.log.hub.followers.Add(-1)
		f.log = nil
	}
}

// Positions returns where the follower is: after the last slice it gave.
func (f *Follower) Positions() []Position {
	positions := make([]Position, len(f.places))
	for i, p := range f.places {
		positions[i] = Position{p.shard, p.sequence}
	}
	return positions
}

// Next waits for events and returns the next slice, shards taking turns. Each
// shard's first arrival at its head is told, by a slice whose Sequence is its
// Head, without events if need be. The error is io.EOF when a follower that
// stops at the head is there, that of ctx when it ends, and SERVER_DRAINING when
// the log is closed.
func (f *Follower) Next(ctx context.Context) (*Slice, error) {
	h := f.log.hub
	for {
		h.mu.RLock()
		p, head := f.pick(h.heads)
		var events []*Event
		if p != nil && p.sequence < head {
			events = h.recent[p.shard].after(p.sequence, sliceEvents, sliceBytes)
		}
		changed, closing := h.changed, h.closed
		h.mu.RUnlock()
		switch {
		case p != nil:
			return f.slice(ctx, p, head, events)
		case f.stop:
			return nil, io.EOF
		case closing:
			return nil, closed()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// pick returns the next place that has something to tell.
func (f *Follower) pick(heads []int64) (p *place, head int64) {
	for i := range f.places {
		at := (f.next + i) % len(f.places)
		p := &f.places[at]
		head := heads[p.shard]
		if f.stop {
			head = p.end
		}
		if p.sequence < head || !p.told {
			f.next = at + 1
			return p, head
		}
	}
	return nil, 0
}

// slice moves a place forward. events are those at hand; without any they are
// read from the store.
func (f *Follower) slice(ctx context.Context, p *place, head int64, events []*Event) (*Slice, error) {
	if len(events) == 0 && p.sequence < head {
		erasing := f.log.hub.erased() // before reading: what is erased meanwhile may be overwritten when it is read
		var err error
		events, err = f.log.store.Tail(ctx, p.shard, p.sequence, sliceEvents, sliceBytes)
		if err != nil {
			return nil, err
		}
		hide(events, erasing)
		if len(events) == 0 || events[0].Sequence != p.sequence+1 {
			return nil, fault.New(fault.Internal, fault.StoreDamaged,
				"shard %d has no event %d; restore the store from a backup", p.shard, p.sequence+1)
		}
	}
	if f.stop {
		// Events after the end came in since.
		events = slices.DeleteFunc(events, func(e *Event) bool { return e.Sequence > p.end })
	}
	if n := len(events); n > 0 {
		p.sequence = events[n-1].Sequence
	}
	head = max(head, p.sequence)
	p.told = p.told || p.sequence == head
	return &Slice{Shard: p.shard, Events: events, Sequence: p.sequence, Head: head}, nil
}
