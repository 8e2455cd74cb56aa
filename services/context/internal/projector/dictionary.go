package projector

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// dictionary keeps a tenant's slot dictionary: the fold of the reserved history "_slots". Readers take the present
// one without a lock. Its past is kept as the list of changes, so that a question is judged by the dictionary that was
// in force when the log recorded it: whoever judges it later, and after a rebuild, comes to the same result.
type dictionary struct {
	cur     atomic.Pointer[domain.Dictionary]
	changed func() // is called when cur has changed

	mu      sync.Mutex
	changes []domain.Event
	old     *domain.Dictionary // the past one that was asked for last
	oldLen  int                // how many changes it has
}

// current returns the present dictionary; nil is the empty one.
func (d *dictionary) current() *domain.Dictionary { return d.cur.Load() }

// advance folds changes in. Events that it has already are skipped; it reports a gap before any of them.
func (d *dictionary) advance(events []*logv1.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	dict := d.cur.Load()
	version := dict.Version()
	var fresh []domain.Event
	for _, e := range events {
		switch {
		case e.GetRevision() <= version:
			continue
		case e.GetRevision() > version+1:
			return fmt.Errorf("slot dictionary: %w", domain.ErrGap)
		}
		version = e.GetRevision()
		fresh = append(fresh, stamped(wire.Event(e), dict, fresh))
	}
	if len(fresh) == 0 {
		return nil
	}
	d.changes = append(d.changes, fresh...)
	d.cur.Store(dict.Apply(fresh...))
	d.changed()
	return nil
}

// stamped gives a changed slot its times: created when it first appeared, changed when the log recorded this change.
func stamped(e domain.Event, dict *domain.Dictionary, before []domain.Event) domain.Event {
	p, ok := e.Payload.(domain.SlotChanged)
	if !ok {
		return e
	}
	p.Slot.CreateTime, p.Slot.UpdateTime = e.RecordedAt, e.RecordedAt
	if have, ok := dict.Slot(p.Slot.ID); ok {
		p.Slot.CreateTime = have.CreateTime
	}
	for i := range before {
		switch q := before[i].Payload.(type) {
		case domain.SlotChanged:
			if q.Slot.ID == p.Slot.ID {
				p.Slot.CreateTime = q.Slot.CreateTime
			}
		case domain.SlotDeleted:
			if q.SlotID == p.Slot.ID {
				p.Slot.CreateTime = e.RecordedAt
			}
		}
	}
	e.Payload = p
	return e
}

// at returns the dictionary as it was when the log's clock showed t.
func (d *dictionary) at(t time.Time) *domain.Dictionary {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := sort.Search(len(d.changes), func(i int) bool { return d.changes[i].RecordedAt.After(t) })
	switch {
	case n == len(d.changes):
		return d.cur.Load()
	case d.old != nil && d.oldLen == n:
		return d.old
	case d.old != nil && d.oldLen < n:
		d.old, d.oldLen = d.old.Apply(d.changes[d.oldLen:n]...), n
	default:
		var empty *domain.Dictionary
		d.old, d.oldLen = empty.Apply(d.changes[:n]...), n
	}
	return d.old
}

// load reads what the log holds beyond what is known.
func (d *dictionary) load(ctx context.Context, log source) error {
	return log.since(ctx, domain.DictionaryCustomer, d.current().Version(), func(events []*logv1.Event, _ int64) error {
		return d.advance(events)
	})
}
