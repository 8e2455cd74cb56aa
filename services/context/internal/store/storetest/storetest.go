// Package storetest is the conformance suite of domain.Store: what every implementation must do, a subtest for each
// "must" of the interface's comment. Run makes a fresh store for each.
package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Factory makes an empty store. Reopen closes and opens it again; it returns the store as it is where a store forgets
// everything when it is closed.
type Factory struct {
	New    func(t testing.TB) domain.Store
	Reopen func(t testing.TB, s domain.Store) domain.Store
	// Forgets says that closing loses everything.
	Forgets bool
}

const tenant = "default"

// T0 is when everything in these tests begins.
var T0 = time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.UTC)

// Run runs the suite.
func Run(t *testing.T, f Factory) {
	for name, test := range map[string]func(*testing.T, Factory){
		"LoadState must answer none for a customer never saved":      loadNone,
		"LoadState must return the newest snapshot":                  loadNewest,
		"Save must keep every field of a state":                      saveEveryField,
		"Save must leave a newer snapshot alone":                     saveOlder,
		"Save must leave a higher position alone":                    savePositions,
		"Save must keep all or none":                                 saveAtomic,
		"Save must be durable":                                       saveDurable,
		"Positions must not have shards never saved":                 positionsEmpty,
		"Claim must make one customer for a new key":                 claimNew,
		"Claim must find the customer of a known key":                claimKnown,
		"Claim must make none when none may be made":                 claimNone,
		"Claim must let the strongest key decide":                    claimStrongest,
		"Claim must let a known contact decide":                      claimContact,
		"Claim must agree on one customer under concurrency":         claimConcurrent,
		"Claim must be durable":                                      claimDurable,
		"Lookup must answer in the order of the keys":                lookupOrder,
		"Bind must be idempotent and independent of order":           bindOrder,
		"Bind must give the key to the next holder after an unlink":  bindUnlink,
		"Bind must keep what a claim had made":                       bindAfterClaim,
		"Due must return the earliest first and no more than asked":  dueOrder,
		"Due must take the time itself and nothing later":            dueThrough,
		"Save must put a timer in place of the one before":           dueReplaced,
		"Save must leave the timer of a newer snapshot alone":        dueOlder,
		"Save must keep timers with the rest or not at all":          dueAtomic,
		"Save must keep a timer for each tenant's customer":          dueTenants,
		"Save must keep timers durably":                              dueDurable,
		"Save must take who was erased out of all holders":           eraseHolders,
		"Save must take the timer of who was erased away":            eraseTimer,
		"Save must leave all others of who was erased alone":         eraseOthers,
		"Claim and Bind must not bring back who was erased":          eraseLate,
		"who was erased must stay so after opening again":            eraseDurable,
		"every method must keep tenants apart":                       tenantsApart,
		"every method must be safe for concurrent use":               concurrent,
		"every method must not keep or change what it was given":     givenStays,
		"every method must fail as Unavailable after Close":          closed,
		"every method must heed a context that has ended":            ended,
		"keys of one text but different types must be different":     typesApart,
		"identifiers and ids of any characters must be kept":         oddKeys,
		"a state saved in full must be the same after opening again": reopenState,
	} {
		t.Run(name, func(t *testing.T) { test(t, f) })
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func key(kind domain.IdentifierType, value string) domain.IdentifierKey {
	return domain.IdentifierKey{Type: kind, Value: value}
}

func phone(value string) domain.IdentifierKey { return key(domain.IdentifierPhone, value) }

func state(revision int64) *domain.State {
	return &domain.State{
		Revision: revision, RevisionTime: T0.Add(time.Duration(revision)), FirstSeen: T0, LastSeen: T0,
		Facts: []*domain.NamedFacts{{Name: "city", Values: []domain.Value{{Text: fmt.Sprint("value ", revision), Revision: revision}}}},
	}
}

func record(customer string, s *domain.State) domain.StateRecord {
	return domain.StateRecord{Tenant: tenant, Customer: customer, State: s}
}

func save(t testing.TB, s domain.Store, records ...domain.StateRecord) {
	t.Helper()
	check(t, s.Save(t.Context(), domain.Progress{States: records}))
}

func wantState(t testing.TB, s domain.Store, customer string, want *domain.State) {
	t.Helper()
	got, err := s.LoadState(t.Context(), tenant, customer)
	check(t, err)
	if !got.Equal(want) {
		t.Errorf("state of %s: got %+v, want %+v", customer, got, want)
	}
}

func wantPositions(t testing.TB, s domain.Store, want map[int32]int64) {
	t.Helper()
	got, err := s.Positions(t.Context())
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

func loadNone(t *testing.T, f Factory) {
	wantState(t, f.New(t), "nobody", nil)
}

func loadNewest(t *testing.T, f Factory) {
	s := f.New(t)
	save(t, s, record("c", state(3)), record("d", state(1)))
	save(t, s, record("c", state(7)))
	wantState(t, s, "c", state(7))
	wantState(t, s, "d", state(1))
}

func saveEveryField(t *testing.T, f Factory) {
	s := f.New(t)
	full := FullState()
	save(t, s, record("c", full))
	wantState(t, s, "c", full)
}

func saveOlder(t *testing.T, f Factory) {
	s := f.New(t)
	save(t, s, record("c", state(7)))
	same := state(7)
	same.Locale = "xx"
	save(t, s, record("c", same), record("c", state(6)))
	wantState(t, s, "c", state(7))
}

func savePositions(t *testing.T, f Factory) {
	s := f.New(t)
	check(t, s.Save(t.Context(), domain.Progress{Positions: map[int32]int64{0: 5, 63: 9}}))
	check(t, s.Save(t.Context(), domain.Progress{Positions: map[int32]int64{0: 4, 63: 10, 7: 0}}))
	got, err := s.Positions(t.Context())
	check(t, err)
	if got[0] != 5 || got[63] != 10 || got[7] != 0 {
		t.Errorf("positions %v", got)
	}
}

func saveAtomic(t *testing.T, f Factory) {
	s := f.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Save(ctx, domain.Progress{States: []domain.StateRecord{record("c", state(1))}, Positions: map[int32]int64{1: 1}}); err == nil {
		t.Fatal("a save with an ended context succeeded")
	}
	wantState(t, s, "c", nil)
	wantPositions(t, s, map[int32]int64{})
}

func saveDurable(t *testing.T, f Factory) {
	s := f.New(t)
	check(t, s.Save(t.Context(), domain.Progress{
		States: []domain.StateRecord{record("c", state(2))}, Positions: map[int32]int64{3: 8},
	}))
	s = f.Reopen(t, s)
	if f.Forgets {
		wantState(t, s, "c", nil)
		return
	}
	wantState(t, s, "c", state(2))
	wantPositions(t, s, map[int32]int64{3: 8})
}

func positionsEmpty(t *testing.T, f Factory) {
	wantPositions(t, f.New(t), map[int32]int64{})
}

func lookupOrder(t *testing.T, f Factory) {
	s := f.New(t)
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1")}, NewCustomer: "a", Now: T0})
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+2")}, NewCustomer: "b", Now: T0})
	got, err := s.Lookup(t.Context(), tenant, []domain.IdentifierKey{phone("+2"), phone("+3"), phone("+1"), phone("+2")})
	check(t, err)
	var customers []string
	for _, o := range got {
		customers = append(customers, o.Customer)
	}
	if diff := cmp.Diff([]string{"b", "", "a", "b"}, customers); diff != "" {
		t.Error(diff)
	}
}

func tenantsApart(t *testing.T, f Factory) {
	s := f.New(t)
	check(t, s.Save(t.Context(), domain.Progress{States: []domain.StateRecord{{Tenant: "one", Customer: "c", State: state(4)}}}))
	got, err := s.LoadState(t.Context(), "two", "c")
	check(t, err)
	if got != nil {
		t.Error("another tenant's state")
	}
	r := domain.ClaimRequest{Tenant: "one", Keys: []domain.IdentifierKey{phone("+1")}, NewCustomer: "a", Now: T0}
	_, err = s.Claim(t.Context(), r)
	check(t, err)
	r.Tenant, r.NewCustomer = "two", "b"
	res, err := s.Claim(t.Context(), r)
	check(t, err)
	if res.Customer != "b" {
		t.Errorf("another tenant's customer %s", res.Customer)
	}
	owners, err := s.Lookup(t.Context(), "three", r.Keys)
	check(t, err)
	if owners[0].Customer != "" {
		t.Error("another tenant's owner")
	}
}

func concurrent(t *testing.T, f Factory) {
	s := f.New(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range int64(20) {
				id := fmt.Sprint("c", i)
				if err := s.Save(context.Background(), domain.Progress{
					States: []domain.StateRecord{record(id, state(j+1))}, Positions: map[int32]int64{int32(i): j},
				}); err != nil {
					t.Error(err)
				}
				if _, err := s.LoadState(context.Background(), tenant, id); err != nil {
					t.Error(err)
				}
				if err := s.Bind(context.Background(), tenant, []domain.Binding{{Key: phone(id), Owner: domain.Owner{Customer: id, Since: T0}}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for i := range 8 {
		wantState(t, s, fmt.Sprint("c", i), state(20))
	}
}

func givenStays(t *testing.T, f Factory) {
	s := f.New(t)
	r := domain.ClaimRequest{Tenant: tenant, Keys: []domain.IdentifierKey{phone("+1")}, NewCustomer: "a", Now: T0}
	_, err := s.Claim(t.Context(), r)
	check(t, err)
	r.Keys[0] = phone("+2")
	positions := map[int32]int64{1: 1}
	check(t, s.Save(t.Context(), domain.Progress{Positions: positions}))
	positions[1] = 9
	got, err := s.Positions(t.Context())
	check(t, err)
	got[1] = 7
	wantPositions(t, s, map[int32]int64{1: 1})
	owners, err := s.Lookup(t.Context(), tenant, []domain.IdentifierKey{phone("+1"), phone("+2")})
	check(t, err)
	if owners[0].Customer != "a" || owners[1].Customer != "" {
		t.Errorf("owners %v", owners)
	}
}

// calls are all methods but Close.
func calls(s domain.Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"LoadState": func(ctx context.Context) error { _, err := s.LoadState(ctx, tenant, "c"); return err },
		"Save": func(ctx context.Context) error {
			return s.Save(ctx, domain.Progress{Positions: map[int32]int64{1: 1}})
		},
		"Positions": func(ctx context.Context) error { _, err := s.Positions(ctx); return err },
		"Claim": func(ctx context.Context) error {
			_, err := s.Claim(ctx, domain.ClaimRequest{Tenant: tenant, Keys: []domain.IdentifierKey{phone("+1")}, NewCustomer: "c", Now: T0})
			return err
		},
		"Lookup": func(ctx context.Context) error {
			_, err := s.Lookup(ctx, tenant, []domain.IdentifierKey{phone("+1")})
			return err
		},
		"Due": func(ctx context.Context) error { _, err := s.Due(ctx, T0, 1); return err },
		"Bind": func(ctx context.Context) error {
			return s.Bind(ctx, tenant, []domain.Binding{{Key: phone("+1"), Owner: domain.Owner{Customer: "c", Since: T0}}})
		},
	}
}

func closed(t *testing.T, f Factory) {
	s := f.New(t)
	check(t, s.Close())
	check(t, s.Close())
	for name, call := range calls(s) {
		if err := call(t.Context()); fault.KindOf(err) != fault.Unavailable || err == nil {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

func ended(t *testing.T, f Factory) {
	s := f.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range calls(s) {
		if err := call(ctx); err == nil {
			t.Errorf("%s with an ended context succeeded", name)
		}
	}
}

func oddKeys(t *testing.T, f Factory) {
	s := f.New(t)
	for _, odd := range []string{"a\x00b", "a", "\x00", "ä€😀", "a/b", "customers/x"} {
		save(t, s, record(odd, state(int64(len(odd)))))
		claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone(odd)}, NewCustomer: "for " + odd, Now: T0})
	}
	for _, odd := range []string{"a\x00b", "a", "\x00", "ä€😀", "a/b", "customers/x"} {
		wantState(t, s, odd, state(int64(len(odd))))
		owners, err := s.Lookup(t.Context(), tenant, []domain.IdentifierKey{phone(odd)})
		check(t, err)
		if owners[0].Customer != "for "+odd {
			t.Errorf("owner of %q: %v", odd, owners[0])
		}
	}
}

func reopenState(t *testing.T, f Factory) {
	if f.Forgets {
		t.Skip("this store forgets everything when it is closed")
	}
	s := f.New(t)
	full := FullState()
	save(t, s, record("c", full))
	wantState(t, f.Reopen(t, s), "c", full)
}
