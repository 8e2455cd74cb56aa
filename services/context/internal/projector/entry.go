package projector

import (
	"sync"
	"sync/atomic"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Current is what is known of a customer at one revision. It is immutable but for what readers have worked out from it,
// which they may leave there for the next.
type Current struct {
	// State is the fold of the customer's events.
	State *domain.State
	// Joined is what it comes to together with the customers merged into it.
	Joined atomic.Pointer[Joined]

	view  atomic.Pointer[domain.View]
	memos atomic.Pointer[Memo] // the server's built answers, newest first
}

// Joined is what several customers that are one come to, as long as none of them changes.
type Joined struct {
	// Current is what is known of all.
	*Current
	// Members are the customers merged into the one, and those whose merges were looked at and are not in force.
	Members []Member
}

// Member is one customer that was looked at for a Joined, at one revision. What was known of it is not kept here: that may
// have left the memory meanwhile.
type Member struct {
	Customer string
	Revision int64
	// InForce says that both customers tell of the merge.
	InForce bool
}

// View returns the state joined with a dictionary.
func (c *Current) View(d *domain.Dictionary) *domain.View {
	if v := c.view.Load(); v != nil && v.Dictionary() == d {
		return v
	}
	v := domain.NewView(c.State, d)
	c.view.Store(v)
	return v
}

// entry is a customer in memory. Readers take cur and need no lock.
type entry struct {
	tenant   *Tenant
	customer string
	next     *entry // of another tenant's customer with the same id; guarded by the cache

	refs atomic.Int32 // who works on it; an entry in use is not evicted
	used atomic.Bool  // read since the clock's hand passed
	size atomic.Int64 // rough size in bytes

	cur atomic.Pointer[Current] // nil until loaded
	// completeAt is a moment (Unix nanoseconds) at which the log held nothing beyond cur; 0 when not known since the
	// start.
	completeAt atomic.Int64
	watches    watches // are signalled when cur has changed
	// dirty says that cur is ahead of the stored snapshot, or that a reaction is owed.
	dirty atomic.Bool

	// writer is held by the one who decides and appends, across calls to the log; fetcher by the one who reads the
	// log. mu is held only to change cur and the fields below, never across a call to the log.
	writer, fetcher chan struct{}

	mu    sync.Mutex
	saved int64                // the revision of the stored snapshot
	owed  map[string]*reaction // by the id of the event that is owed
}

func newEntry(key entryKey) *entry {
	return &entry{tenant: key.tenant, customer: key.customer, writer: make(chan struct{}, 1), fetcher: make(chan struct{}, 1)}
}

// entryKey names a customer. Each tenant has one *Tenant, so the pointer stands for it.
type entryKey struct {
	tenant   *Tenant
	customer string
}

func (e *entry) key() entryKey { return entryKey{e.tenant, e.customer} }

// reaction is an event that is owed for another one, which called for it: it has to be in the log before a snapshot that
// contains the other, or a position behind it, is stored. Otherwise a crash would lose it.
type reaction struct {
	event *logv1.Event
	// shard and sequence are those of the event that called for it.
	shard    int32
	sequence int64
	// The log may hold the reaction already, a little further on (always when the view is built again). So it is
	// appended only when the follower has got as far as the log was when the cause was found.
	dueSequence int64
	dueRevision int64
}

// markComplete notes that at a moment the log held nothing beyond the entry's state.
func (e *entry) markComplete(at time.Time) {
	n := at.UnixNano()
	for {
		have := e.completeAt.Load()
		if have >= n || e.completeAt.CompareAndSwap(have, n) {
			return
		}
	}
}

// revision returns the revision in memory; 0 when nothing is loaded or known.
func (e *entry) revision() int64 {
	if cur := e.cur.Load(); cur != nil {
		return cur.State.Revision
	}
	return 0
}
