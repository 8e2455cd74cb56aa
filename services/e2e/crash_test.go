package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

const (
	kills        = 20
	writers      = 8
	customers    = 40
	minPerSecond = 100
	readyWithin  = 2 * time.Second
)

// acked is what the log has promised: event ids with their revisions.
type acked struct {
	mu     sync.Mutex
	events map[string]map[string]int64 // by customer and event id
}

func (a *acked) add(customer string, results []*interactionlogv1.AppendResult) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.events[customer] == nil {
		a.events[customer] = map[string]int64{}
	}
	for _, r := range results {
		a.events[customer][r.GetEventId()] = r.GetRevision()
	}
}

func (a *acked) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, events := range a.events {
		n += len(events)
	}
	return n
}

// The suite is killed again and again under load. What it acknowledged is there
// after each restart, once, under the revision it promised.
func TestKillUnderLoad(t *testing.T) {
	data := t.TempDir()
	promised := &acked{events: map[string]map[string]int64{}}
	args := []string{"serve", "--data", data, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"}
	var next atomic.Int64
	var slowest time.Duration
	for kill := range kills {
		begin := time.Now()
		p := harness.Start(t, "throughline", args...)
		if took := time.Since(begin); kill > 0 && took > slowest {
			slowest = took
		}
		before := promised.count()
		loadBegan := time.Now()
		load(t, p, promised, &next, 400*time.Millisecond+time.Duration(rand.IntN(300))*time.Millisecond)
		rate := float64(promised.count()-before) / time.Since(loadBegan).Seconds()
		if rate < minPerSecond {
			t.Errorf("kill %d: only %.0f appends/s were acknowledged, the test needs %d", kill, rate, minPerSecond)
		}
	}
	p := harness.Start(t, "throughline", args...)
	verify(t, p, promised)
	if code := p.Terminate(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
	t.Logf("%d events acknowledged over %d kills; slowest restart to ready %s (goal %s)", promised.count(), kills, slowest, readyWithin)
}

// load appends from many writers until the process is killed in the middle.
func load(t *testing.T, p *harness.Process, promised *acked, next *atomic.Int64, d time.Duration) {
	t.Helper()
	conn := harness.Dial(t, p.GRPC)
	client := interactionlogv1.NewInteractionLogServiceClient(conn)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for ctx.Err() == nil {
				n := next.Add(1)
				customer := fmt.Sprintf("customers/crash-%d", n%customers)
				events := make([]*interactionlogv1.Event, 1+n%3)
				for i := range events {
					events[i] = harness.Message(fmt.Sprintf("e-%d-%d", n, i), fmt.Sprintf("message %d of %d", i, n))
				}
				res, err := client.AppendEvents(ctx, &interactionlogv1.AppendEventsRequest{Customer: customer, Events: events})
				if err != nil {
					return
				}
				promised.add(customer, res.GetResults())
			}
		})
	}
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
	p.Kill()
	cancel()
	wg.Wait()
	_ = conn.Close()
}

// verify reads every customer's whole history and compares it with the promises.
func verify(t *testing.T, p *harness.Process, promised *acked) {
	t.Helper()
	conn := harness.Dial(t, p.GRPC)
	client := interactionlogv1.NewInteractionLogServiceClient(conn)
	contexts := contextv1.NewContextServiceClient(conn)
	for customer, want := range promised.events {
		stored := map[string]int64{}
		last := int64(0)
		for _, e := range harness.History(t, client, customer) {
			if _, twice := stored[e.GetEventId()]; twice {
				t.Errorf("%s: %s is stored twice", customer, e.GetEventId())
			}
			if e.GetRevision() != last+1 {
				t.Errorf("%s: revision %d follows %d", customer, e.GetRevision(), last)
			}
			last = e.GetRevision()
			stored[e.GetEventId()] = e.GetRevision()
		}
		for id, revision := range want {
			if stored[id] != revision {
				t.Errorf("%s: %s was acknowledged at revision %d, and is at %d", customer, id, revision, stored[id])
			}
		}
		c, err := contexts.GetContext(t.Context(), &contextv1.GetContextRequest{
			Customer:    customer,
			Consistency: &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}},
		})
		if err != nil || c.GetRevision() != last {
			t.Errorf("%s: the context is at revision %d (%v), the log at %d", customer, c.GetRevision(), err, last)
		}
	}
}
