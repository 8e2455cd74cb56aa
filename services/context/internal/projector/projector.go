// Package projector keeps the view of the log that the context service answers from: the states of customers in memory
// and in a store, the slot dictionary, and who an identifier names. A follower reads every shard of the log and applies
// what it finds; writes go to the log first and are applied from its answer. Reads of customers in memory take no lock
// and call nobody.
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
	// Tenant is whose log is followed.
	Tenant string
	// Log is the interaction log.
	Log logv1.InteractionLogServiceClient
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
	// ReadyWait bounds how long a call that needs the whole view waits for it; default 5 s.
	ReadyWait time.Duration
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
	setDefault(&o.ReadyWait, 5*time.Second)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Projector is the view of one tenant's log.
type Projector struct {
	o     Options
	log   source
	store domain.Store
	cache *cache
	dicts dictionaries

	follower follower
	saver    saver

	ready     chan struct{} // closed once the follower has reached the heads that it found when it began
	readyOnce sync.Once
	named     chan struct{} // closed once the dictionary has been read
	namedOnce sync.Once
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
		log:   source{client: o.Log},
		store: o.Store,
		cache: newCache(o.CacheBytes),
		ready: make(chan struct{}),
		named: make(chan struct{}),
	}
	p.follower.init()
	p.saver.init()
	if err := p.observe(); err != nil {
		return nil, err
	}
	return p, nil
}

// Now returns the time by the projector's clock.
func (p *Projector) Now() time.Time { return p.o.Now() }

// Tenant returns whose view this is.
func (p *Projector) Tenant() string { return p.o.Tenant }

// Dictionary returns the slot dictionary; nil is the empty one.
func (p *Projector) Dictionary() *domain.Dictionary { return p.dicts.current() }

// DictionaryAt returns the slot dictionary as it was when the log's clock showed t.
func (p *Projector) DictionaryAt(t time.Time) *domain.Dictionary { return p.dicts.at(t) }

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

// WaitReady waits until the view is ready, for as long as a call may reasonably wait.
func (p *Projector) WaitReady(ctx context.Context) error { return p.wait(ctx, p.ready) }

// WaitDictionary waits until the dictionary has been read, for as long as a call may reasonably wait. Without it a
// secret could be recorded, and a stale value be used.
func (p *Projector) WaitDictionary(ctx context.Context) error { return p.wait(ctx, p.named) }

func (p *Projector) wait(ctx context.Context, event <-chan struct{}) error {
	if isClosed(event) {
		return nil
	}
	wait := time.NewTimer(p.o.ReadyWait)
	defer wait.Stop()
	select {
	case <-event:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
	}
	if isClosed(event) {
		return nil
	}
	return p.notReady()
}
