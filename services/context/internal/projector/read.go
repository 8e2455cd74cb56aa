package projector

import (
	"context"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Want is how fresh a read has to be. The zero value is the fastest answer.
type Want struct {
	// AtLeast is the lowest revision that will do.
	AtLeast int64
	// Of is the customer whose revision that is; empty for the one that is read.
	Of string
	// Full asks for everything that the log holds at the time of the call.
	Full bool
}

// Reading is what a read found.
type Reading struct {
	// Current is never nil; its state has revision 0 when nothing is known of the customer.
	*Current
	// Full says that it is known to hold everything that the log held at the time of the call.
	Full bool
	// Complete says that nothing is known to be missing; Why is the reason otherwise. What there is, is right.
	Complete bool
	Why      Why
	// AsOf is when the state was last known to be complete.
	AsOf time.Time
}

// Read returns what is known of a customer. A customer in memory is answered from there, unless the follower has never
// yet caught up: then the log is asked, so that nobody looks half known while the view is built. A customer not in
// memory is loaded from the store; the log is asked when the store has nothing, too.
//
// When the log cannot be asked, or does not answer early enough before the caller's deadline, what there is has to do,
// be it nothing at all: Complete and Why say so, and AsOf says how old it is. Only a full read fails then.
//
// A customer who was erased is CUSTOMER_ERASED: here and in Writer it is looked for, and nowhere else.
func (t *Tenant) Read(ctx context.Context, customer string, want Want) (Reading, error) {
	r, err := t.ReadAny(ctx, customer, want)
	if err != nil {
		return Reading{}, err
	}
	if err := r.State.CheckErased(); err != nil {
		return Reading{}, err
	}
	return r, nil
}

// ReadAny is Read that gives what is left of who was erased, too.
func (t *Tenant) ReadAny(ctx context.Context, customer string, want Want) (Reading, error) {
	if want.Of != "" && want.Of != customer {
		return Reading{}, OthersToken()
	}
	p, key := t.p, entryKey{t, customer}
	if e := p.cache.peek(key); e != nil && !want.Full {
		// Before cur: what is complete at that moment is in a cur that is taken later.
		asOf, why := p.asOf(e), p.health.get()
		if cur := e.cur.Load(); cur != nil && p.servable(e, cur, want) {
			return Reading{Current: cur, Complete: why == Complete, Why: why, AsOf: asOfTime(asOf, cur)}, nil
		}
	}
	return p.readSlow(ctx, key, want)
}

// OthersToken is the fault of a read with a token of another customer.
func OthersToken() error {
	return fault.New(fault.Invalid, fault.InvalidConsistencyToken, "the consistency token belongs to another customer").
		WithField("consistency_token", "must be a token of an earlier answer, unchanged")
}

// servable reports whether the state in memory answers a read without asking the log.
func (p *Projector) servable(e *entry, cur *Current, want Want) bool {
	rev := cur.State.Revision
	return rev > 0 && rev >= want.AtLeast && (p.isReady() || e.completeAt.Load() != 0)
}

// asOf is when the entry's state was last known to be complete, by the follower or by an own look at the log; 0 for
// never.
func (p *Projector) asOf(e *entry) int64 { return max(p.completeAt.Load(), e.completeAt.Load()) }

// asOfTime is that as time; a state that was never known to be complete was so at its newest event.
func asOfTime(at int64, cur *Current) time.Time {
	if at == 0 {
		return cur.State.RevisionTime
	}
	return time.Unix(0, at).UTC()
}

func (p *Projector) readSlow(ctx context.Context, key entryKey, want Want) (Reading, error) {
	e := p.cache.acquire(key)
	defer p.cache.release(e)
	began := p.o.Now()
	if err := p.load(ctx, e); err != nil {
		return Reading{}, err
	}
	full, why := false, p.health.get()
	if want.Full || !p.servable(e, e.cur.Load(), want) {
		var err error
		if why, err = p.ask(ctx, e, began, want); err != nil {
			return Reading{}, err
		}
		full = why == Complete
	}
	asOf := p.asOf(e)
	cur := e.cur.Load()
	switch {
	case cur.State.Revision >= want.AtLeast:
	case full:
		return Reading{}, fault.New(fault.Invalid, fault.InvalidConsistencyToken,
			"the consistency token is ahead of the log: it was made for another log, or the log was restored").
			WithField("consistency_token", "must be a token of an earlier answer of this server")
	default:
		why = Behind
	}
	return Reading{Current: cur, Full: full, Complete: why == Complete, Why: why, AsOf: asOfTime(asOf, cur)}, nil
}

// ask brings the entry up to what the log holds, in the time that there is. When that cannot be done it says why, and is an
// error only for a full read and where waiting would not help.
func (p *Projector) ask(ctx context.Context, e *entry, began time.Time, want Want) (Why, error) {
	wait, cancel := budget(ctx, p.readWait(ctx, e, want))
	defer cancel()
	if wait.Err() != nil && ctx.Err() == nil && !want.Full && !p.isReady() {
		return Building, nil
	}
	err := p.catchUp(wait, e, began)
	switch {
	case err == nil:
		return Complete, nil
	case ctx.Err() != nil:
		return Complete, ctx.Err()
	case want.Full || !isUnavailable(err) && !isContextError(err):
		return Complete, InTime(ctx, err)
	case isUnavailable(err), p.health.get() == LogUnreachable:
		// A call that is tried again may run out of time, too, while the log is out of reach.
		return LogUnreachable, nil
	default:
		return LogSlow, nil
	}
}

// readWait is for how long a read may wait for the log although its caller has more time; 0 is no limit. Who has
// something to show that will do is not kept waiting for long.
func (p *Projector) readWait(ctx context.Context, e *entry, want Want) time.Duration {
	_, bounded := ctx.Deadline()
	rev := e.revision()
	if want.Full || bounded && (rev == 0 || rev < want.AtLeast) {
		return 0
	}
	return p.o.ReadWait
}

// load makes sure that the entry has a state: the stored snapshot, or the empty one.
func (p *Projector) load(ctx context.Context, e *entry) error {
	if e.cur.Load() != nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return p.loadLocked(ctx, e)
}

func (p *Projector) loadLocked(ctx context.Context, e *entry) error {
	if e.cur.Load() != nil {
		return nil
	}
	state, err := p.store.LoadState(ctx, e.tenant.name, e.customer)
	if err != nil {
		return err
	}
	if state == nil {
		state = &domain.State{}
	}
	e.saved = state.Revision
	e.cur.Store(&Current{State: state})
	e.watches.signal()
	p.cache.resize(e, e.cur.Load().size())
	return nil
}

// catchUp brings the entry up to what the log holds. Callers that wait for each other share the look: one that began
// after the caller did will do.
func (p *Projector) catchUp(ctx context.Context, e *entry, began time.Time) error {
	select {
	case e.fetcher <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-e.fetcher }()
	if e.completeAt.Load() > began.UnixNano() {
		return nil
	}
	if err := p.load(ctx, e); err != nil {
		return err
	}
	start := p.o.Now()
	err := e.tenant.log.since(ctx, e.customer, e.revision(), func(events []*logv1.Event, head int64) error {
		return p.advance(ctx, e, events, due{revision: head})
	})
	if err != nil {
		return err
	}
	e.markComplete(start)
	return nil
}

// History returns a customer's events with revisions above after, up to through: at most 1,000.
func (t *Tenant) History(ctx context.Context, customer string, after, through int64) ([]*logv1.Event, error) {
	return t.log.between(ctx, customer, after, through)
}

// StateAt folds the first events of a customer's history again, up to a revision: what was known then.
func (t *Tenant) StateAt(ctx context.Context, customer string, revision int64) (*domain.State, error) {
	state := &domain.State{}
	for state.Revision < revision {
		events, err := t.log.between(ctx, customer, state.Revision, revision)
		if err != nil {
			return nil, err
		}
		before := state.Revision
		if state, err = domain.Apply(state, wire.Events(events)...); err != nil {
			return nil, err
		}
		if state.Revision == before {
			return nil, fault.New(fault.Internal, fault.InternalError, "the log has no event %d of a customer", before+1)
		}
	}
	return state, nil
}
