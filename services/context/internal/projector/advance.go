package projector

import (
	"context"
	"errors"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// due says how far the log was when events were read, in the shard or in the customer's history: as far as that, a
// reaction that is already in the log would be found.
type due struct{ sequence, revision int64 }

// advance applies events of the log to an entry: the only place where a state changes. Events that it has already are
// skipped; a gap is domain.ErrGap. Each event that may call for a reaction is judged by what was known before it, whoever
// brought it here.
func (p *Projector) advance(ctx context.Context, e *entry, events []*logv1.Event, d due) error {
	if len(events) == 0 {
		return nil
	}
	changed, err := p.applyEvents(ctx, e, events, d)
	if changed {
		e.watches.signal()
	}
	return err
}

func (p *Projector) applyEvents(ctx context.Context, e *entry, events []*logv1.Event, d due) (changed bool, err error) {
	converted := wire.Events(events)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := p.loadLocked(ctx, e); err != nil {
		return false, err
	}
	before := e.cur.Load().State
	state, err := p.fold(e, before, events, converted, d)
	if !state.Erased.IsZero() {
		e.owed = nil // the log takes nothing more of the customer
	}
	if changed = state.Revision > before.Revision; changed {
		e.cur.Store(&Current{State: state})
		p.saver.mark(e)
	}
	return changed, err
}

// fold applies events from one that may call for a reaction to the next in one go, because batches are cheaper.
func (p *Projector) fold(e *entry, state *domain.State, events []*logv1.Event, converted []domain.Event, d due) (*domain.State, error) {
	from := 0
	for i := range converted {
		if converted[i].Revision <= state.Revision {
			continue
		}
		delete(e.owed, converted[i].EventID) // it is in the log
		if !judged(&converted[i]) {
			continue
		}
		var err error
		if state, err = domain.Apply(state, converted[from:i]...); err != nil {
			return state, err
		}
		from = i
		if converted[i].Revision == state.Revision+1 {
			p.judge(e, state, events[i], &converted[i], d)
		}
	}
	return domain.Apply(state, converted[from:]...)
}

// judge notes the reaction that an event calls for, by what was known before it and by the dictionary of that moment.
func (p *Projector) judge(e *entry, before *domain.State, ev *logv1.Event, c *domain.Event, d due) {
	owed := detect(domain.NewView(before, e.tenant.dict.at(c.RecordedAt)), ev, c)
	if owed == nil {
		return
	}
	if e.owed == nil {
		e.owed = map[string]*reaction{}
	}
	e.owed[owed.GetEventId()] = &reaction{
		event: owed, shard: ev.GetShard(), sequence: ev.GetSequence(),
		dueSequence: d.sequence, dueRevision: max(d.revision, c.Revision),
	}
}

func isGap(err error) bool { return errors.Is(err, domain.ErrGap) }
