package boltstore

import (
	"context"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// errNothing rolls back a commit without new events.
var errNothing = errors.New("nothing to store")

// Append implements domain.Store.
func (s *Store) Append(_ context.Context, batches []*domain.Batch) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if s.broken != nil {
		return s.broken
	}
	if s.isClosed() {
		return errClosed()
	}
	var w *write
	err := s.db.Update(func(tx *bbolt.Tx) error {
		w = s.decide(tx, batches)
		if w.fresh.events == 0 {
			return errNothing
		}
		w.pack()
		w.plan()
		return w.put(tx)
	})
	switch {
	case err == nil:
		s.apply(w)
		return nil
	case errors.Is(err, errNothing):
		return nil
	case fault.ReasonOf(err) == fault.StoreFull:
		return err
	}
	// What is on the disk is not known, and may be less than the page cache shows:
	// a further commit could build on pages that are lost with the power.
	s.broken = err
	if !isDamage(err) {
		s.broken = stopped(err)
	}
	return err
}

// stopped is the fault of a store that takes no appends after a failed write.
func stopped(cause error) error {
	return fault.New(fault.Unavailable, fault.ServiceUnavailable,
		"the store failed to write and takes no appends until the service is restarted").WithCause(cause)
}

// write is one commit.
type write struct {
	s      *Store
	commit *domain.Commit
	reader *reader
	fresh  totals
	events [][]stored // the new events by shard
	blocks [][]byte   // of the new events, sealed
	index  indexing
}

// decide lets the domain decide the batches.
func (s *Store) decide(tx *bbolt.Tx, batches []*domain.Batch) *write {
	w := &write{s: s, reader: newReader(tx, s), events: make([][]stored, s.shards)}
	w.commit = domain.NewCommit(s.heads, (*lookup)(w))
	for _, b := range batches {
		w.commit.Decide(b)
	}
	for shard := range s.shards {
		for _, e := range w.commit.Shard(shard) {
			w.fresh.add(e)
		}
	}
	return w
}

// lookup answers the domain's questions while it decides.
type lookup write

// Head implements domain.Lookup.
func (l *lookup) Head(key domain.Key) (domain.Head, error) {
	p := &l.s.pending[domain.ShardOf(key, l.s.shards)]
	if p.stuck != nil {
		return domain.Head{}, p.stuck
	}
	if events := p.of(key); len(events) > 0 {
		return domain.HeadOf(events[len(events)-1].Event), nil
	}
	c, err := l.reader.customer(key)
	if err != nil {
		return domain.Head{}, err
	}
	return c.head(), nil
}

// Find implements domain.Lookup.
func (l *lookup) Find(key domain.Key, eventID string) (*domain.Event, error) {
	p := &l.s.pending[domain.ShardOf(key, l.s.shards)]
	if e := p.find(key, eventID); e != nil {
		return e, nil
	}
	c, err := l.reader.customer(key)
	if err != nil || c.places.last == 0 {
		return nil, err
	}
	return l.reader.find(c, eventID)
}

// put writes the commit.
func (w *write) put(tx *bbolt.Tx) error {
	if err := w.putBlocks(tx.Bucket(eventsBucket)); err != nil {
		return err
	}
	if err := w.putErasures(tx); err != nil {
		return err
	}
	return w.putIndex(tx)
}

// apply makes a commit that is on the disk visible.
func (s *Store) apply(w *write) {
	s.mu.Lock()
	defer s.mu.Unlock()
	copy(s.heads, w.commit.Heads())
	s.lastBlock += uint64(len(w.blocks))
	for _, m := range w.index.moves {
		p := &s.pending[m.shard]
		s.waiting.events -= len(p.events)
		s.waiting.bytes -= p.bytes
		*p = pending{}
	}
	s.state = w.index.state
	for shard, err := range w.index.stuck {
		s.pending[shard].stuck = err
	}
	for shard, events := range w.events {
		if w.index.moving[shard] {
			continue
		}
		for _, e := range events {
			s.pending[shard].add(e)
			s.waiting.add(e.Event)
		}
	}
}
