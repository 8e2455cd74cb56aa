package projector

import (
	"context"
	"errors"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// due says how far the log was when events were read, in the shard or in the customer's history: as far as that, a
// reaction that is already in the log would be found.
type due struct{ sequence, revision int64 }

// questionHeader is what a RepeatDetected takes over from the question's event.
type questionHeader struct {
	occurredAt    time.Time
	interactionID string
	caseID        string
	channel       logv1.Channel
}

// advance applies events of the log to an entry: the only place where a state changes. Events that it has already are
// skipped; a gap is domain.ErrGap. Each question is judged by what was known before it, whoever brought it here.
func (p *Projector) advance(ctx context.Context, e *entry, events []*logv1.Event, d due) error {
	if len(events) == 0 {
		return nil
	}
	converted := wire.Events(events)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := p.loadLocked(ctx, e); err != nil {
		return err
	}
	before := e.cur.Load().State
	state, err := p.fold(e, before, events, converted, d)
	if state.Revision > before.Revision {
		e.cur.Store(&Current{State: state})
		p.saver.mark(e)
	}
	return err
}

// fold applies events from one question to the next in one go, because batches are cheaper.
func (p *Projector) fold(e *entry, state *domain.State, events []*logv1.Event, converted []domain.Event, d due) (*domain.State, error) {
	from := 0
	for i := range converted {
		if converted[i].Revision <= state.Revision {
			continue
		}
		switch q := converted[i].Payload.(type) {
		case domain.QuestionAsked:
			var err error
			if state, err = domain.Apply(state, converted[from:i]...); err != nil {
				return state, err
			}
			from = i
			if converted[i].Revision == state.Revision+1 {
				p.judge(e, state, events[i], &converted[i], q, d)
			}
		case domain.RepeatDetected:
			delete(e.owed, converted[i].EventID)
		}
	}
	return domain.Apply(state, converted[from:]...)
}

// judge notes a reaction when a question was a repeat.
func (p *Projector) judge(e *entry, before *domain.State, ev *logv1.Event, q *domain.Event, asked domain.QuestionAsked, d due) {
	view := domain.NewView(before, e.tenant.dict.at(q.RecordedAt))
	repeat, ok := domain.DetectRepeat(view, domain.Question{
		EventID: q.EventID, Slot: asked.Slot, Scope: asked.Scope, Purpose: asked.Purpose, OccurredAt: q.OccurredAt,
	})
	if !ok {
		return
	}
	if e.owed == nil {
		e.owed = map[string]*reaction{}
	}
	e.owed[domain.RepeatEventID(q.EventID)] = &reaction{
		repeat: repeat,
		question: questionHeader{
			occurredAt: q.OccurredAt, interactionID: q.InteractionID, caseID: q.CaseID, channel: ev.GetChannel(),
		},
		shard: ev.GetShard(), sequence: ev.GetSequence(),
		dueSequence: d.sequence, dueRevision: max(d.revision, q.Revision),
	}
}

func isGap(err error) bool { return errors.Is(err, domain.ErrGap) }
