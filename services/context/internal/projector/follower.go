package projector

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// callTimeout bounds a call of the follower to the log or the store.
const callTimeout = 30 * time.Second

// errStalled ends a tail that brings nothing although the log has more.
var errStalled = errors.New("the tail of the log brings nothing, although the log has more")

// follower reads the shards of the log and applies what it finds.
type follower struct {
	mu    sync.Mutex
	at    map[int32]int64 // applied, by shard
	heads map[int32]int64 // as far as the log is known to be
	start map[int32]int64 // the heads found when following began: reaching them makes the view ready
	mark  *watermark

	messages atomic.Int64
	live     atomic.Bool
}

// watermark is how far the log was at a moment: once that much is applied, the view was complete at that moment.
type watermark struct {
	at       time.Time
	heads    map[int32]int64
	messages int64 // received when it was made, or looked at last
	polls    int   // how often it was looked at without any new ones
	age      int   // how often it was looked at
}

func (f *follower) init() {
	f.at, f.heads = map[int32]int64{}, map[int32]int64{}
}

// applied returns the positions up to which everything is applied.
func (f *follower) applied() map[int32]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.at)
}

func (f *follower) position(shard int32) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at[shard]
}

// reached reports whether everything up to heads is applied. The caller holds mu.
func (f *follower) reached(heads map[int32]int64) bool {
	for shard, head := range heads {
		if f.at[shard] < head {
			return false
		}
	}
	return true
}

// Run follows the log until the context ends, and saves what it has before it returns.
func (p *Projector) Run(ctx context.Context) error {
	positions, err := p.store.Positions(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	f := &p.follower
	f.mu.Lock()
	maps.Copy(f.at, positions)
	f.mu.Unlock()
	p.saver.running.Lock()
	maps.Copy(p.saver.saved, positions)
	p.saver.running.Unlock()

	saving, stopSaving := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { p.saveLoop(saving) })
	var seeing sync.WaitGroup
	seeing.Go(func() { p.timerLoop(ctx) })
	defer func() {
		seeing.Wait()
		stopSaving()
		background.Wait()
	}()

	pause := p.o.RetryMin
	for ctx.Err() == nil {
		before := f.messages.Load()
		err := p.session(ctx)
		f.live.Store(false)
		if ctx.Err() != nil {
			break
		}
		if f.messages.Load() > before {
			pause = p.o.RetryMin
		}
		p.report(ctx, err)
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + rand.N(pause/2+1)): //nolint:gosec // a pause, not a secret
		}
		pause = min(2*pause, p.o.RetryMax)
	}
	return nil
}

// report says why the tail broke, to the log and to those who ask whether the service is ready.
func (p *Projector) report(ctx context.Context, err error) {
	why := "the interaction log cannot be reached"
	p.health.set(LogUnreachable)
	switch {
	case fault.ReasonOf(err) == reasonPositionAhead:
		why = "the context store is ahead of the interaction log: stop the service and delete the context store, it is built again"
		p.o.Logger.ErrorContext(ctx, why, "error", err)
	case isUnavailable(err):
		p.o.Logger.WarnContext(ctx, "the interaction log cannot be followed; trying again", "error", err)
	default:
		why = "the interaction log cannot be followed"
		p.o.Logger.ErrorContext(ctx, why+"; trying again", "error", err)
	}
	p.trouble.Store(&why)
}

// session follows the log until something breaks.
func (p *Projector) session(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	if err := p.begin(ctx); err != nil {
		return err
	}
	positions := p.follower.applied()
	req := &logv1.TailEventsRequest{AllTenants: true}
	for shard, seq := range positions {
		req.Positions = append(req.Positions, &logv1.ShardPosition{Shard: shard, Sequence: seq})
	}
	tail, err := p.o.Log.TailEvents(ctx, req)
	if err != nil {
		return fromLog(err)
	}
	var polling sync.WaitGroup
	polling.Go(func() { p.poll(ctx, cancel) })
	defer polling.Wait()
	err = p.receive(ctx, tail)
	if cause := context.Cause(ctx); cause != nil && parent.Err() == nil {
		err = cause
	}
	cancel(nil)
	return err
}

// begin finds out how far the log is and reads the dictionaries of the tenants met so far, which the customers' events
// are judged by.
func (p *Projector) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	began := p.o.Now()
	heads, err := p.heads(ctx)
	if err != nil {
		return err
	}
	if err := atOnce(p.tenants.known(), func(t *Tenant) error {
		err := t.refreshDictionary(ctx)
		if err != nil && !isUnavailable(err) && !isContextError(err) {
			// What is wrong with one tenant must not stop the others, unless the log has events of it: see meet.
			p.o.Logger.ErrorContext(ctx, "the slot dictionary of a tenant cannot be read", "tenant", t.name, "error", err)
			err = nil
		}
		return err
	}); err != nil {
		return err
	}
	f := &p.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	for shard, head := range heads {
		if f.at[shard] > head {
			return fault.New(fault.Precondition, reasonPositionAhead, "shard %d was followed up to %d, and the log ends at %d", shard, f.at[shard], head)
		}
		f.at[shard] = max(f.at[shard], 0)
		f.heads[shard] = head
	}
	if f.start == nil {
		f.start = heads
	}
	f.mark = &watermark{at: began, heads: heads}
	p.progressLocked()
	return nil
}

func (p *Projector) heads(ctx context.Context) (map[int32]int64, error) {
	resp, err := p.o.Log.ListShards(ctx, &logv1.ListShardsRequest{})
	if err != nil {
		return nil, fromLog(err)
	}
	heads := make(map[int32]int64, len(resp.GetShards()))
	for _, s := range resp.GetShards() {
		heads[s.GetShard()] = s.GetHeadSequence()
	}
	return heads, nil
}

func (p *Projector) receive(ctx context.Context, tail grpc.ServerStreamingClient[logv1.TailEventsResponse]) error {
	unsaved := 0
	for {
		msg, err := tail.Recv()
		if err != nil {
			return fromLog(err)
		}
		if p.follower.messages.Add(1); !p.follower.live.Swap(true) {
			p.o.Logger.InfoContext(ctx, "following the interaction log")
			p.catchingUp()
		}
		if err := p.apply(ctx, msg); err != nil {
			return err
		}
		if unsaved += len(msg.GetEvents()); unsaved >= p.o.SaveAfter {
			unsaved = 0
			p.saver.nudge()
		}
		p.throttle(ctx)
	}
}

// behind is what is wrong with a view that follows, but has not caught up.
func (p *Projector) behind() Why {
	if p.isReady() {
		return Behind
	}
	return Building
}

// apply handles a message of the tail.
func (p *Projector) apply(ctx context.Context, msg *logv1.TailEventsResponse) error {
	f := &p.follower
	shard := msg.GetShard()
	events, at := msg.GetEvents(), f.position(shard)
	for len(events) > 0 && events[0].GetSequence() <= at {
		events = events[1:]
	}
	for i, e := range events {
		if e.GetSequence() != at+int64(i)+1 {
			return fmt.Errorf("shard %d of the log has a gap: event %d follows event %d", shard, e.GetSequence(), at+int64(i))
		}
	}
	if len(events) > 0 {
		if err := p.applyAll(ctx, msg.GetTenant(), events, due{sequence: msg.GetHeadSequence()}); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at[shard] = max(f.at[shard], msg.GetSequence())
	f.heads[shard] = max(f.heads[shard], msg.GetHeadSequence(), f.at[shard])
	p.progressLocked()
	return nil
}

// applyAll applies events of one tenant, in order.
func (p *Projector) applyAll(ctx context.Context, tenant string, events []*logv1.Event, d due) error {
	if tenant == "" {
		return errors.New("the log does not say whose events it sends: it is older than this service, or does not serve all tenants")
	}
	t := p.Tenant(tenant)
	p.tenants.keep(t)
	if err := t.meet(ctx); err != nil {
		return err
	}
	for len(events) > 0 {
		// Events of one customer often lie side by side.
		n := 1
		for n < len(events) && events[n].GetCustomer() == events[0].GetCustomer() {
			n++
		}
		if err := p.applyRun(ctx, entryKey{t, CustomerID(events[0].GetCustomer())}, events[:n], d); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// applyRun applies events of one customer, in order.
func (p *Projector) applyRun(ctx context.Context, key entryKey, events []*logv1.Event, d due) error {
	t, customer := key.tenant, key.customer
	switch {
	case customer == domain.DictionaryCustomer:
		err := t.dict.advance(events)
		if isGap(err) {
			err = t.refreshDictionary(ctx)
		}
		return err
	case strings.HasPrefix(customer, "_"):
		return nil // another service's
	}
	for _, e := range events {
		switch e.GetPayload().(type) {
		case *logv1.Event_IdentifierLinked, *logv1.Event_IdentifierUnlinked, *logv1.Event_InteractionStarted,
			*logv1.Event_HandoffOffered:
			p.saver.bind(t, domain.Bindings(customer, wire.Event(e)))
		}
	}
	e := p.cache.acquire(key)
	defer p.cache.release(e)
	err := p.advance(ctx, e, events, d)
	if isGap(err) {
		// The snapshot is older than the position, or was damaged: the log has the rest.
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		err = p.catchUp(ctx, e, p.o.Now())
	}
	return err
}

// catchingUp says, when the log is within reach again, that the view is behind it; unless it is not.
func (p *Projector) catchingUp() {
	f := &p.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mark != nil {
		p.health.set(p.behind())
	}
}

// progressLocked looks whether the view has become ready, or complete up to a moment.
func (p *Projector) progressLocked() {
	f := &p.follower
	if !p.isReady() && f.start != nil && f.reached(f.start) {
		p.readyOnce.Do(func() { close(p.ready) })
	}
	if f.mark != nil && f.reached(f.mark.heads) {
		if at := f.mark.at.UnixNano(); at > p.completeAt.Load() {
			p.completeAt.Store(at)
		}
		f.mark = nil
		if p.isReady() {
			p.health.set(Complete)
		}
	}
}

// poll asks the log every so often how far it is.
func (p *Projector) poll(ctx context.Context, end context.CancelCauseFunc) {
	tick := time.NewTicker(p.o.PollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.pollOnce(ctx, end)
		}
	}
}

// stalledPolls is after how many polls without any message a tail that is behind counts as broken.
const stalledPolls = 15

func (p *Projector) pollOnce(ctx context.Context, end context.CancelCauseFunc) {
	f := &p.follower
	began := p.o.Now()
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	late := time.AfterFunc(patience*p.o.PollEvery, func() { p.health.set(LogSlow) })
	defer late.Stop()
	heads, err := p.heads(call)
	switch {
	case isUnavailable(err):
		p.health.set(LogUnreachable) // the tail breaks, too, but may take longer to notice
		return
	case err != nil:
		return
	}
	late.Stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	for shard, head := range heads {
		f.heads[shard] = max(f.heads[shard], head)
	}
	if f.mark == nil {
		f.mark = &watermark{at: began, heads: heads, messages: f.messages.Load()}
	}
	p.progressLocked()
	if f.mark == nil {
		return
	}
	if f.mark.age++; f.mark.age >= patience || p.health.get() != Complete {
		p.health.set(p.behind())
	}
	if now := f.messages.Load(); now != f.mark.messages {
		f.mark.messages, f.mark.polls = now, 0
		return
	}
	if f.mark.polls++; f.mark.polls >= stalledPolls {
		end(errStalled)
	}
}

// Followed reports whether everything up to the heads of these shards has been applied.
func (p *Projector) Followed(shards []*logv1.Shard) bool {
	heads := make(map[int32]int64, len(shards))
	for _, s := range shards {
		heads[s.GetShard()] = s.GetHeadSequence()
	}
	p.follower.mu.Lock()
	defer p.follower.mu.Unlock()
	return p.follower.reached(heads)
}
