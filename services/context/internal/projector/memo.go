package projector

import (
	"sync/atomic"
	"time"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// maxMemos bounds the answers that are kept with a Current: those of the views in use, mostly one or two.
const maxMemos = 4

// MemoKey says for whom an answer was built: for every asker who is cleared as far as that, and of whom nothing else
// matters.
type MemoKey struct {
	View      domain.ContextView
	Clearance domain.Sensitivity
}

// Memo is an answer that was built from a Current, and how long it holds. It is never changed.
type Memo struct {
	Key MemoKey
	// Dictionary is what it was built with.
	Dictionary *domain.Dictionary
	// From and Until bound the time for which it holds; a zero Until is no bound.
	From, Until time.Time
	// Answer is the answer in wire format. Its last part, from Sections on, tells how complete the sections are.
	Answer   []byte
	Sections int
	// Statuses is the same as that last part.
	Statuses []domain.SectionStatus
	// Derived is for what the server works out from the answer, once for all who want it.
	Derived *atomic.Value

	next *Memo
}

// Holds reports whether the answer is right at a moment.
func (m *Memo) Holds(d *domain.Dictionary, now time.Time) bool {
	return m.Dictionary == d && !now.Before(m.From) && (m.Until.IsZero() || now.Before(m.Until))
}

// Memo returns the answer for a key that holds at a moment; nil when there is none.
func (c *Current) Memo(key MemoKey, d *domain.Dictionary, now time.Time) *Memo {
	for m := c.memos.Load(); m != nil; m = m.next {
		if m.Key == key {
			if m.Holds(d, now) {
				return m
			}
			return nil
		}
	}
	return nil
}

// Remember keeps an answer in place of an older one for the same key. Of too many the one built longest ago goes. It says
// whether there are more than the one that size has room for.
func (c *Current) Remember(m *Memo) (more bool) {
	for {
		head := c.memos.Load()
		fresh := *m
		fresh.next = head.others(m.Key, maxMemos-1)
		if c.memos.CompareAndSwap(head, &fresh) {
			return fresh.next != nil
		}
	}
}

// size estimates what is kept in memory with the state: with what is worked out from it, which has room for one answer,
// further answers, and what it comes to together with those merged into the customer.
func (c *Current) size() int64 {
	n := sizeOf(c.State)
	if m := c.memos.Load(); m != nil {
		for m = m.next; m != nil; m = m.next {
			n += int64(len(m.Answer))
		}
	}
	if j := c.Joined.Load(); j != nil && j.Current != c {
		n += j.size()
	}
	return n
}

// Weigh counts anew what is kept in memory of a customer, after readers have left something with it.
func (t *Tenant) Weigh(customer string) {
	if e := t.p.cache.peek(entryKey{t, customer}); e != nil {
		if cur := e.cur.Load(); cur != nil {
			t.p.cache.resize(e, cur.size())
		}
	}
}

// others returns the list, at most n long, without the answer for a key.
func (m *Memo) others(key MemoKey, n int) *Memo {
	switch {
	case m == nil || n == 0:
		return nil
	case m.Key == key:
		return m.next.others(key, n)
	}
	other := *m
	other.next = m.next.others(key, n-1)
	return &other
}
