package domain

import (
	"context"
	"time"
)

// Append stores one batch and fills in its outcome. The error is the batch's Err,
// or that of the commit: unless that is a fault which says that nothing was
// stored, the outcome is unknown, and the same append may be sent again.
//
// When ctx ends before the writer has taken the batch, nothing is stored. After
// that the outcome is awaited, whatever becomes of ctx: a commit is short.
func (l *Log) Append(ctx context.Context, b *Batch) error {
	r, err := l.submit(ctx, []*Batch{b}, l.opts.QueueWait)
	if err != nil {
		return err
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if l.queue.withdraw(r) {
			return context.Cause(ctx)
		}
		<-r.done
	}
	if r.err != nil {
		return r.err
	}
	return b.Err
}

// AppendMany stores batches of any customers and fills in the outcome of each.
// They are decided in their order, mostly in one commit. It waits for room in the
// queue for as long as ctx allows. An error means that the outcome of all batches
// is unknown, as in Append.
func (l *Log) AppendMany(ctx context.Context, batches []*Batch) error {
	p, err := l.Submit(ctx, batches)
	if err != nil {
		return err
	}
	return p.Wait()
}

// Pending is an append that was handed over and whose outcome is still to come.
type Pending struct{ r *request }

// Submit hands batches over as AppendMany does, without waiting for the outcome,
// so that a stream can send its next batches while these are stored. Batches
// that are submitted one call after the other are decided in that order. An error
// means that nothing was handed over.
func (l *Log) Submit(ctx context.Context, batches []*Batch) (*Pending, error) {
	r, err := l.submit(ctx, batches, -1)
	if err != nil {
		return nil, err
	}
	return &Pending{r}, nil
}

// Done is closed when the outcome is there.
func (p *Pending) Done() <-chan struct{} { return p.r.done }

// Wait waits for the outcome, as AppendMany does.
func (p *Pending) Wait() error {
	<-p.r.done
	return p.r.err
}

// submit checks batches and puts those that pass into the queue.
func (l *Log) submit(ctx context.Context, batches []*Batch, patience time.Duration) (*request, error) {
	r := &request{done: make(chan struct{})}
	r.batches = make([]*Batch, 0, len(batches))
	now := l.now()
	for _, b := range batches {
		size, err := b.check(now)
		if err != nil {
			b.Err = err
			continue
		}
		r.batches = append(r.batches, b)
		r.events += len(b.Events)
		r.bytes += size
	}
	if len(r.batches) == 0 {
		close(r.done)
		return r, nil
	}
	return r, l.queue.put(ctx, r, patience)
}

// write is the writer: it commits what is queued, for ever. When idle it commits
// a request at once; while a commit is on its way to the disk, the next requests
// gather.
func (l *Log) write() {
	bound := limit{l.opts.CommitEvents, l.opts.CommitBytes}
	want, linger := 1, time.Duration(0)
	for {
		requests := l.queue.take(bound, want, linger)
		if len(requests) == 0 {
			return
		}
		begun := time.Now()
		l.commit(requests)
		// Callers that append again as soon as they are answered would otherwise
		// split in two halves, one of which waits while the other is committed.
		want = len(requests)
		linger = min(l.opts.Linger, time.Since(begun)/2)
	}
}

// commit stores requests together, tells the followers, then the callers.
func (l *Log) commit(requests []*request) {
	now := l.now()
	var batches []*Batch
	for _, r := range requests {
		for _, b := range r.batches {
			b.RecordedAt = now
			batches = append(batches, b)
		}
	}
	begun := time.Now()
	// A commit serves many callers: it is not up to one of them to end it.
	err := l.store.Append(context.Background(), batches)
	stored := 0
	if err == nil {
		stored = l.hub.publish(batches)
	}
	l.stats.add(len(requests), stored, time.Since(begun), err)
	for _, r := range requests {
		r.err = err
		close(r.done)
	}
}
