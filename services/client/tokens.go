package client

import (
	"container/list"
	"sync"
)

// rememberedCustomers bounds the memory: some 2 MB when full. A customer who falls out of it is read as the server has
// them, which is behind only for the moment that a write takes to arrive.
const rememberedCustomers = 10_000

// tokenMemory remembers the consistency token of the newest write for each customer, for the customers used last.
//
// Two names may stand for one customer after a merge. What was learned of that is remembered, too, so that a write by one
// name is seen by reads of the other.
type tokenMemory struct {
	mu    sync.Mutex
	limit int
	byKey map[string]*list.Element
	used  *list.List // of *remembered, used last first
}

type remembered struct {
	customer string
	// into is the name of the customer that this one is merged into; the rest is empty then.
	into string
	// writer is the name by which the write was made: revisions of two names do not compare.
	writer   string
	token    string
	revision int64
	// mixed says that writes were made by several names since a read that saw them all: the token stands for the newest
	// one only.
	mixed bool
}

func newTokenMemory(limit int) *tokenMemory {
	return &tokenMemory{limit: limit, byKey: map[string]*list.Element{}, used: list.New()}
}

// note remembers a write. Answers may arrive in another order than the writes were done, so an older one changes
// nothing.
func (m *tokenMemory) note(customer, token string, revision int64) {
	if customer == "" || token == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.entry(m.survivor(customer))
	if r.writer == customer && r.revision > revision {
		return
	}
	r.mixed = r.mixed || r.token != "" && r.writer != customer
	r.writer, r.token, r.revision = customer, token, revision
}

// token returns what a read of the customer has to see, or "". It is not enough when writes are mixed.
func (m *tokenMemory) token(customer string) (token string, mixed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.byKey[m.survivor(customer)]
	if !ok {
		return "", false
	}
	m.used.MoveToFront(e)
	r := e.Value.(*remembered)
	return r.token, r.mixed
}

// seen notes that a read saw everything, unless more was written since its token was looked up.
func (m *tokenMemory) seen(customer, token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.byKey[m.survivor(customer)]; ok && e.Value.(*remembered).token == token {
		e.Value.(*remembered).mixed = false
	}
}

// forget drops a token that the server does not take, unless a newer one has come since.
func (m *tokenMemory) forget(customer, token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.byKey[m.survivor(customer)]; ok && e.Value.(*remembered).token == token {
		m.drop(e)
	}
}

// merged remembers that an answer about one customer was given in the name of another.
func (m *tokenMemory) merged(customer, into string) {
	if customer == "" || into == "" || customer == into {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.survivor(customer) == into {
		return
	}
	if e, ok := m.byKey[into]; ok && e.Value.(*remembered).into != "" {
		m.drop(e) // the survivor is its own again
	}
	was := m.entry(customer)
	if was.token != "" {
		now := m.entry(into)
		now.mixed = now.mixed || was.mixed || now.token != ""
		if now.token == "" {
			now.writer, now.token, now.revision = was.writer, was.token, was.revision
		}
	}
	*was = remembered{customer: customer, into: into}
}

// unmerged forgets that a customer was merged into another.
func (m *tokenMemory) unmerged(customer string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.byKey[customer]; ok && e.Value.(*remembered).into != "" {
		m.drop(e)
	}
}

// survivor follows merges. No chain is longer than the 20 customers that one may consist of.
func (m *tokenMemory) survivor(customer string) string {
	for range 20 {
		e, ok := m.byKey[customer]
		if !ok || e.Value.(*remembered).into == "" {
			break
		}
		m.used.MoveToFront(e)
		customer = e.Value.(*remembered).into
	}
	return customer
}

// entry returns what is remembered of a customer, making room for it if need be.
func (m *tokenMemory) entry(customer string) *remembered {
	if e, ok := m.byKey[customer]; ok {
		m.used.MoveToFront(e)
		return e.Value.(*remembered)
	}
	r := &remembered{customer: customer}
	m.byKey[customer] = m.used.PushFront(r)
	if m.used.Len() > m.limit {
		m.drop(m.used.Back())
	}
	return r
}

func (m *tokenMemory) drop(e *list.Element) {
	delete(m.byKey, e.Value.(*remembered).customer)
	m.used.Remove(e)
}
