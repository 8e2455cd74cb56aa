package boltstore

import (
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// stored is an event and where it is.
type stored struct {
	*domain.Event
	position int64
}

func (s stored) block() uint64 { return uint64(s.position) / maxBlock }

// pending holds the events of one shard that are not indexed. The slices grow at
// the end and are never written elsewhere, so that a reader may keep a copy of
// their headers.
type pending struct {
	events    []stored // in sequence
	customers map[domain.Key]*history
	bytes     int
	// stuck is why the events cannot be indexed: damage in the index.
	stuck error
}

// history is the events of one customer that are not indexed.
type history struct {
	events []stored // by revision
	ids    map[string]*domain.Event
}

// manyIDs is from how many events on ids are found by a map.
const manyIDs = 32

func (p *pending) add(e stored) {
	if p.customers == nil {
		p.customers = make(map[domain.Key]*history)
	}
	p.events = append(p.events, e)
	p.bytes += len(e.Payload)
	h := p.customers[e.Key]
	if h == nil {
		h = &history{}
		p.customers[e.Key] = h
	}
	h.events = append(h.events, e)
	switch n := len(h.events); {
	case n == manyIDs:
		h.ids = make(map[string]*domain.Event, 2*manyIDs)
		for _, e := range h.events {
			h.ids[e.EventID] = e.Event
		}
	case n > manyIDs:
		h.ids[e.EventID] = e.Event
	}
}

// of returns a customer's events.
func (p *pending) of(key domain.Key) []stored {
	if h := p.customers[key]; h != nil {
		return h.events
	}
	return nil
}

// find returns a customer's event by its id, or nil.
func (p *pending) find(key domain.Key, eventID string) *domain.Event {
	h := p.customers[key]
	if h == nil {
		return nil
	}
	if h.ids != nil {
		return h.ids[eventID]
	}
	for _, e := range h.events {
		if e.EventID == eventID {
			return e.Event
		}
	}
	return nil
}
