package projector

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// timersAtOnce bounds the customers that are seen to in one round.
	timersAtOnce = 256
	// timerRest is for how long a customer that was seen to is left alone: its new snapshot is stored by then, and with it
	// the next timer.
	timerRest = saveBehind
	// timerRestMax bounds the pause after failures, which doubles each time.
	timerRestMax = time.Minute
	// seeToTimeout bounds what is done for one customer.
	seeToTimeout = 5 * time.Second
	// timerRestsMax bounds the customers that are left alone.
	timerRestsMax = 20 * timersAtOnce
)

// errStillDue says that OnDue has changed nothing.
var errStillDue = errors.New("the timer is still due after it was seen to")

// timers sees to the customers whose timers have passed: handoffs expire although nobody touches the customer. The store
// knows the timers, so they survive a restart. Other processes may see to the same ones.
type timers struct {
	p *Projector
	// rests are the customers that are left alone for a while. The store may go on naming them, so that many more are
	// asked for: those whose turn it is not must not hide the others.
	rests map[entryKey]rest
}

type rest struct {
	until time.Time
	pause time.Duration // after the next failure
}

func (p *Projector) timerLoop(ctx context.Context) {
	if p.o.OnDue == nil {
		return
	}
	t := &timers{p: p, rests: map[entryKey]rest{}}
	tick := time.NewTicker(p.o.TimersEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// While the view is built, most timers are of the past.
			if p.isReady() {
				t.round(ctx)
			}
		}
	}
}

// round sees to the timers that are due, as many as fit.
func (t *timers) round(ctx context.Context) {
	now := t.p.o.Now()
	due, err := t.p.store.Due(ctx, now, timersAtOnce+len(t.rests))
	if err != nil {
		if ctx.Err() == nil {
			t.p.o.Logger.ErrorContext(ctx, "the timers cannot be read; they will be tried again", "error", err)
		}
		return
	}
	var over atomic.Bool // the log does not answer: the rest of the round would fare no better
	var mu sync.Mutex
	_ = atOnce(t.turn(due, now), func(key entryKey) error {
		if over.Load() || ctx.Err() != nil {
			return nil
		}
		err := t.p.seeTo(ctx, key, now)
		if isUnavailable(err) || isContextError(err) {
			over.Store(true)
		}
		mu.Lock()
		defer mu.Unlock()
		t.note(ctx, key, now, err)
		return nil
	})
}

// turn returns those that are not left alone, and forgets whose rest is over.
func (t *timers) turn(due []domain.Timer, now time.Time) []entryKey {
	var turn []entryKey
	named := make(map[entryKey]bool, len(t.rests))
	for _, timer := range due {
		key := entryKey{t.p.Tenant(timer.Tenant), timer.Customer}
		named[key] = true
		if r, resting := t.rests[key]; (!resting || !now.Before(r.until)) && len(turn) < timersAtOnce {
			turn = append(turn, key)
		}
	}
	for key, r := range t.rests {
		if !named[key] && !now.Before(r.until) {
			delete(t.rests, key)
		}
	}
	return turn
}

// note decides for how long a customer is left alone.
func (t *timers) note(ctx context.Context, key entryKey, now time.Time, outcome error) {
	if isUnavailable(outcome) || ctx.Err() != nil {
		return // nobody's fault
	}
	r := rest{until: now.Add(timerRest), pause: timerRest}
	if outcome != nil {
		t.p.o.Logger.ErrorContext(ctx, "what is due for a customer could not be done; it will be tried again", "error", outcome)
		pause := max(t.rests[key].pause, timerRest)
		r = rest{until: now.Add(pause), pause: min(2*pause, timerRestMax)}
	}
	if _, known := t.rests[key]; known || len(t.rests) < timerRestsMax {
		t.rests[key] = r
	}
}

// seeTo calls OnDue for a customer, if it is still due by what the log holds. Nothing is due for one who was erased.
func (p *Projector) seeTo(ctx context.Context, key entryKey, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, seeToTimeout)
	defer cancel()
	if err := key.tenant.meet(ctx); err != nil {
		return err
	}
	err := p.doDue(ctx, key, now)
	if fault.ReasonOf(err) == domain.ReasonCustomerErased {
		return nil
	}
	return err
}

func (p *Projector) doDue(ctx context.Context, key entryKey, now time.Time) error {
	w, err := key.tenant.Writer(ctx, key.customer)
	if err != nil {
		return err
	}
	defer w.Close()
	if w.e.revision() > 0 && !w.due(now) {
		return nil // done, but not stored yet
	}
	if err := w.CatchUp(ctx); err != nil {
		return err
	}
	if !w.due(now) {
		return nil
	}
	if err := p.o.OnDue(ctx, w); err != nil {
		return err
	}
	if w.due(now) {
		return errStillDue
	}
	return nil
}

// due reports whether the customer's timer has passed.
func (w *Writer) due(now time.Time) bool {
	at := w.Current().State.NextTimer()
	return !at.IsZero() && !at.After(now)
}
