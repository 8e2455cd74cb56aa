package projector

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// saveChunk bounds the snapshots of one transaction.
	saveChunk = 1000
	// reactors bounds the customers whose reactions are appended at the same time.
	reactors = 8
	// saveTimeout bounds one round of saving.
	saveTimeout = 30 * time.Second
)

// saver stores what has changed, in the background: reactions first, to the log; then bindings; then snapshots and the
// positions up to which they were made.
type saver struct {
	mu       sync.Mutex
	dirty    map[*entry]struct{}
	bindings []domain.Binding
	pending  map[domain.IdentifierKey]struct{} // the keys of bindings, until they are stored

	force bool // append what is owed without waiting until it is due

	running sync.Mutex // one round at a time
	last    time.Time  // when states were saved last; guarded by running
	wake    chan struct{}
	room    *sync.Cond // signalled when a round ends
	saved   map[int32]int64
}

func (s *saver) init() {
	s.dirty = map[*entry]struct{}{}
	s.pending = map[domain.IdentifierKey]struct{}{}
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
func (s *saver) bind(b []domain.Binding) {
	if len(b) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bindings = append(s.bindings, b...)
	for i := range b {
		s.pending[b[i].Key] = struct{}{}
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
func (p *Projector) settle(ctx context.Context, keys []domain.IdentifierKey) error {
	s := &p.saver
	s.mu.Lock()
	waiting := slices.ContainsFunc(keys, func(k domain.IdentifierKey) bool { _, ok := s.pending[k]; return ok })
	s.mu.Unlock()
	if !waiting {
		return nil
	}
	s.running.Lock()
	defer s.running.Unlock()
	return p.saveBindings(ctx)
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
	if err := p.saveBindings(ctx); err != nil {
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
		states = append(states, domain.StateRecord{Tenant: p.o.Tenant, Customer: e.customer, State: e.cur.Load().State})
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

// hold keeps positions from passing the questions whose reactions are still owed.
func hold(positions map[int32]int64, e *entry) {
	for _, r := range e.owed {
		if have, ok := positions[r.shard]; ok && have >= r.sequence {
			positions[r.shard] = r.sequence - 1
		}
	}
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
		p.cache.resize(e, sizeOf(progress.States[i].State))
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

// saveBindings stores what the log was seen to say about identifiers. The caller holds running.
func (p *Projector) saveBindings(ctx context.Context) error {
	s := &p.saver
	s.mu.Lock()
	n := len(s.bindings)
	bindings := s.bindings[:n:n]
	s.mu.Unlock()
	if n == 0 {
		return nil
	}
	if err := p.store.Bind(ctx, p.o.Tenant, bindings); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bindings = slices.Clone(s.bindings[n:])
	clear(s.pending)
	for i := range s.bindings {
		s.pending[s.bindings[i].Key] = struct{}{}
	}
	return nil
}

// react appends the reactions that are due, each customer's in one go.
func (p *Projector) react(ctx context.Context, dirty []*entry, force bool) {
	var wait sync.WaitGroup
	slots := make(chan struct{}, reactors)
	for _, e := range dirty {
		events := p.dueReactions(e, force)
		if len(events) == 0 {
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			p.appendReactions(ctx, e, events)
		})
	}
	wait.Wait()
}

// dueReactions returns the events to append for an entry.
func (p *Projector) dueReactions(e *entry, force bool) []*logv1.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	var events []*logv1.Event
	for _, id := range slices.Sorted(maps.Keys(e.owed)) {
		r := e.owed[id]
		if force || e.cur.Load().State.Revision >= r.dueRevision && p.follower.position(r.shard) >= r.dueSequence {
			events = append(events, r.event(id))
		}
	}
	return events
}

func (p *Projector) appendReactions(ctx context.Context, e *entry, events []*logv1.Event) {
	for len(events) > 0 {
		_, err := p.log.append(ctx, e.customer, -1, events)
		f, _ := fault.As(err)
		switch {
		case err == nil:
			p.settled(e, events)
			return
		case f.Reason == reasonEventIDReused:
			// Another replica has told the same in other words: the repeat is recorded.
			id := f.Meta["event_id"]
			at := slices.IndexFunc(events, func(ev *logv1.Event) bool { return ev.GetEventId() == id })
			if at < 0 {
				p.o.Logger.ErrorContext(ctx, "a repeat could not be recorded", "error", err)
				return
			}
			p.settled(e, events[at:at+1])
			events = slices.Delete(events, at, at+1)
		case f.Kind == fault.Invalid:
			// It would be refused for ever, and hold everything behind it up.
			p.o.Logger.ErrorContext(ctx, "the log refuses a repeat; it is given up", "error", err)
			p.settled(e, events)
			return
		default:
			if !isUnavailable(err) && !isContextError(err) {
				p.o.Logger.ErrorContext(ctx, "a repeat could not be recorded; it will be tried again", "error", err)
			}
			return
		}
	}
}

func (p *Projector) settled(e *entry, events []*logv1.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range events {
		delete(e.owed, ev.GetEventId())
	}
}

func (r *reaction) event(id string) *logv1.Event {
	return RepeatEvent(id, r.repeat, &logv1.Event{
		OccurredAt:    wire.Timestamp(r.question.occurredAt),
		InteractionId: r.question.interactionID,
		CaseId:        r.question.caseID,
		Channel:       r.question.channel,
	})
}

// RepeatEvent returns the event that tells that a question was a repeat. It takes the header of the question: when,
// where and in which interaction.
func RepeatEvent(id string, r domain.Repeat, question *logv1.Event) *logv1.Event {
	return &logv1.Event{
		EventId:       id,
		OccurredAt:    question.GetOccurredAt(),
		InteractionId: question.GetInteractionId(),
		CaseId:        question.GetCaseId(),
		Channel:       question.GetChannel(),
		Actor:         &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_SYSTEM, Id: "context"},
		Source:        "throughline-context",
		Payload: &logv1.Event_RepeatDetected{RepeatDetected: &logv1.RepeatDetected{
			QuestionEventId:   r.QuestionEventID,
			Slot:              r.Slot,
			Scope:             r.Scope,
			SlotId:            r.SlotID,
			FactEventId:       r.FactEventID,
			FactChannel:       logv1.Channel(r.FactChannel),
			FactInteractionId: r.FactInteractionID,
			FactTime:          wire.Timestamp(r.FactTime),
		}},
	}
}

// Backlog returns how many customers wait to be saved or to have a repeat recorded.
func (p *Projector) Backlog() int { return p.saver.backlog() }
