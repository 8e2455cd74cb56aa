package projector

import (
	"context"
	"sync"
)

// Watch is a subscription to one customer. It keeps the customer in memory until it is closed.
type Watch struct {
	t     *Tenant
	e     *entry
	c     chan struct{}
	close sync.Once
	stop  func() bool // gives up waiting for the context
	// Its places in the lists of the customer's and of the tenant's watches.
	ofEntry, ofTenant place
}

// Watch subscribes to a customer, until the watch is closed or the context ends. Read first, or read when it signals: a
// watch does not load the customer.
func (t *Tenant) Watch(ctx context.Context, customer string) *Watch {
	w := &Watch{t: t, e: t.p.cache.acquire(entryKey{t, customer}), c: make(chan struct{}, 1)}
	w.ofEntry.watch, w.ofTenant.watch = w, w
	w.e.watches.add(&w.ofEntry)
	t.watches.add(&w.ofTenant)
	w.stop = context.AfterFunc(ctx, w.end)
	return w
}

// Changed signals that what is known of the customer, or the tenant's dictionary, is another since the last signal was
// taken. Changes in between are one signal; a Read after a signal sees them all.
func (w *Watch) Changed() <-chan struct{} { return w.c }

// Close ends the watch.
func (w *Watch) Close() {
	w.stop()
	w.end()
}

func (w *Watch) end() {
	w.close.Do(func() {
		w.e.watches.remove(&w.ofEntry)
		w.t.watches.remove(&w.ofTenant)
		w.t.p.cache.release(w.e)
	})
}

// signal never waits: a signal that was not taken yet stands for this one, too.
func (w *Watch) signal() {
	select {
	case w.c <- struct{}{}:
	default:
	}
}

// watches is a list of watches, made for many that come and go.
type watches struct {
	mu    sync.Mutex
	first *place
}

// place is one place of a list.
type place struct {
	watch      *Watch
	prev, next *place
}

func (l *watches) add(p *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.next = l.first; p.next != nil {
		p.next.prev = p
	}
	l.first = p
}

func (l *watches) remove(p *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		l.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	}
	p.prev, p.next = nil, nil
}

// signal tells all that there is news.
func (l *watches) signal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := l.first; p != nil; p = p.next {
		p.watch.signal()
	}
}
