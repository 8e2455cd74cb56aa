package projector

import (
	"context"
	"time"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// errNotErased says that the log's answer and its events do not agree.
var errNotErased = fault.New(fault.Internal, fault.InternalError, "the log says that a history is erased, and does not end it")

// Erased is what became of a customer who was erased.
type Erased struct {
	// Events is how many the history had.
	Events int64
	Time   time.Time
}

// ErasedOf returns what a state says of the customer's erasure, and false when it was not erased.
func ErasedOf(s *domain.State) (Erased, bool) {
	// The last event of the history tells of it.
	return Erased{Events: s.Revision - 1, Time: s.Erased}, !s.Erased.IsZero()
}

// Erase erases the customer: in the log, and then at once in what is known here and in the store, so that nobody who asks
// after the answer is told anything.
func (w *Writer) Erase(ctx context.Context, reason string) (Erased, error) {
	if err := w.e.tenant.log.erase(ctx, w.e.customer, reason); err != nil {
		return Erased{}, err
	}
	if err := w.p.catchUp(ctx, w.e, w.p.o.Now()); err != nil {
		return Erased{}, err
	}
	done, erased := ErasedOf(w.Current().State)
	if !erased {
		return Erased{}, errNotErased
	}
	return done, w.p.saveErased(ctx, w.e)
}

// ForgetErased makes sure that nothing of a customer, who is known to be erased, is left in the store.
func (t *Tenant) ForgetErased(ctx context.Context, customer string) error {
	e := t.p.cache.acquire(entryKey{t, customer})
	defer t.p.cache.release(e)
	return t.p.saveErased(ctx, e)
}

// saveErased stores what is left of a customer who was erased, unless that is stored already.
func (p *Projector) saveErased(ctx context.Context, e *entry) error {
	s := &p.saver
	s.running.Lock()
	defer s.running.Unlock()
	s.mu.Lock()
	_, dirty := s.dirty[e]
	s.mu.Unlock()
	if !dirty {
		return nil
	}
	record := domain.StateRecord{Tenant: e.tenant.name, Customer: e.customer, State: e.cur.Load().State}
	return p.saveStates(ctx, []*entry{e}, domain.Progress{States: []domain.StateRecord{record}})
}
