package boltstore

import (
	"cmp"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// totals counts events.
type totals struct{ events, bytes int }

func (t *totals) add(e *domain.Event) {
	t.events++
	t.bytes += len(e.Payload)
}

func (t totals) over(most totals) bool { return t.events > most.events || t.bytes > most.bytes }

// limits say how much may wait to be indexed.
type limits struct {
	shard totals // in one shard
	all   totals
}

// defaultLimits are as large as memory and the time to open a store allow: the
// more events are indexed together, the fewer pages are written for each.
var defaultLimits = limits{
	shard: totals{4096, 4 << 20},
	all:   totals{32_768, 24 << 20},
}

// indexing is what a commit does to the index.
type indexing struct {
	state  state // after the commit
	moves  []*move
	moving map[int]bool
	stuck  map[int]error
}

// move indexes all events of a shard that are not.
type move struct {
	shard     int
	events    []stored // in sequence
	customers []customerMove
}

type customerMove struct {
	*customer
	events []stored // by revision
}

// plan decides which shards are indexed with this commit.
func (w *write) plan() {
	s := w.s
	w.index.state = s.state
	w.index.moving, w.index.stuck = map[int]bool{}, map[int]error{}
	left := totals{s.waiting.events + w.fresh.events, s.waiting.bytes + w.fresh.bytes}
	index := func(shard int, sum totals) {
		if w.index.moving[shard] || w.index.stuck[shard] != nil || s.pending[shard].stuck != nil {
			return
		}
		m, err := w.planMove(shard)
		if err != nil {
			// What the shard has can still be read. It takes no more, lest what is
			// not indexed grow without bound.
			w.index.stuck[shard] = err
			return
		}
		w.index.moving[shard] = true
		w.index.moves = append(w.index.moves, m)
		left.events -= sum.events
		left.bytes -= sum.bytes
	}
	sum := func(shard int) totals {
		t := totals{len(s.pending[shard].events), s.pending[shard].bytes}
		for _, e := range w.events[shard] {
			t.add(e.Event)
		}
		return t
	}
	for shard := range s.shards {
		if t := sum(shard); t.over(s.limits.shard) {
			index(shard, t)
		}
	}
	for i := 0; i < s.shards && left.over(s.limits.all); i++ {
		if t := sum(s.turn); t.events > 0 {
			index(s.turn, t)
		}
		s.turn = (s.turn + 1) % s.shards
	}
}

// planMove reads the records that a move changes, before anything is written.
func (w *write) planMove(shard int) (*move, error) {
	waiting := &w.s.pending[shard]
	var fresh pending
	for _, e := range w.events[shard] {
		fresh.add(e)
	}
	m := &move{
		shard:     shard,
		events:    slices.Concat(waiting.events, fresh.events),
		customers: make([]customerMove, 0, len(waiting.customers)+len(fresh.customers)),
	}
	for key, h := range waiting.customers {
		m.customers = append(m.customers, customerMove{events: slices.Concat(h.events, fresh.of(key))})
	}
	for key, h := range fresh.customers {
		if waiting.customers[key] == nil {
			m.customers = append(m.customers, customerMove{events: h.events})
		}
	}
	slices.SortFunc(m.customers, func(a, b customerMove) int {
		x, y := a.events[0], b.events[0]
		return cmp.Or(cmp.Compare(x.Tenant, y.Tenant), cmp.Compare(x.Customer, y.Customer))
	})
	for i := range m.customers {
		c := &m.customers[i]
		var err error
		if c.customer, err = w.reader.customer(c.events[0].Key); err != nil {
			return nil, err
		}
		if c.places.last+1 != c.events[0].Revision {
			return nil, c.damaged()
		}
	}
	return m, nil
}

// putIndex writes what was planned.
func (w *write) putIndex(tx *bbolt.Tx) error {
	if len(w.index.moves) == 0 {
		return nil
	}
	slices.SortFunc(w.index.moves, func(a, b *move) int { return cmp.Compare(a.shard, b.shard) })
	state := w.s.state.clone()
	customers := tx.Bucket(customersBucket)
	for _, m := range w.index.moves {
		tail := places{first: m.events[0].Sequence, last: m.events[0].Sequence - 1}
		for _, e := range m.events {
			tail.add(e.position)
		}
		if err := tail.put(tx.Bucket(tailsBucket), shardKey(m.events[0].Shard)); err != nil {
			return err
		}
		for i := range m.customers {
			c := &m.customers[i]
			if c.places.last == 0 {
				state.customers[m.shard]++
			}
			if err := c.put(tx, customers, c.events); err != nil {
				return err
			}
		}
		state.indexed[m.shard] = tail.last
	}
	state.firstBlock = w.firstBlock()
	w.index.state = state
	return state.put(tx)
}

// firstBlock returns the first block with events that are not indexed after this
// commit; the next one when all are.
func (w *write) firstBlock() uint64 {
	first := w.s.lastBlock + uint64(len(w.blocks)) + 1
	for shard := range w.events {
		if w.index.moving[shard] {
			continue
		}
		if waiting := w.s.pending[shard].events; len(waiting) > 0 {
			first = min(first, waiting[0].block())
		} else if len(w.events[shard]) > 0 {
			first = min(first, w.events[shard][0].block())
		}
	}
	return first
}
