package projector

import (
	"context"
	"maps"
	"slices"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// owedEvents are the reactions of one customer that are due.
type owedEvents struct {
	e      *entry
	events []*logv1.Event
}

// react appends the reactions that are due, each customer's in one go.
func (p *Projector) react(ctx context.Context, dirty []*entry, force bool) {
	var owed []owedEvents
	for _, e := range dirty {
		if events := p.dueReactions(e, force); len(events) > 0 {
			owed = append(owed, owedEvents{e, events})
		}
	}
	_ = atOnce(owed, func(o owedEvents) error {
		p.appendReactions(ctx, o.e, o.events)
		return nil
	})
}

// dueReactions returns the events to append for an entry.
func (p *Projector) dueReactions(e *entry, force bool) []*logv1.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	var events []*logv1.Event
	for _, id := range slices.Sorted(maps.Keys(e.owed)) {
		r := e.owed[id]
		if force || e.cur.Load().State.Revision >= r.dueRevision && p.follower.position(r.shard) >= r.dueSequence {
			events = append(events, r.event)
		}
	}
	return events
}

func (p *Projector) appendReactions(ctx context.Context, e *entry, events []*logv1.Event) {
	for len(events) > 0 {
		_, err := e.tenant.log.append(ctx, e.customer, -1, events)
		f, _ := fault.As(err)
		switch {
		case err == nil:
			p.settled(e, events)
			return
		case f.Reason == reasonEventIDReused:
			// Another replica has told the same in other words: it is recorded.
			id := f.Meta["event_id"]
			at := slices.IndexFunc(events, func(ev *logv1.Event) bool { return ev.GetEventId() == id })
			if at < 0 {
				p.o.Logger.ErrorContext(ctx, "a reaction could not be recorded", "error", err)
				return
			}
			p.settled(e, events[at:at+1])
			events = slices.Delete(events, at, at+1)
		case f.Reason == domain.ReasonCustomerErased:
			p.settled(e, events)
			return
		case f.Kind == fault.Invalid:
			// It would be refused for ever, and hold everything behind it up.
			p.o.Logger.ErrorContext(ctx, "the log refuses a reaction; it is given up", "error", err)
			p.settled(e, events)
			return
		default:
			if !isUnavailable(err) && !isContextError(err) {
				p.o.Logger.ErrorContext(ctx, "a reaction could not be recorded; it will be tried again", "error", err)
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

// hold keeps positions from passing the events whose reactions are still owed.
func hold(positions map[int32]int64, e *entry) {
	for _, r := range e.owed {
		if have, ok := positions[r.shard]; ok && have >= r.sequence {
			positions[r.shard] = r.sequence - 1
		}
	}
}
