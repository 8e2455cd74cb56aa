package boltstore

import (
	"context"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// Events are first looked for in memory and then in the index, in this order: what
// is indexed in between is seen twice, never not at all.

// Head implements domain.Store.
func (s *Store) Head(_ context.Context, key domain.Key) (domain.Head, error) {
	recent, err := s.recent(key)
	if err != nil {
		return domain.Head{}, err
	}
	if n := len(recent); n > 0 {
		return domain.HeadOf(recent[n-1].Event), nil
	}
	var head domain.Head
	err = s.db.View(func(tx *bbolt.Tx) error {
		c, err := newReader(tx, s).customer(key)
		if err != nil {
			return err
		}
		head = c.head()
		return nil
	})
	return head, err
}

// List implements domain.Store.
func (s *Store) List(_ context.Context, key domain.Key, q domain.Range) ([]*domain.Event, error) {
	recent, err := s.recent(key)
	if err != nil {
		return nil, err
	}
	page := page{limit: q.Limit, maxBytes: q.MaxBytes}
	if n := len(recent); n > 0 && q.After+1 >= recent[0].Revision {
		// All in memory.
		page.list(recent, q, recent[n-1].Revision)
		return page.events, nil
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		r := newReader(tx, s)
		c, err := r.customer(key)
		if err != nil {
			return err
		}
		head := c.places.last
		if n := len(recent); n > 0 {
			if recent[0].Revision > c.places.last+1 {
				return c.damaged()
			}
			head = max(head, recent[n-1].Revision)
		}
		for at := range revisions(q, head) {
			if page.full() {
				break
			}
			e, err := r.eventOr(recent, c, at)
			if err != nil {
				return err
			}
			page.add(e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page.events, nil
}

// eventOr returns an event that is among recent ones or in the file.
func (r *reader) eventOr(recent []stored, c *customer, revision int64) (*domain.Event, error) {
	if n := len(recent); n > 0 && revision >= recent[0].Revision && revision <= recent[n-1].Revision {
		return recent[revision-recent[0].Revision].Event, nil
	}
	// Recent ones may have been indexed, and others after them, since they were
	// looked at.
	return r.event(c, revision)
}

// Tail implements domain.Store.
func (s *Store) Tail(_ context.Context, shard int32, after int64, limit, maxBytes int) ([]*domain.Event, error) {
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return nil, errClosed()
	}
	if shard < 0 || int(shard) >= s.shards {
		s.mu.RUnlock()
		return nil, domain.UnknownShard(shard, s.shards)
	}
	recent, head := s.pending[shard].events, s.heads[shard]
	s.mu.RUnlock()

	page := page{limit: limit, maxBytes: maxBytes}
	next := max(after, 0) + 1
	indexed := head - int64(len(recent))
	if next <= indexed {
		err := s.db.View(func(tx *bbolt.Tx) error {
			r := newReader(tx, s)
			for ; next <= indexed && !page.full(); next++ {
				e, err := r.sequence(shard, next)
				if err != nil {
					return err
				}
				page.add(e)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for ; next <= head && !page.full(); next++ {
		page.add(recent[next-indexed-1].Event)
	}
	return page.events, nil
}

// recent returns the customer's events that are held in memory.
func (s *Store) recent(key domain.Key) ([]stored, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errClosed()
	}
	return s.pending[domain.ShardOf(key, s.shards)].of(key), nil
}

// page gathers events up to a number and a size.
type page struct {
	limit, maxBytes int
	events          []*domain.Event
	bytes           int
}

func (p *page) full() bool { return len(p.events) >= p.limit || p.bytes >= p.maxBytes }

func (p *page) add(e *domain.Event) {
	p.events = append(p.events, e)
	p.bytes += len(e.Payload)
}

// list adds those of the customer's events that are in the range.
func (p *page) list(events []stored, q domain.Range, head int64) {
	first := events[0].Revision
	for at := range revisions(q, head) {
		if p.full() {
			break
		}
		p.add(events[at-first].Event)
	}
}

// revisions walks over those of a range in its order, up to the customer's newest.
func revisions(q domain.Range, head int64) iter.Seq[int64] {
	from, to := max(q.After, 0)+1, head
	if q.Through > 0 {
		to = min(to, q.Through)
	}
	at, step := from, int64(1)
	if q.Newest {
		at, step = to, -1
	}
	return func(yield func(int64) bool) {
		for ; at >= from && at <= to && yield(at); at += step {
		}
	}
}
