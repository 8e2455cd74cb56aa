package domain

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a Log. The zero value is good for production.
type Options struct {
	// Clock gives recorded_at; time.Now when nil.
	Clock func() time.Time
	// QueueEvents and QueueBytes bound what waits for the writer; 65,536 events and
	// 64 MiB when 0.
	QueueEvents, QueueBytes int
	// CommitEvents and CommitBytes bound one commit; 16,384 events and 16 MiB when
	// 0.
	CommitEvents, CommitBytes int
	// QueueWait is how long Append waits for room in the queue before it is
	// OVERLOADED; 500 ms when 0.
	QueueWait time.Duration
	// Linger bounds how long a busy writer waits for those whose last append it
	// has just stored, so that they share the next commit; 500 us when 0, not at all
	// when negative. A lone writer is never kept waiting.
	Linger time.Duration
	// WipeFailed is told when erasures that an earlier process has left cannot be
	// finished. Until they are, the log hides what is erased.
	WipeFailed func(error)
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	orInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt(&o.QueueEvents, 65_536)
	orInt(&o.QueueBytes, 64<<20)
	orInt(&o.CommitEvents, 16_384)
	orInt(&o.CommitBytes, 16<<20)
	if o.QueueWait == 0 {
		o.QueueWait = 500 * time.Millisecond
	}
	if o.Linger == 0 {
		o.Linger = 500 * time.Microsecond
	}
	return o
}

// Log is the interaction log over a store: it gathers appends into commits,
// answers queries and wakes followers. Its methods are safe for concurrent use.
type Log struct {
	store Store
	opts  Options
	queue *queue
	hub   *hub

	writer sync.WaitGroup
	stats  counters

	wiping  sync.Mutex // held by the one who overwrites what is erased
	closing atomic.Bool
}

// NewLog starts a log over a store, which stays the caller's to close, after the
// log.
func NewLog(ctx context.Context, store Store, opts Options) (*Log, error) {
	heads, err := store.Heads(ctx)
	if err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	l := &Log{
		store: store,
		opts:  opts,
		queue: newQueue(limit{opts.QueueEvents, opts.QueueBytes}),
		hub:   newHub(heads),
	}
	erasing, err := store.Erasing(ctx)
	if err != nil {
		return nil, err
	}
	for _, key := range erasing { // before anybody reads
		l.hub.erase(key, ShardOf(key, len(heads)))
	}
	l.writer.Go(l.write)
	if len(erasing) > 0 {
		go func() {
			if err := l.wipe(); err != nil && opts.WipeFailed != nil {
				opts.WipeFailed(err)
			}
		}()
	}
	return l, nil
}

// Close stores what is queued, refuses further appends and ends all followers.
func (l *Log) Close() {
	l.queue.close()
	l.writer.Wait()
	l.closing.Store(true)
	l.wiping.Lock() // who comes later finds the log closing
	defer l.wiping.Unlock()
	l.hub.close()
}

// Head returns the place of the customer's newest event; a zero Head when it has
// none.
func (l *Log) Head(ctx context.Context, key Key) (Head, error) { return l.store.Head(ctx, key) }

// Heads returns the newest sequence of every shard, by shard number.
func (l *Log) Heads() []int64 { return l.hub.snapshot() }

// now is without the monotonic clock, so that a time is equal to itself when it
// comes back from a store.
func (l *Log) now() time.Time { return l.opts.Clock().Round(0).UTC() }
