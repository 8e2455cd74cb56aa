package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// timed returns a state whose timer is a number of minutes after T0.
func timed(revision, minutes int64) *domain.State {
	s := state(revision)
	s.Handoffs = []*domain.Handoff{{
		ID: "h", State: domain.HandoffOffering, ExpireTime: T0.Add(time.Duration(minutes) * time.Minute),
	}}
	return s
}

func timer(customer string, minutes int64) domain.Timer {
	return domain.Timer{Tenant: tenant, Customer: customer, At: T0.Add(time.Duration(minutes) * time.Minute)}
}

// wantDue checks the timers up to a number of minutes after T0.
func wantDue(t testing.TB, s domain.Store, minutes int64, limit int, want ...domain.Timer) {
	t.Helper()
	got, err := s.Due(t.Context(), T0.Add(time.Duration(minutes)*time.Minute), limit)
	check(t, err)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("due after %d minutes (-want +got):\n%s", minutes, diff)
	}
}

func dueOrder(t *testing.T, f Factory) {
	s := f.New(t)
	wantDue(t, s, 99, 10)
	save(t, s, record("late", timed(1, 9)), record("b", timed(1, 3)), record("never", state(1)),
		record("early", timed(1, -60*24*365*60)), record("a", timed(1, 3)), record("ab", timed(1, 3)))
	wantDue(t, s, 99, 10, timer("early", -60*24*365*60), timer("a", 3), timer("ab", 3), timer("b", 3), timer("late", 9))
	wantDue(t, s, 99, 2, timer("early", -60*24*365*60), timer("a", 3))
	wantDue(t, s, 99, 0)
}

func dueThrough(t *testing.T, f Factory) {
	s := f.New(t)
	save(t, s, record("a", timed(1, 3)))
	got, err := s.Due(t.Context(), T0.Add(3*time.Minute-1), 10)
	check(t, err)
	if len(got) != 0 {
		t.Errorf("due a nanosecond before: %v", got)
	}
	wantDue(t, s, 3, 10, timer("a", 3))
}

func dueReplaced(t *testing.T, f Factory) {
	s := f.New(t)
	save(t, s, record("a", timed(1, 3)), record("b", timed(1, 5)))
	save(t, s, record("a", timed(2, 8)))
	wantDue(t, s, 99, 10, timer("b", 5), timer("a", 8))
	save(t, s, record("a", timed(3, 4)), record("b", state(2)))
	wantDue(t, s, 99, 10, timer("a", 4))
	// One transaction with two snapshots of a customer.
	save(t, s, record("b", timed(3, 1)), record("b", timed(4, 2)), record("a", state(4)))
	wantDue(t, s, 99, 10, timer("b", 2))
}

func dueOlder(t *testing.T, f Factory) {
	s := f.New(t)
	save(t, s, record("a", timed(5, 3)))
	save(t, s, record("a", timed(4, 1)), record("a", state(5)))
	wantDue(t, s, 99, 10, timer("a", 3))
}

func dueAtomic(t *testing.T, f Factory) {
	s := f.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Save(ctx, domain.Progress{States: []domain.StateRecord{record("a", timed(1, 1))}}); err == nil {
		t.Fatal("a save with an ended context succeeded")
	}
	wantDue(t, s, 99, 10)
}

func dueTenants(t *testing.T, f Factory) {
	s := f.New(t)
	for i, name := range []string{"two", "one"} {
		check(t, s.Save(t.Context(), domain.Progress{States: []domain.StateRecord{{Tenant: name, Customer: "c", State: timed(1, int64(i))}}}))
	}
	check(t, s.Save(t.Context(), domain.Progress{States: []domain.StateRecord{{Tenant: "two", Customer: "c", State: timed(2, 1)}}}))
	one, two := timer("c", 1), timer("c", 1)
	one.Tenant, two.Tenant = "one", "two"
	wantDue(t, s, 99, 10, one, two)
}

func dueDurable(t *testing.T, f Factory) {
	s := f.New(t)
	save(t, s, record("a", timed(1, 3)), record("b", timed(1, 2)))
	save(t, s, record("b", state(2)))
	s = f.Reopen(t, s)
	if f.Forgets {
		wantDue(t, s, 99, 10)
		return
	}
	wantDue(t, s, 99, 10, timer("a", 3))
	save(t, s, record("a", state(2)))
	wantDue(t, s, 99, 10)
}
