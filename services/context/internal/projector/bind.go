package projector

import (
	"context"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// Bind makes durable what stored events say about identifiers, without waiting for the follower to come by: whoever is
// told of such an event can look the identifier up here at once.
func (t *Tenant) Bind(ctx context.Context, customer string, events ...*logv1.Event) error {
	var bindings []domain.Binding
	for _, e := range events {
		bindings = append(bindings, domain.Bindings(customer, wire.Event(e))...)
	}
	return t.p.store.Bind(ctx, t.name, bindings)
}

// caughtUpPause is how often is looked whether the follower has caught up.
const caughtUpPause = 2 * time.Millisecond

// WaitCaughtUp waits until everything has been applied that the log holds at the time of the call, for as long as a call
// may reasonably wait: what another process has just written is then known here.
func (p *Projector) WaitCaughtUp(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, p.o.ReadyWait)
	defer cancel()
	heads, err := p.heads(wait)
	if err != nil {
		return err
	}
	tick := time.NewTicker(caughtUpPause)
	defer tick.Stop()
	for {
		p.follower.mu.Lock()
		reached := p.follower.reached(heads)
		p.follower.mu.Unlock()
		if reached {
			return nil
		}
		select {
		case <-tick.C:
		case <-wait.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return p.notReady()
		}
	}
}

// WaitCaughtUp is that of the projector.
func (t *Tenant) WaitCaughtUp(ctx context.Context) error { return t.p.WaitCaughtUp(ctx) }
