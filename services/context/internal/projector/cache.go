package projector

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// cacheShards spreads the cache's locks.
const cacheShards = 16

// cache holds the customers in memory, up to a budget of bytes. What is evicted is the customer that was not read for
// long (clock algorithm), is saved, and is not worked on.
type cache struct {
	seed   maphash.Seed
	budget int64 // of one shard
	shards [cacheShards]cacheShard
	count  atomic.Int64
	bytes  atomic.Int64
}

type cacheShard struct {
	mu      sync.RWMutex
	entries map[string]*entry // by customer; those of several tenants with the same id are chained
	ring    []*entry
	hand    int
	bytes   int64
}

func newCache(budget int64) *cache {
	c := &cache{seed: maphash.MakeSeed(), budget: max(budget/cacheShards, 1)}
	for i := range c.shards {
		c.shards[i].entries = map[string]*entry{}
	}
	return c
}

func (c *cache) shard(customer string) *cacheShard {
	return &c.shards[maphash.String(c.seed, customer)%cacheShards]
}

// find returns the entry with a key, nil for none. The caller holds mu, at least to read.
func (s *cacheShard) find(key entryKey) *entry {
	e := s.entries[key.customer]
	for e != nil && e.tenant != key.tenant {
		e = e.next
	}
	return e
}

func (s *cacheShard) link(e *entry) {
	e.next = s.entries[e.customer]
	s.entries[e.customer] = e
}

func (s *cacheShard) unlink(e *entry) {
	first := s.entries[e.customer]
	switch {
	case first != e:
		before := first
		for before.next != e {
			before = before.next
		}
		before.next = e.next
	case e.next != nil:
		s.entries[e.customer] = e.next
	default:
		delete(s.entries, e.customer)
	}
	e.next = nil
}

// peek returns the customer's entry if it is in memory, to read from only.
func (c *cache) peek(key entryKey) *entry {
	s := c.shard(key.customer)
	s.mu.RLock()
	e := s.find(key)
	s.mu.RUnlock()
	if e != nil && !e.used.Load() {
		e.used.Store(true)
	}
	return e
}

// acquire returns the customer's entry, and keeps it in memory until release.
func (c *cache) acquire(key entryKey) *entry {
	s := c.shard(key.customer)
	s.mu.RLock()
	e := s.find(key)
	if e != nil {
		e.refs.Add(1)
	}
	s.mu.RUnlock()
	if e != nil {
		e.used.Store(true)
		return e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e = s.find(key); e == nil {
		e = newEntry(key)
		e.size.Store(emptySize)
		s.link(e)
		s.ring = append(s.ring, e)
		s.bytes += emptySize
		c.bytes.Add(emptySize)
		c.count.Add(1)
		e.refs.Add(1) // before evicting, or it would be the first to go
		c.evict(s)
	} else {
		e.refs.Add(1)
	}
	e.used.Store(true)
	return e
}

// release undoes acquire. An entry of a customer of whom nothing is known does not stay.
func (c *cache) release(e *entry) {
	if e.refs.Add(-1) > 0 || e.revision() > 0 || e.dirty.Load() {
		return
	}
	s := c.shard(e.customer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.refs.Load() > 0 || e.revision() > 0 || e.dirty.Load() || s.find(e.key()) != e {
		return
	}
	for i, x := range s.ring {
		if x == e {
			c.remove(s, i)
			return
		}
	}
}

// resize notes how large an entry has become, unless it has left the memory.
func (c *cache) resize(e *entry, size int64) {
	s := c.shard(e.customer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(e.key()) != e {
		return
	}
	delta := size - e.size.Swap(size)
	s.bytes += delta
	c.bytes.Add(delta)
	c.evict(s)
}

// evict makes room in a shard. It goes around twice at most: once to take away the second chances, once to remove.
func (c *cache) evict(s *cacheShard) {
	for steps := 2 * len(s.ring); s.bytes > c.budget && steps > 0 && len(s.ring) > 0; steps-- {
		if s.hand >= len(s.ring) {
			s.hand = 0
		}
		e := s.ring[s.hand]
		if e.refs.Load() > 0 || e.dirty.Load() || e.used.Swap(false) {
			s.hand++
			continue
		}
		c.remove(s, s.hand)
	}
}

func (c *cache) remove(s *cacheShard, at int) {
	e := s.ring[at]
	last := len(s.ring) - 1
	s.ring[at] = s.ring[last]
	s.ring[last] = nil
	s.ring = s.ring[:last]
	s.unlink(e)
	s.bytes -= e.size.Load()
	c.bytes.Add(-e.size.Load())
	c.count.Add(-1)
}

// Rough sizes in memory, for the budget: measured on customers with a dozen facts, with their answers built.
const (
	emptySize       = 2 << 10
	valueSize       = 700
	interactionSize = 1200
	identifierSize  = 200
)

// sizeOf estimates what a state and what is worked out from it take.
func sizeOf(s *domain.State) int64 {
	n := int64(emptySize)
	for _, f := range s.Facts {
		n += int64(valueSize*len(f.Values) + 2*(len(f.Name)+len(f.Scope)))
		for i := range f.Values {
			n += 2 * int64(len(f.Values[i].Text)) // once in the state, once in the answer
		}
	}
	n += int64(interactionSize * (len(s.Open) + len(s.Ended)))
	for _, list := range [][]*domain.Interaction{s.Open, s.Ended} {
		for _, x := range list {
			n += 2 * int64(len(x.LastCustomerMessage)+len(x.Topic)+len(x.Note))
		}
	}
	n += 2 * int64(s.PartsSize()) // in the state and in the answer
	return n + int64(identifierSize*len(s.Identifiers))
}
