package domain

import (
	"context"
	"sync"
	"time"
)

// request is what one caller hands to the writer: batches that are decided one
// after the other in one commit.
type request struct {
	batches       []*Batch
	events, bytes int
	taken         bool // by the writer; from then on it cannot be withdrawn
	err           error
	done          chan struct{} // closed when err and the batches' outcomes are set
}

// limit bounds a number of requests by what they hold.
type limit struct{ events, bytes int }

// queue holds the requests that wait for the writer.
type queue struct {
	max limit

	mu     sync.Mutex
	items  []*request
	held   limit
	want   int           // wake the writer when there are so many requests
	wake   chan struct{} // one buffered signal for the writer
	space  chan struct{} // closed, and replaced, when room was made
	closed bool
}

func newQueue(bound limit) *queue {
	return &queue{max: bound, want: 1, wake: make(chan struct{}, 1), space: make(chan struct{})}
}

// put adds a request when there is room, which an empty queue always has. It
// waits for room until ctx ends or patience is over; patience below zero waits
// for ever. An error means that the request is not in the queue.
func (q *queue) put(ctx context.Context, r *request, patience time.Duration) error {
	var timer *time.Timer
	var timeout <-chan time.Time
	defer func() {
		if timer != nil {
			timer.Stop()
		}
	}()
	for {
		space, err := q.offer(r)
		if err != nil || space == nil {
			return err
		}
		if timeout == nil && patience >= 0 {
			timer = time.NewTimer(patience)
			timeout = timer.C
		}
		select {
		case <-space:
		case <-timeout:
			return overloaded()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// offer adds the request, or returns a channel that is closed when it is worth
// trying again.
func (q *queue) offer(r *request) (retry <-chan struct{}, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, closed()
	}
	if len(q.items) > 0 && (q.held.events+r.events > q.max.events || q.held.bytes+r.bytes > q.max.bytes) {
		return q.space, nil
	}
	q.items = append(q.items, r)
	q.held.events += r.events
	q.held.bytes += r.bytes
	if len(q.items) >= q.want {
		q.signal()
	}
	return nil, nil
}

// withdraw takes a request back out, unless the writer has it.
func (q *queue) withdraw(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.taken {
		return false
	}
	for i, other := range q.items {
		if other == r {
			q.items = append(q.items[:i], q.items[i+1:]...)
			break
		}
	}
	q.release(r)
	q.makeRoom()
	return true
}

// take waits for requests and returns the oldest ones, up to the bound but at
// least one; nil when the queue is closed and empty. While it has fewer than
// want, it waits up to linger for more.
func (q *queue) take(bound limit, want int, linger time.Duration) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.await(1, nil)
	if len(q.items) < want && linger > 0 && !q.closed {
		t := time.NewTimer(linger)
		q.await(want, t.C)
		t.Stop()
	}
	var sum limit
	n := 0
	for ; n < len(q.items); n++ {
		r := q.items[n]
		if n > 0 && (sum.events+r.events > bound.events || sum.bytes+r.bytes > bound.bytes) {
			break
		}
		sum.events += r.events
		sum.bytes += r.bytes
	}
	batch := append([]*request(nil), q.items[:n]...)
	clear(q.items[copy(q.items, q.items[n:]):])
	q.items = q.items[:len(q.items)-n]
	for _, r := range batch {
		r.taken = true
		q.release(r)
	}
	q.makeRoom()
	return batch
}

// await waits, with the lock let go, until there are n requests, the queue is
// closed or the timer has fired.
func (q *queue) await(n int, timer <-chan time.Time) {
	q.want = n
	defer func() { q.want = 1 }()
	for len(q.items) < n && !q.closed {
		q.mu.Unlock()
		fired := false
		select {
		case <-q.wake:
		case <-timer:
			fired = true
		}
		q.mu.Lock()
		if fired {
			return
		}
	}
}

// close refuses new requests; those in the queue are still taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.makeRoom()
	q.signal()
}

func (q *queue) depth() limit {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held
}

func (q *queue) release(r *request) {
	q.held.events -= r.events
	q.held.bytes -= r.bytes
}

func (q *queue) makeRoom() {
	close(q.space)
	q.space = make(chan struct{})
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
