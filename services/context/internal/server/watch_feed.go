package server

import (
	"context"
	"sync"

	"github.com/throughline-cx/throughline/services/context/internal/projector"
)

// feed signals when any of the customers changes that an answer is made of: mostly one; after a merge, all who are one.
type feed struct {
	tenant *tenant
	// changed signals; it is the first watch's own as long as there is no other.
	changed <-chan struct{}

	watches map[string]*projector.Watch
	stop    chan struct{}
	all     chan struct{}
	passing sync.WaitGroup
}

func newFeed(ctx context.Context, t *tenant, customer string) *feed {
	w := t.Watch(ctx, customer)
	return &feed{tenant: t, changed: w.Changed(), watches: map[string]*projector.Watch{customer: w}, stop: make(chan struct{})}
}

// follow watches all that an answer is made of. It never watches less: after a merge was undone, what comes of the other
// customer is one look too many.
func (f *feed) follow(ctx context.Context, got *joined) {
	f.add(ctx, got.root)
	for _, m := range got.members {
		f.add(ctx, m.customer)
	}
}

func (f *feed) add(ctx context.Context, customer string) {
	if f.watches[customer] != nil {
		return
	}
	if f.all == nil {
		f.all = make(chan struct{}, 1)
		for _, w := range f.watches {
			f.pass(w.Changed())
		}
		f.changed = f.all
	}
	w := f.tenant.Watch(ctx, customer)
	f.watches[customer] = w
	f.pass(w.Changed())
	// What has changed since the answer was made is news, too.
	f.signal()
}

// pass hands signals on.
func (f *feed) pass(from <-chan struct{}) {
	f.passing.Go(func() {
		for {
			select {
			case <-from:
				f.signal()
			case <-f.stop:
				return
			}
		}
	})
}

func (f *feed) signal() {
	select {
	case f.all <- struct{}{}:
	default:
	}
}

func (f *feed) close() {
	close(f.stop)
	f.passing.Wait()
	for _, w := range f.watches {
		w.Close()
	}
}
