// Package testkit holds what the tests of every service need: an in-memory server with the real interceptors, a clock
// that stands still, golden files and leak checks.
package testkit

import (
	"sync"
	"time"
)

// Epoch is where a Clock starts unless told otherwise.
var Epoch = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// Clock is a clock that moves only when told to. Its zero value stands at Epoch; it is safe for concurrent use.
type Clock struct {
	mu    sync.Mutex
	moved time.Duration
}

// Now returns the clock's time; pass it wherever a func() time.Time is wanted.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Epoch.Add(c.moved)
}

// Advance moves the clock and returns its new time. A negative d moves it back, as real clocks do at times.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved += d
	return Epoch.Add(c.moved)
}

// Set moves the clock to t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = t.Sub(Epoch)
}
