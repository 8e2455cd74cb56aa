package projector

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

const (
	// saveChunk bounds the snapshots of one transaction.
	saveChunk = 1000
	// saveTimeout bounds one round of saving.
	saveTimeout = 30 * time.Second
)

// saver stores what has changed, in the background: reactions first, to the log; then bindings; then snapshots and the
// positions up to which they were made.
type saver struct {
	mu       sync.Mutex
	dirty    map[*entry]struct{}
	bindings map[*Tenant]*bindings

	force bool // append what is owed without waiting until it is due

	running sync.Mutex // one round at a time
	last    time.Time  // when states were saved last; guarded by running
	wake    chan struct{}
	room    *sync.Cond // signalled when a round ends
	saved   map[int32]int64
}

// bindings are what the log was seen to say about a tenant's identifiers, until it is stored.
type bindings struct {
	list []domain.Binding
	keys map[domain.IdentifierKey]struct{}
}

func (s *saver) init() {
	s.dirty = map[*entry]struct{}{}
	s.bindings = map[*Tenant]*bindings{}
	s.wake = make(chan struct{}, 1)
	s.room = sync.NewCond(&s.mu)
	s.saved = map[int32]int64{}
}

// mark notes that an entry has changed. The caller holds the entry's mu.
func (s *saver) mark(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.dirty[e]; !known {
		s.dirty[e] = struct{}{}
		e.refs.Add(1) // until it is saved
	}
	e.dirty.Store(true)
}

// bind notes what the log says about identifiers.
func (s *saver) bind(t *Tenant, b []domain.Binding) {
	if len(b) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	have := s.bindings[t]
	if have == nil {
		have = &bindings{keys: map[domain.IdentifierKey]struct{}{}}
		s.bindings[t] = have
	}
	have.list = append(have.list, b...)
	for i := range b {
		have.keys[b[i].Key] = struct{}{}
	}
}

// nudge asks for a round soon.
func (s *saver) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// backlog returns how many customers wait to be saved.
func (s *saver) backlog() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.dirty)
}

// throttle makes the follower wait while too many customers wait to be saved: they cannot be evicted. Reactions cannot
// become due while the follower waits, so what is owed is appended at once; the log knows those that it has already.
func (p *Projector) throttle(ctx context.Context) {
	s := &p.saver
	if s.backlog() <= p.o.MaxDirty {
		return
	}
	stop := context.AfterFunc(ctx, s.broadcast)
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.dirty) > p.o.MaxDirty && ctx.Err() == nil {
		s.force = true
		s.nudge()
		s.room.Wait()
	}
}

// saveLoop saves every so often until the context ends, and then once more.
func (p *Projector) saveLoop(ctx context.Context) {
	tick := time.NewTicker(p.o.SaveEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		reactOnly := false
		select {
		case <-ctx.Done():
			continue
		case <-tick.C:
			reactOnly = p.hurries()
		case <-p.saver.wake:
		}
		if p.saveLogged(ctx, reactOnly) {
			continue
		}
		// A full disk does not empty itself in 200 ms.
		select {
		case <-ctx.Done():
		case <-time.After(p.o.RetryMax):
		}
	}
	p.saveLogged(context.WithoutCancel(ctx), false)
}

// saveBehind is how long saving may be put off while the follower is behind.
const saveBehind = 2 * time.Second

// hurries reports whether a round should leave the states for later. While the follower is behind, the customers that
// change now will change again: their snapshots would be written over and over, in commits that hold up those of the
// log.
func (p *Projector) hurries() bool {
	p.follower.mu.Lock()
	behind := !p.follower.reached(p.follower.heads)
	p.follower.mu.Unlock()
	p.saver.running.Lock()
	defer p.saver.running.Unlock()
	return behind && p.o.Now().Sub(p.saver.last) < saveBehind
}

// saveLogged does one round, and says whether it went well.
func (p *Projector) saveLogged(ctx context.Context, reactOnly bool) bool {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	err := p.save(ctx, reactOnly)
	if err != nil && !isContextError(err) {
		p.o.Logger.ErrorContext(ctx, "the view could not be saved; it will be tried again", "error", err)
	}
	return err == nil
}

// settle makes sure that what the log was seen to say about the keys is in the store before the store is asked.
func (p *Projector) settle(ctx context.Context, t *Tenant, keys []domain.IdentifierKey) error {
	s := &p.saver
	s.mu.Lock()
	have := s.bindings[t]
	waiting := have != nil && slices.ContainsFunc(keys, func(k domain.IdentifierKey) bool { _, ok := have.keys[k]; return ok })
	s.mu.Unlock()
	if !waiting {
		return nil
	}
	s.running.Lock()
	defer s.running.Unlock()
	return p.saveBindings(ctx, t)
}

// save does one round, or only its first part: what is owed to the log.
func (p *Projector) save(ctx context.Context, reactOnly bool) error {
	s := &p.saver
	s.running.Lock()
	defer s.running.Unlock()
	// The positions first: everything up to them has been applied, so that it is either saved already or dirty now.
	positions := p.follower.applied()
	s.mu.Lock()
	dirty := slices.Collect(maps.Keys(s.dirty))
	force := s.force
	s.force = false
	s.mu.Unlock()
	defer s.broadcast()
	p.react(ctx, dirty, force)
	if reactOnly && !force {
		return nil
	}
	s.last = p.o.Now()
	if err := p.saveAllBindings(ctx); err != nil {
		return err
	}

	var states []domain.StateRecord
	var entries []*entry
	for _, e := range dirty {
		e.mu.Lock()
		if len(e.owed) > 0 {
			hold(positions, e)
			e.mu.Unlock()
			continue
		}
		states = append(states, domain.StateRecord{Tenant: e.tenant.name, Customer: e.customer, State: e.cur.Load().State})
		e.mu.Unlock()
		entries = append(entries, e)
	}
	for len(states) > saveChunk {
		if err := p.saveStates(ctx, entries[:saveChunk], domain.Progress{States: states[:saveChunk]}); err != nil {
			return err
		}
		states, entries = states[saveChunk:], entries[saveChunk:]
	}
	maps.DeleteFunc(positions, func(shard int32, seq int64) bool { return s.saved[shard] >= seq })
	if len(states) == 0 && len(positions) == 0 {
		return nil
	}
	if err := p.saveStates(ctx, entries, domain.Progress{States: states, Positions: positions}); err != nil {
		return err
	}
	maps.Copy(s.saved, positions)
	return nil
}

// saveStates stores one transaction and takes the entries off the list that did not change meanwhile.
func (p *Projector) saveStates(ctx context.Context, entries []*entry, progress domain.Progress) error {
	if err := p.store.Save(ctx, progress); err != nil {
		return err
	}
	for i, e := range entries {
		e.mu.Lock()
		e.saved = progress.States[i].State.Revision
		clean := e.cur.Load().State.Revision == e.saved && len(e.owed) == 0
		if clean {
			p.saver.mu.Lock()
			delete(p.saver.dirty, e)
			p.saver.mu.Unlock()
			e.dirty.Store(false)
		}
		e.mu.Unlock()
		p.cache.resize(e, e.cur.Load().size())
		if clean {
			p.cache.release(e)
		}
	}
	return nil
}

// broadcast tells who waits for room that a round has ended.
func (s *saver) broadcast() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room.Broadcast()
}

// saveAllBindings stores what the log was seen to say about identifiers. Several tenants' share a commit where the store
// can do that. The caller holds running.
func (p *Projector) saveAllBindings(ctx context.Context) error {
	s := &p.saver
	s.mu.Lock()
	waiting := slices.Collect(maps.Keys(s.bindings))
	s.mu.Unlock()
	return atOnce(waiting, func(t *Tenant) error { return p.saveBindings(ctx, t) })
}

// saveBindings stores one tenant's. The caller holds running.
func (p *Projector) saveBindings(ctx context.Context, t *Tenant) error {
	s := &p.saver
	s.mu.Lock()
	have := s.bindings[t]
	var list []domain.Binding
	if have != nil {
		list = have.list[:len(have.list):len(have.list)]
	}
	s.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	if err := p.store.Bind(ctx, t.name, list); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := have.list[len(list):]
	delete(s.bindings, t)
	if len(rest) > 0 {
		have = &bindings{list: slices.Clone(rest), keys: map[domain.IdentifierKey]struct{}{}}
		for i := range rest {
			have.keys[rest[i].Key] = struct{}{}
		}
		s.bindings[t] = have
	}
	return nil
}

// Backlog returns how many customers wait to be saved or to have a repeat recorded.
func (p *Projector) Backlog() int { return p.saver.backlog() }
