package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// erasedState is what is kept of a customer who was erased.
func erasedState(revision int64) *domain.State {
	at := T0.Add(time.Duration(revision) * time.Hour)
	return &domain.State{Revision: revision, RevisionTime: at, Erased: at}
}

func hold(t testing.TB, s domain.Store, k domain.IdentifierKey, customer string, after time.Duration) {
	t.Helper()
	check(t, s.Bind(t.Context(), tenant, []domain.Binding{{Key: k, Owner: domain.Owner{Customer: customer, Since: T0.Add(after)}}}))
}

func wantOwners(t testing.TB, s domain.Store, want map[domain.IdentifierKey]string) {
	t.Helper()
	got := map[domain.IdentifierKey]string{}
	for k := range want {
		got[k] = ownerOf(t, s, k).Customer
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

func eraseHolders(t *testing.T, f Factory) {
	s := f.New(t)
	mail, handoff := key(domain.IdentifierEmail, "x@y.z"), domain.HandoffKey("h-1")
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1"), mail, contact("1")}, NewCustomer: "a", Now: T0})
	hold(t, s, handoff, "a", 1)
	hold(t, s, phone("+2"), "b", 1)
	hold(t, s, phone("+2"), "a", 2)
	hold(t, s, phone("+1"), "b", 3)
	save(t, s, record("a", state(3)))
	save(t, s, record("a", erasedState(4)))
	wantState(t, s, "a", erasedState(4))
	wantOwners(t, s, map[domain.IdentifierKey]string{
		phone("+1"): "b", phone("+2"): "b", mail: "", handoff: "", contact("1"): "",
	})
	unlink := domain.Binding{Key: phone("+2"), Owner: domain.Owner{Customer: "b"}, Unbind: true}
	check(t, s.Bind(t.Context(), tenant, []domain.Binding{unlink}))
	wantOwners(t, s, map[domain.IdentifierKey]string{phone("+2"): ""})
	if res := claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{mail}, NewCustomer: "new", Now: T0}); res.Customer != "new" || !res.Created {
		t.Errorf("the identifier of who was erased: %+v", res)
	}
}

func eraseTimer(t *testing.T, f Factory) {
	s := f.New(t)
	save(t, s, record("a", timed(1, 3)), record("b", timed(1, 5)))
	save(t, s, record("a", erasedState(2)))
	wantDue(t, s, 99, 10, timer("b", 5))
}

// eraseOthers has more records than any store looks at in one go.
func eraseOthers(t *testing.T, f Factory) {
	s := f.New(t)
	const others = 25_000
	var bindings []domain.Binding
	for i := range others {
		o := domain.Owner{Customer: fmt.Sprint("c", i), Since: T0}
		if i%1000 == 999 {
			o.Customer = "a"
		}
		bindings = append(bindings, domain.Binding{Key: phone(fmt.Sprintf("+%05d", i)), Owner: o})
	}
	check(t, s.Bind(t.Context(), tenant, bindings))
	check(t, s.Bind(t.Context(), "two", bindings[999:1000]))
	save(t, s, record("a", erasedState(1)))
	keys := make([]domain.IdentifierKey, others)
	for i := range bindings {
		keys[i] = bindings[i].Key
	}
	owners, err := s.Lookup(t.Context(), tenant, keys)
	check(t, err)
	for i, o := range owners {
		want := bindings[i].Owner.Customer
		if want == "a" {
			want = ""
		}
		if o.Customer != want {
			t.Fatalf("%v: owner %q, want %q", keys[i], o.Customer, want)
		}
	}
	owners, err = s.Lookup(t.Context(), "two", keys[999:1000])
	check(t, err)
	if owners[0].Customer != "a" {
		t.Errorf("another tenant's customer of the same id lost its identifier: %v", owners[0])
	}
}

func eraseLate(t *testing.T, f Factory) {
	s := f.New(t)
	hold(t, s, phone("+1"), "a", 1)
	save(t, s, record("a", erasedState(4)))
	hold(t, s, phone("+1"), "a", 2)
	hold(t, s, domain.HandoffKey("h"), "a", 2)
	res := claim(t, s, domain.ClaimRequest{
		Keys: []domain.IdentifierKey{phone("+2"), phone("+3")}, NewCustomer: "b", Now: T0,
	})
	if res.Customer != "b" {
		t.Errorf("got %+v", res)
	}
	// One that is still believed to be merged into who was erased.
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+2"), contact("9")}, Now: T0, Roots: map[string]string{"b": "a"}})
	save(t, s, record("a", state(3)), record("b", state(1)))
	wantState(t, s, "a", erasedState(4))
	wantOwners(t, s, map[domain.IdentifierKey]string{
		phone("+1"): "", domain.HandoffKey("h"): "", phone("+2"): "b", contact("9"): "",
	})
}

func eraseDurable(t *testing.T, f Factory) {
	if f.Forgets {
		t.Skip("this store forgets everything when it is closed")
	}
	s := f.New(t)
	hold(t, s, phone("+1"), "a", 1)
	save(t, s, record("a", erasedState(4)))
	s = f.Reopen(t, s)
	wantState(t, s, "a", erasedState(4))
	hold(t, s, phone("+1"), "a", 2)
	wantOwners(t, s, map[domain.IdentifierKey]string{phone("+1"): ""})
}
