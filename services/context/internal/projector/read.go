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
	// AsOf is when the state was last known to be complete.
	AsOf time.Time
}

// Read returns what is known of a customer. A customer in memory is answered from there, unless the follower has never
// yet caught up: then the log is asked, so that nobody looks half known while the view is built. A customer not in
// memory is loaded from the store; the log is asked when the store has nothing, too. When the log cannot be reached,
// what there is has to do, and AsOf says how old it is.
func (p *Projector) Read(ctx context.Context, customer string, want Want) (Reading, error) {
	if want.Of != "" && want.Of != customer {
		return Reading{}, OthersToken()
	}
	if e := p.cache.peek(customer); e != nil && !want.Full {
		// Before cur: what is complete at that moment is in a cur that is taken later.
		asOf := p.asOf(e)
		if cur := e.cur.Load(); cur != nil && p.servable(e, cur, want) {
			return Reading{Current: cur, AsOf: asOfTime(asOf, cur)}, nil
		}
	}
	return p.readSlow(ctx, customer, want)
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

func (p *Projector) readSlow(ctx context.Context, customer string, want Want) (Reading, error) {
	e := p.cache.acquire(customer)
	defer p.cache.release(e)
	began := p.o.Now()
	if err := p.load(ctx, e); err != nil {
		return Reading{}, err
	}
	full := false
	if want.Full || !p.servable(e, e.cur.Load(), want) {
		err := p.catchUp(ctx, e, began)
		full = err == nil
		if err != nil && (want.Full || e.revision() == 0 || e.revision() < want.AtLeast || !isUnavailable(err)) {
			return Reading{}, err
		}
	}
	asOf := p.asOf(e)
	cur := e.cur.Load()
	if cur.State.Revision < want.AtLeast {
		return Reading{}, fault.New(fault.Invalid, fault.InvalidConsistencyToken,
			"the consistency token is ahead of the log: it was made for another log, or the log was restored").
			WithField("consistency_token", "must be a token of an earlier answer of this server")
	}
	return Reading{Current: cur, Full: full, AsOf: asOfTime(asOf, cur)}, nil
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
	state, err := p.store.LoadState(ctx, p.o.Tenant, e.customer)
	if err != nil {
		return err
	}
	if state == nil {
		state = &domain.State{}
	}
	e.saved = state.Revision
	e.cur.Store(&Current{State: state})
	p.cache.resize(e, sizeOf(state))
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
	if e.completeAt.Load() >= began.UnixNano() {
		return nil
	}
	if err := p.load(ctx, e); err != nil {
		return err
	}
	start := p.o.Now()
	err := p.log.since(ctx, e.customer, e.revision(), func(events []*logv1.Event, head int64) error {
		return p.advance(ctx, e, events, due{revision: head})
	})
	if err != nil {
		return err
	}
	e.markComplete(start)
	return nil
}

// StateAt folds the first events of a customer's history again, up to a revision: what was known then.
func (p *Projector) StateAt(ctx context.Context, customer string, revision int64) (*domain.State, error) {
	state := &domain.State{}
	for state.Revision < revision {
		events, err := p.log.between(ctx, customer, state.Revision, revision)
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
