package play

import (
	"math"
	"sync"
	"time"
)

// Calls keeps how long the calls of each method took. Its size does not depend on their number: times fall into classes
// 2 % apart.
type Calls struct {
	mu      sync.Mutex
	methods map[string]*classes
}

// NewCalls returns an empty Calls.
func NewCalls() *Calls { return &Calls{methods: map[string]*classes{}} }

const (
	growth     = 1.02
	shortest   = time.Microsecond
	classCount = 1024 // up to 10 minutes
)

type classes struct {
	count int64
	times [classCount]int64
}

// Time is what is known of a method's calls.
type Time struct {
	// P50MS and P99MS are the median and the 99th percentile in milliseconds.
	P50MS float64 `json:"p50_ms"`
	P99MS float64 `json:"p99_ms"`
	// Count is how many calls there were.
	Count int64 `json:"count"`
}

// Observe notes a call.
func (c *Calls) Observe(method string, d time.Duration) {
	class := 0
	if d > shortest {
		class = min(int(math.Log(float64(d)/float64(shortest))/math.Log(growth)), classCount-1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.methods[method]
	if m == nil {
		m = &classes{}
		c.methods[method] = m
	}
	m.count++
	m.times[class]++
}

// Times returns the percentiles by method.
func (c *Calls) Times() map[string]Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]Time{}
	for name, m := range c.methods {
		out[name] = Time{P50MS: m.percentile(0.50), P99MS: m.percentile(0.99), Count: m.count}
	}
	return out
}

// percentile returns the time, in milliseconds, that the share q of all calls did not exceed.
func (m *classes) percentile(q float64) float64 {
	rank := int64(math.Ceil(q * float64(m.count)))
	var seen int64
	for class, n := range &m.times {
		if seen += n; seen >= rank {
			ms := float64(shortest) * math.Pow(growth, float64(class)+0.5) / float64(time.Millisecond)
			return math.Round(ms*1000) / 1000
		}
	}
	return 0
}

// timed makes a call and notes how long it took, when it succeeded.
func timed[T any](c *Calls, method string, call func() (T, error)) (T, error) {
	began := time.Now()
	got, err := call()
	if err == nil {
		c.Observe(method, time.Since(began))
	}
	return got, err
}
