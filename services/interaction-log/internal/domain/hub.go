package domain

import (
	"slices"
	"sync"
	"sync/atomic"
)

// hub knows the head of every shard, keeps each shard's newest events, and wakes
// followers. It never waits for a follower, and holds nothing on behalf of one.
type hub struct {
	followers atomic.Int64

	mu      sync.RWMutex
	heads   []int64
	recent  []ring
	changed chan struct{} // closed, and replaced, when heads have moved
	// erasing are the customers that were erased, and whose events the store may
	// still have. It is replaced, never changed.
	erasing map[Key]struct{}
	closed  bool
}

func newHub(heads []int64) *hub {
	return &hub{heads: slices.Clone(heads), recent: make([]ring, len(heads)), changed: make(chan struct{})}
}

// publish makes the new events of a commit known, and returns how many there
// were. Events of a shard are in sequence: that is the order of deciding.
func (h *hub) publish(batches []*Batch) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, b := range batches {
		for i := range b.Results {
			r := &b.Results[i]
			if r.Replayed || r.Err != nil {
				continue
			}
			n++
			if b.Erasure {
				h.erase(b.Key, r.Shard)
			}
			h.heads[r.Shard] = r.Sequence
			h.recent[r.Shard].add(r.Event)
		}
	}
	if n > 0 {
		close(h.changed)
		h.changed = make(chan struct{})
	}
	return n
}

func (h *hub) snapshot() []int64 {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Clone(h.heads)
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.changed)
	}
}

// ring keeps the newest events of a shard, without gaps.
type ring struct {
	events []*Event
	bytes  int
}

const (
	ringEvents = 1024
	ringBytes  = 256 << 10
)

func (r *ring) add(e *Event) {
	// Events of a commit that was reported as failed, and was not, are missing.
	if n := len(r.events); n > 0 && r.events[n-1].Sequence+1 != e.Sequence {
		*r = ring{}
	}
	r.events = append(r.events, e)
	r.bytes += len(e.Payload)
	drop := 0
	for len(r.events)-drop > ringEvents || r.bytes > ringBytes {
		r.bytes -= len(r.events[drop].Payload)
		drop++
	}
	// Once the slice is full, append moves what is left to a new one; until then
	// the dropped events must not be held.
	clear(r.events[:drop])
	r.events = r.events[drop:]
}

// after returns the events that follow a sequence, when the ring reaches back to
// it.
func (r *ring) after(sequence int64, most, maxBytes int) []*Event {
	if len(r.events) == 0 || r.events[0].Sequence > sequence+1 {
		return nil
	}
	events := r.events[sequence+1-r.events[0].Sequence:]
	size := 0
	for n, e := range events {
		if n == most || n > 0 && size+len(e.Payload) > maxBytes {
			events = events[:n]
			break
		}
		size += len(e.Payload)
	}
	return slices.Clone(events)
}
