// Package projector keeps the view of the log that the context service answers from: the states of customers in memory
// and in a store, the slot dictionaries, and who an identifier names. One follower reads every shard of the log for all
// tenants and applies what it finds; writes go to the log first and are applied from its answer. Reads of customers in
// memory take no lock and call nobody.
package projector

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Options configure a Projector. The zero value of each optional field means its default.
type Options struct {
	// Log is the interaction log. Its calls have to be good for all tenants.
	Log logv1.InteractionLogServiceClient
	// Tenants are those whose dictionaries are read at the start; those of others are when they are first met.
	Tenants []string
	// Store keeps snapshots, positions and claims. It stays the caller's to close.
	Store domain.Store
	// Logger is for what operators should know; default slog.Default().
	Logger *slog.Logger
	// Meter takes the follower's lag and the cache's size; nil means none.
	Meter metric.MeterProvider
	// Now is the clock; default time.Now.
	Now func() time.Time
	// CacheBytes bounds the states in memory; default 128 MiB.
	CacheBytes int64
	// SaveEvery is how long changes wait to be saved, unless the follower is behind; default 200 ms.
	SaveEvery time.Duration
	// SaveAfter is after how many events changes are saved at the latest; default 50,000.
	SaveAfter int
	// MaxDirty bounds the customers that wait to be saved: beyond it the follower waits; default 20,000.
	MaxDirty int
	// PollEvery is how often the log is asked how far it is, which is what an answer's age is known by; default 1 s.
	PollEvery time.Duration
	// RetryMin and RetryMax bound the pause before a broken tail is opened again; default 50 ms and 5 s.
	RetryMin, RetryMax time.Duration
	// OnDue does what is due for a customer whose timer has passed (State.NextTimer). It holds the right to write to the
	// customer, of whom everything in the log is known. The events that it appends need ids that everyone makes alike:
	// other processes may do the same at the same time. What fails is tried again. Nil ignores timers.
	OnDue func(ctx context.Context, w *Writer) error
	// TimersEvery is how often is looked for timers that have passed; default 1 s.
	TimersEvery time.Duration
	// ReadyWait bounds how long a call that needs the whole view waits for it; default 5 s.
	ReadyWait time.Duration
	// ReadWait bounds how long a read that has something to show waits for the log; default 1 s.
	ReadWait time.Duration
}

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	setDefault(&o.CacheBytes, 128<<20)
	setDefault(&o.SaveEvery, 200*time.Millisecond)
	setDefault(&o.SaveAfter, 50_000)
	setDefault(&o.MaxDirty, 20_000)
	setDefault(&o.PollEvery, time.Second)
	setDefault(&o.RetryMin, 50*time.Millisecond)
	setDefault(&o.RetryMax, 5*time.Second)
	setDefault(&o.TimersEvery, time.Second)
	setDefault(&o.ReadyWait, 5*time.Second)
	setDefault(&o.ReadWait, time.Second)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Projector is the view of the log, of all tenants. What is known of one of them is had from Tenant.
type Projector struct {
	o       Options
	store   domain.Store
	cache   *cache
	tenants tenants

	follower follower
	saver    saver
	health   health

	ready     chan struct{} // closed once the follower has reached the heads that it found when it began
	readyOnce sync.Once
	// completeAt is a moment (Unix nanoseconds) up to which everything in the log has been applied; 0 for never.
	completeAt atomic.Int64
	// trouble is why the view is not ready, for people.
	trouble atomic.Pointer[string]
}

// New returns a projector. It knows nothing before Run.
func New(o Options) (*Projector, error) {
	o.setDefaults()
	p := &Projector{
		o:     o,
		store: o.Store,
		cache: newCache(o.CacheBytes),
		ready: make(chan struct{}),
	}
	p.tenants.init()
	for _, name := range o.Tenants {
		p.tenants.keep(p.Tenant(name))
	}
	p.health.set(Building)
	p.follower.init()
	p.saver.init()
	if err := p.observe(); err != nil {
		return nil, err
	}
	return p, nil
}

// Ready returns nil once the view has everything that the log held when following began, and otherwise a fault that
// says what it waits for.
func (p *Projector) Ready() error {
	if p.isReady() {
		return nil
	}
	return p.notReady()
}

func (p *Projector) notReady() error {
	why := "it is reading the interaction log"
	if t := p.trouble.Load(); t != nil {
		why = *t
	}
	return fault.New(fault.Unavailable, fault.ServiceUnavailable, "the context service is not ready: %s", why)
}

func (p *Projector) isReady() bool { return isClosed(p.ready) }

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// WaitReady waits until the view is ready, for as long as a call may reasonably wait and can still be answered in time.
func (p *Projector) WaitReady(ctx context.Context) error {
	if p.isReady() {
		return nil
	}
	wait, cancel := budget(ctx, p.o.ReadyWait)
	defer cancel()
	select {
	case <-p.ready:
		return nil
	case <-wait.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.Ready()
}
