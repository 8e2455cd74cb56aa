package projector_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func offered(id string, expire time.Time) *logv1.Event {
	return &logv1.Event{EventId: id, Payload: &logv1.Event_HandoffOffered{HandoffOffered: &logv1.HandoffOffered{
		HandoffId: id, ExpireTime: timestamppb.New(expire),
	}}}
}

// expire appends the end of each handoff that has passed, as an OnDue does.
func expire(ctx context.Context, w *projector.Writer) error {
	_, err := w.Append(ctx, func(cur *projector.Current) ([]*logv1.Event, error) {
		var events []*logv1.Event
		for _, h := range cur.State.Handoffs {
			if h.State == domain.HandoffOffering && !h.ExpireTime.After(w.Tenant().Now()) {
				events = append(events, &logv1.Event{EventId: "expired-" + h.ID, Payload: &logv1.Event_HandoffExpired{
					HandoffExpired: &logv1.HandoffExpired{HandoffId: h.ID},
				}})
			}
		}
		return events, nil
	})
	return err
}

func onDue(clock *testkit.Clock, do func(context.Context, *projector.Writer) error) func(*projector.Options) {
	return func(o *projector.Options) { o.Now, o.TimersEvery, o.OnDue = clock.Now, time.Millisecond, do }
}

func expiries(log *logfake.Log, tenant, customer string) int {
	n := 0
	for _, e := range log.EventsOf(tenant, customer) {
		if e.GetHandoffExpired() != nil {
			n++
		}
	}
	return n
}

// A handoff expires although nobody touches the customer, once, with several processes at work, in every tenant; and one
// that was taken back meanwhile does not.
func TestTimersFire(t *testing.T) {
	log, client := newLog(t)
	clock := &testkit.Clock{}
	f := follow(t, log, client, memstore.New(), onDue(clock, expire))
	other := follow(t, log, client, memstore.New(), onDue(clock, expire))
	for _, tenant := range []string{"default", "north"} {
		_, err := log.AppendFor(tenant, "customers/c1", offered("h1", clock.Now().Add(time.Minute)), offered("h2", clock.Now().Add(time.Hour)))
		if err != nil {
			t.Fatal(err)
		}
	}
	f.append("c2", offered("h1", clock.Now().Add(time.Minute)), &logv1.Event{EventId: "e", Payload: &logv1.Event_HandoffCancelled{
		HandoffCancelled: &logv1.HandoffCancelled{HandoffId: "h1"},
	}})
	f.settle()
	other.settle()
	clock.Advance(time.Minute - 1)
	time.Sleep(10 * time.Millisecond) // nothing to wait for: nothing may happen
	for _, tenant := range []string{"default", "north"} {
		if n := expiries(log, tenant, "customers/c1"); n != 0 {
			t.Errorf("%s: %d expired before their time", tenant, n)
		}
	}
	for want, wait := range []time.Duration{1, time.Hour} {
		clock.Advance(wait)
		for _, tenant := range []string{"default", "north"} {
			eventually(t, "the handoff expires", func() bool { return expiries(log, tenant, "customers/c1") == want+1 })
		}
		f.settle()
		other.settle()
	}
	for _, n := range []*fixture{f, other} {
		eventually(t, "no timer is left", func() bool {
			left, err := n.store.Due(t.Context(), clock.Now(), 10)
			return err == nil && len(left) == 0
		})
	}
	if n := expiries(log, "default", "customers/c2"); n != 0 {
		t.Error("a handoff that was taken back expired")
	}
}

// Timers that passed while no process ran fire after a start, from the stored snapshots alone.
func TestTimersSurviveARestart(t *testing.T) {
	log, client := newLog(t)
	clock := &testkit.Clock{}
	first := follow(t, log, client, memstore.New(), onDue(clock, expire))
	first.append("c1", offered("h1", clock.Now().Add(time.Minute)))
	first.settle()
	first.stop()
	clock.Advance(time.Hour)
	follow(t, log, client, first.store, onDue(clock, expire))
	eventually(t, "the handoff expires", func() bool { return expiries(log, "default", "customers/c1") == 1 })
}

// What cannot be done for some customers is tried again later, and does not keep the others waiting.
func TestTimersThatFailAreTriedAgain(t *testing.T) {
	log, client := newLog(t)
	clock := &testkit.Clock{}
	var broken atomic.Bool
	broken.Store(true)
	var mu sync.Mutex
	tries := map[string]int{}
	f := follow(t, log, client, memstore.New(), onDue(clock, func(ctx context.Context, w *projector.Writer) error {
		mu.Lock()
		tries[w.Customer()]++
		mu.Unlock()
		if broken.Load() && w.Customer() != "good" {
			return errors.New("out of order")
		}
		return expire(ctx, w)
	}))
	// More than one round takes.
	const bad = 300
	for i := range bad {
		f.append(fmt.Sprint("bad", i), offered("h", clock.Now().Add(time.Minute)))
	}
	f.append("good", offered("h", clock.Now().Add(2*time.Minute)))
	f.settle()
	clock.Advance(3 * time.Minute)
	eventually(t, "the good one has its turn", func() bool { return expiries(log, "default", "customers/good") == 1 })
	mu.Lock()
	for customer, n := range tries {
		if n > 1 {
			t.Errorf("%s was tried %d times at once", customer, n)
		}
	}
	mu.Unlock()
	broken.Store(false)
	clock.Advance(time.Minute)
	for i := range bad {
		eventually(t, "the bad ones have theirs", func() bool { return expiries(log, "default", fmt.Sprint("customers/bad", i)) == 1 })
	}
}

// Nothing is lost while the log is down.
func TestTimersWaitForTheLog(t *testing.T) {
	log, client := newLog(t)
	clock := &testkit.Clock{}
	f := follow(t, log, client, memstore.New(), onDue(clock, expire))
	f.append("c1", offered("h1", clock.Now().Add(time.Minute)))
	f.settle()
	log.Down()
	log.ResetCalls()
	clock.Advance(time.Hour)
	eventually(t, "it is tried", func() bool { return log.Calls("ListEvents") > 0 })
	log.Up()
	eventually(t, "the handoff expires", func() bool { return expiries(log, "default", "customers/c1") == 1 })
}
