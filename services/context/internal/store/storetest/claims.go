package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

func claim(t testing.TB, s domain.Store, r domain.ClaimRequest) domain.ClaimResult {
	t.Helper()
	r.Tenant = tenant
	res, err := s.Claim(t.Context(), r)
	check(t, err)
	return res
}

func contact(id string) domain.IdentifierKey { return domain.ContactKey("genesys", id) }

func claimNew(t *testing.T, f Factory) {
	s := f.New(t)
	res := claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1")}, NewCustomer: "a", Now: T0})
	want := domain.ClaimResult{Customer: "a", Created: true, Keys: []domain.KeyClaim{{
		Key: phone("+1"), Outcome: domain.Linked, Owner: domain.Owner{Customer: "a", Since: T0, Created: true},
	}}}
	if diff := cmp.Diff(want, res); diff != "" {
		t.Error(diff)
	}
}

func claimKnown(t *testing.T, f Factory) {
	s := f.New(t)
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1")}, NewCustomer: "a", Now: T0})
	res := claim(t, s, domain.ClaimRequest{
		Keys:        []domain.IdentifierKey{key(domain.IdentifierEmail, "x@y.z"), phone("+1")},
		NewCustomer: "b", Now: T0.Add(time.Hour),
	})
	if res.Customer != "a" || res.Created || res.Keys[0].Outcome != domain.Linked || res.Keys[1].Outcome != domain.Matched {
		t.Errorf("got %+v", res)
	}
	if !res.Keys[1].Owner.Since.Equal(T0) {
		t.Errorf("the owner since %v, want %v", res.Keys[1].Owner.Since, T0)
	}
}

func claimNone(t *testing.T, f Factory) {
	s := f.New(t)
	if res := claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1")}, Now: T0}); res.Customer != "" || res.Keys != nil {
		t.Errorf("got %+v", res)
	}
	owners, err := s.Lookup(t.Context(), tenant, []domain.IdentifierKey{phone("+1")})
	check(t, err)
	if owners[0].Customer != "" {
		t.Errorf("owner %v", owners[0])
	}
}

func claimStrongest(t *testing.T, f Factory) {
	s := f.New(t)
	mail, account := key(domain.IdentifierEmail, "x@y.z"), key(domain.IdentifierAccount, "17")
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{mail}, NewCustomer: "a", Now: T0})
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{account}, NewCustomer: "b", Now: T0})
	res := claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{mail, account, phone("+1")}, NewCustomer: "c", Now: T0})
	if res.Customer != "b" || res.Keys[0].Outcome != domain.Conflicting || res.Keys[0].Owner.Customer != "a" || res.Keys[2].Outcome != domain.Linked {
		t.Errorf("got %+v", res)
	}
}

func claimContact(t *testing.T, f Factory) {
	s := f.New(t)
	first := claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{contact("1")}, NewCustomer: "a", Now: T0})
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1")}, NewCustomer: "b", Now: T0})
	again := claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1"), contact("1")}, NewCustomer: "c", Now: T0.Add(time.Hour)})
	if first.Repeated || !first.Created {
		t.Errorf("first: %+v", first)
	}
	if again.Customer != "a" || !again.Repeated || !again.Created || again.Keys[0].Outcome != domain.Conflicting {
		t.Errorf("again: %+v", again)
	}
}

func claimConcurrent(t *testing.T, f Factory) {
	s := f.New(t)
	const callers = 100
	results := make([]domain.ClaimResult, callers)
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			res, err := s.Claim(context.Background(), domain.ClaimRequest{
				Tenant: tenant, Keys: []domain.IdentifierKey{phone("+1"), contact(fmt.Sprint(i))}, NewCustomer: fmt.Sprint("c", i), Now: T0,
			})
			if err != nil {
				t.Error(err)
			}
			results[i] = res
		})
	}
	wait.Wait()
	created := 0
	for _, r := range results {
		if r.Customer != results[0].Customer {
			t.Fatalf("two customers: %s and %s", r.Customer, results[0].Customer)
		}
		if r.Created {
			created++
		}
	}
	if created != 1 {
		t.Errorf("created %d times", created)
	}
}

func claimDurable(t *testing.T, f Factory) {
	if f.Forgets {
		t.Skip("this store forgets everything when it is closed")
	}
	s := f.New(t)
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1"), contact("1")}, NewCustomer: "a", Now: T0})
	s = f.Reopen(t, s)
	got, err := s.Lookup(t.Context(), tenant, []domain.IdentifierKey{phone("+1"), contact("1")})
	check(t, err)
	want := domain.Owner{Customer: "a", Since: T0, Created: true}
	if diff := cmp.Diff([]domain.Owner{want, want}, got); diff != "" {
		t.Error(diff)
	}
}

func bound(customer string, after time.Duration) domain.Binding {
	return domain.Binding{Key: phone("+1"), Owner: domain.Owner{Customer: customer, Since: T0.Add(after)}}
}

func ownerOf(t testing.TB, s domain.Store, k domain.IdentifierKey) domain.Owner {
	t.Helper()
	owners, err := s.Lookup(t.Context(), tenant, []domain.IdentifierKey{k})
	check(t, err)
	return owners[0]
}

func bindOrder(t *testing.T, f Factory) {
	bindings := []domain.Binding{bound("a", 3), bound("b", 1), bound("c", 2)}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {0, 1, 2, 0, 1, 2}} {
		s := f.New(t)
		for _, i := range order {
			check(t, s.Bind(t.Context(), tenant, bindings[i:i+1]))
		}
		if got := ownerOf(t, s, phone("+1")); got.Customer != "b" {
			t.Errorf("order %v: owner %v", order, got)
		}
	}
}

func bindUnlink(t *testing.T, f Factory) {
	s := f.New(t)
	unlink := bound("a", 0)
	unlink.Unbind = true
	check(t, s.Bind(t.Context(), tenant, []domain.Binding{bound("a", 1), bound("b", 2), unlink}))
	if got := ownerOf(t, s, phone("+1")); got.Customer != "b" {
		t.Errorf("owner %v", got)
	}
	unlink.Owner.Customer = "b"
	check(t, s.Bind(t.Context(), tenant, []domain.Binding{unlink, unlink}))
	if got := ownerOf(t, s, phone("+1")); got.Customer != "" {
		t.Errorf("owner %v", got)
	}
}

func bindAfterClaim(t *testing.T, f Factory) {
	s := f.New(t)
	claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{phone("+1")}, NewCustomer: "a", Now: T0})
	check(t, s.Bind(t.Context(), tenant, []domain.Binding{bound("a", 5)}))
	if got := ownerOf(t, s, phone("+1")); got.Customer != "a" || !got.Created || !got.Since.Equal(T0.Add(5)) {
		t.Errorf("owner %v", got)
	}
}

func typesApart(t *testing.T, f Factory) {
	s := f.New(t)
	for i := domain.IdentifierPhone; i <= domain.IdentifierPlatformContact; i++ {
		claim(t, s, domain.ClaimRequest{Keys: []domain.IdentifierKey{key(i, "17")}, NewCustomer: i.String(), Now: T0})
	}
	for i := domain.IdentifierPhone; i <= domain.IdentifierPlatformContact; i++ {
		if got := ownerOf(t, s, key(i, "17")); got.Customer != i.String() {
			t.Errorf("%v: owner %v", i, got)
		}
	}
}
