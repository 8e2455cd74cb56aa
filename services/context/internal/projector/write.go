package projector

import (
	"context"
	"errors"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// ReasonContention is the fault of a write that was overtaken too often.
const ReasonContention = "CONTENTION"

// maxAttempts bounds how often a write is decided anew because others wrote in between.
const maxAttempts = 10

// Writer is the right to decide and append for one customer: one at a time in this process. Other processes, and those
// who write straight to the log, are found out by the expected revision.
type Writer struct {
	p *Projector
	e *entry
}

// Writer waits for the right to write to a customer, who must not be known to be erased. Close it.
func (t *Tenant) Writer(ctx context.Context, customer string) (*Writer, error) {
	p := t.p
	e := p.cache.acquire(entryKey{t, customer})
	select {
	case e.writer <- struct{}{}:
	case <-ctx.Done():
		p.cache.release(e)
		return nil, ctx.Err()
	}
	w := &Writer{p: p, e: e}
	err := p.load(ctx, e)
	if err == nil {
		err = w.Current().State.CheckErased()
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// Close gives the right back.
func (w *Writer) Close() {
	<-w.e.writer
	w.p.cache.release(w.e)
}

// Tenant returns whose customer it is.
func (w *Writer) Tenant() *Tenant { return w.e.tenant }

// Customer returns the customer's id.
func (w *Writer) Customer() string { return w.e.customer }

// Current returns what is known of the customer. It may be behind the log; an append then fails and is decided again.
func (w *Writer) Current() *Current { return w.e.cur.Load() }

// CatchUp brings the customer up to what the log holds. It is CUSTOMER_ERASED when that is nothing any more.
func (w *Writer) CatchUp(ctx context.Context) error {
	if err := w.p.catchUp(ctx, w.e, w.p.o.Now()); err != nil {
		return err
	}
	return w.Current().State.CheckErased()
}

// Probe tells whether the log holds these events, without storing anything: see Stored. It gives the results when it
// holds them all, and the revision of the event in the way when an id is taken.
func (w *Writer) Probe(ctx context.Context, events ...*logv1.Event) (Stored, []*logv1.AppendResult, int64, error) {
	start := w.p.o.Now()
	stored, results, revision, err := w.e.tenant.log.probe(ctx, w.e.customer, events)
	w.heard(ctx, err, start)
	return stored, results, revision, err
}

// heard makes the customer known as erased when the log has said so: whoever tries next is to be told without asking it.
func (w *Writer) heard(ctx context.Context, err error, start time.Time) {
	if fault.ReasonOf(err) == domain.ReasonCustomerErased {
		_ = w.p.catchUp(ctx, w.e, start)
	}
}

// History returns the customer's events with revisions above after, up to through; at most 1,000.
func (w *Writer) History(ctx context.Context, after, through int64) ([]*logv1.Event, error) {
	return w.e.tenant.History(ctx, w.e.customer, after, through)
}

// FindNewest returns the newest event of a type that matches, looking through a bounded number of pages; nil when there
// is none.
func (w *Writer) FindNewest(ctx context.Context, pages int, kind logv1.EventType, match func(*logv1.Event) bool) (*logv1.Event, error) {
	return w.e.tenant.log.findNewest(ctx, w.e.customer, pages, kind, match)
}

// Appended is the outcome of a write.
type Appended struct {
	// Results are the log's, one an event, with the events as stored.
	Results []*logv1.AppendResult
	// Revision is the customer's newest revision after the write.
	Revision int64
	// Before is what the write was decided on.
	Before *Current
}

// Decide makes the events to append out of what is known. It may be called several times.
type Decide func(cur *Current) ([]*logv1.Event, error)

// Append decides on what is known and appends, on condition that nothing else was written meanwhile; otherwise it
// catches up and decides again, a bounded number of times.
func (w *Writer) Append(ctx context.Context, decide Decide) (*Appended, error) {
	for range maxAttempts {
		cur := w.Current()
		if err := cur.State.CheckErased(); err != nil {
			return nil, err
		}
		events, err := decide(cur)
		if err != nil {
			return nil, err
		}
		done, err := w.append(ctx, cur, cur.State.Revision, events)
		if fault.ReasonOf(err) != reasonRevisionMismatch {
			return done, err
		}
		if err := w.CatchUp(ctx); err != nil {
			return nil, err
		}
	}
	return nil, contention()
}

// AppendAlways appends events whose ids make them safe to append again, at whatever revision the customer is.
func (w *Writer) AppendAlways(ctx context.Context, events []*logv1.Event) (*Appended, error) {
	return w.append(ctx, w.Current(), -1, events)
}

func (w *Writer) append(ctx context.Context, before *Current, expected int64, events []*logv1.Event) (*Appended, error) {
	start := w.p.o.Now()
	resp, err := w.e.tenant.log.append(ctx, w.e.customer, expected, events)
	if err != nil {
		w.heard(ctx, err, start)
		return nil, err
	}
	done := &Appended{Results: resp.GetResults(), Revision: resp.GetRevision(), Before: before}
	stored := make([]*logv1.Event, len(resp.GetResults()))
	for i, r := range resp.GetResults() {
		stored[i] = r.GetEvent()
	}
	// What the log has stored is written, whatever happens now; events in between come by the follower or a catch-up.
	err = w.p.advance(ctx, w.e, stored, due{})
	switch {
	case err == nil && w.e.revision() >= resp.GetRevision():
		w.e.markComplete(start)
	case err == nil, isGap(err):
		if err := w.p.catchUp(ctx, w.e, start); err != nil && !isContextError(err) && !isUnavailable(err) {
			w.p.o.Logger.WarnContext(ctx, "a write is stored, but its customer could not be brought up to date", "error", err)
		}
	default:
		w.p.o.Logger.WarnContext(ctx, "a write is stored, but could not be applied yet", "error", err)
	}
	return done, nil
}

func contention() error {
	return fault.New(fault.Conflict, ReasonContention, "the history kept changing while the write was tried; try again")
}

// DictionaryWrite decides on the slot dictionary and appends to its history, as Writer.Append does for a customer. An
// error of decide counts only when the dictionary is the newest.
func (t *Tenant) DictionaryWrite(ctx context.Context, decide func(d *domain.Dictionary) (*logv1.Event, error)) (*domain.Dictionary, error) {
	fresh := false
	for range maxAttempts {
		d := t.dict.current()
		ev, err := decide(d)
		if err == nil {
			var done *domain.Dictionary
			done, err = t.appendChange(ctx, d.Version(), ev)
			if fault.ReasonOf(err) != reasonRevisionMismatch {
				return done, err
			}
		} else if fresh {
			return nil, err
		}
		if err := t.dict.load(ctx, t.log); err != nil {
			return nil, err
		}
		fresh = true
	}
	return nil, contention()
}

func (t *Tenant) appendChange(ctx context.Context, expected int64, ev *logv1.Event) (*domain.Dictionary, error) {
	resp, err := t.log.append(ctx, domain.DictionaryCustomer, expected, []*logv1.Event{ev})
	if err != nil {
		return nil, err
	}
	err = t.dict.advance([]*logv1.Event{resp.GetResults()[0].GetEvent()})
	if errors.Is(err, domain.ErrGap) {
		err = t.dict.load(ctx, t.log)
	}
	return t.dict.current(), err
}
