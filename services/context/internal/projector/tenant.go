package projector

import (
	"context"
	"sync"
	"time"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// Tenant is one tenant's part of the view.
type Tenant struct {
	p    *Projector
	name string
	log  source
	dict dictionary

	named     chan struct{} // closed once the dictionary has been read
	namedOnce sync.Once
	naming    chan struct{} // held by the one who reads it

	watches watches // are signalled when the dictionary has changed
}

func newTenant(p *Projector, name string) *Tenant {
	t := &Tenant{
		p: p, name: name, log: source{client: p.o.Log, tenant: name},
		named: make(chan struct{}), naming: make(chan struct{}, 1),
	}
	t.dict.changed = t.watches.signal
	return t
}

// Name returns the tenant's name.
func (t *Tenant) Name() string { return t.name }

// Now returns the time by the projector's clock.
func (t *Tenant) Now() time.Time { return t.p.o.Now() }

// Dictionary returns the slot dictionary; nil is the empty one.
func (t *Tenant) Dictionary() *domain.Dictionary { return t.dict.current() }

// DictionaryAt returns the slot dictionary as it was when the log's clock showed t.
func (t *Tenant) DictionaryAt(at time.Time) *domain.Dictionary { return t.dict.at(at) }

// DictionaryKnown reports whether the dictionary has been read. Before, the empty one stands in for it.
func (t *Tenant) DictionaryKnown() bool { return isClosed(t.named) }

// WaitDictionary makes sure that the dictionary has been read, for as long as a call may reasonably wait and can still be
// answered in time. Without it a secret could be recorded, and a stale value be used. Of tenants that the follower has not met yet nobody but the caller
// reads it.
func (t *Tenant) WaitDictionary(ctx context.Context) error {
	if t.DictionaryKnown() {
		return nil
	}
	wait, cancel := budget(ctx, t.p.o.ReadyWait)
	defer cancel()
	for pause := t.p.o.RetryMin; ; pause = min(2*pause, t.p.o.RetryMax) {
		err := t.readDictionary(wait)
		if err == nil || !isUnavailable(err) && !isContextError(err) {
			return err
		}
		select {
		case <-t.named:
			return nil
		case <-wait.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return t.p.notReady()
		case <-time.After(pause):
		}
	}
}

// meet makes sure that the dictionary has been read before the tenant's first events are applied: they are judged by it.
func (t *Tenant) meet(ctx context.Context) error {
	if t.DictionaryKnown() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return t.readDictionary(ctx)
}

// readDictionary reads the dictionary unless that was done before. Callers take turns.
func (t *Tenant) readDictionary(ctx context.Context) error {
	select {
	case t.naming <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.naming }()
	if t.DictionaryKnown() {
		return nil
	}
	return t.refreshDictionary(ctx)
}

// refreshDictionary reads what the log holds of the dictionary beyond what is known.
func (t *Tenant) refreshDictionary(ctx context.Context) error {
	if err := t.dict.load(ctx, t.log); err != nil {
		return err
	}
	if t.Dictionary().Version() > 0 {
		t.p.tenants.keep(t)
	}
	t.namedOnce.Do(func() { close(t.named) })
	return nil
}
