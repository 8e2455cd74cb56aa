package projector_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

var phoneKey = domain.IdentifierKey{Type: domain.IdentifierPhone, Value: "+12025550100"}

func linked(id, number string) *logv1.Event {
	return &logv1.Event{EventId: id, Payload: &logv1.Event_IdentifierLinked{IdentifierLinked: &logv1.IdentifierLinked{
		Identifier: &logv1.Identifier{Type: logv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: number},
	}}}
}

func slotChanged(t *testing.T, id, slot, alias string) *logv1.Event {
	t.Helper()
	e, err := wire.SlotChanged(id, &contextv1.Slot{Name: "slots/" + slot, Aliases: []*contextv1.SlotAlias{{Name: alias}}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// tell writes what two tenants have in common, with what differs: the same customer id, the same phone, the same ids of
// events.
func tell(t *testing.T, f *fixture) {
	t.Helper()
	for tenant, c := range map[string]struct{ alias, city, owner string }{
		"north": {"town", "Oslo", "c1"},
		"south": {"place", "Rome", "c2"},
	} {
		for _, h := range []struct {
			customer string
			events   []*logv1.Event
		}{
			{domain.DictionaryCustomer, []*logv1.Event{slotChanged(t, "s1", "city", c.alias)}},
			{"c1", []*logv1.Event{stated("e1", c.alias, c.city), asked("q1", "city"), asked("q2", "town")}},
			{c.owner, []*logv1.Event{linked("l1", phoneKey.Value)}},
		} {
			if _, err := f.log.AppendFor(tenant, "customers/"+h.customer, h.events...); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func wantApart(t *testing.T, f *fixture) {
	t.Helper()
	for tenant, want := range map[string]struct {
		slot, city, owner string
		repeats           int64
	}{
		// "town" is the city in the north only: there the second question is a repeat, too.
		"north": {"town", "Oslo", "c1", 2},
		"south": {"place", "Rome", "c2", 1},
	} {
		v := f.Projector.Tenant(tenant)
		if err := v.WaitDictionary(t.Context()); err != nil {
			t.Fatal(err)
		}
		r, err := v.Read(t.Context(), "c1", projector.Want{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.State.Facts) != 1 || r.State.Facts[0].Values[0].Text != want.city || r.State.Repeats != want.repeats {
			t.Errorf("%s: %d repeats, facts %+v", tenant, r.State.Repeats, r.State.Facts)
		}
		if slot, _ := v.Dictionary().Resolve("", want.slot); slot.ID != "city" {
			t.Errorf("%s: %q resolves to %q", tenant, want.slot, slot.ID)
		}
		owners, err := v.Lookup(t.Context(), []domain.IdentifierKey{phoneKey})
		if err != nil || owners[0].Customer != want.owner {
			t.Errorf("%s: the phone is %v's, %v", tenant, owners, err)
		}
		stored, err := f.store.LoadState(t.Context(), tenant, "c1")
		if err != nil || !stored.Equal(r.State) {
			t.Errorf("%s: stored %+v, %v", tenant, stored, err)
		}
	}
}

// One follower serves all tenants, those too whom it first meets in the log, and keeps them apart; also when the view is
// built again, and when it goes on from what is stored.
func TestTenantsAreApart(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	f.settle()
	tell(t, f)
	f.settle()
	wantApart(t, f)
	f.stop()
	appended := log.Calls("AppendEvents")

	rebuilt := follow(t, log, client, memstore.New(), nil)
	rebuilt.settle()
	wantApart(t, rebuilt)
	rebuilt.stop()

	resumed := follow(t, log, client, f.store, nil)
	resumed.settle()
	wantApart(t, resumed)
	if got := log.Calls("AppendEvents"); got != appended {
		t.Errorf("%d appends of what the log has", got-appended)
	}
	if got := log.Events("customers/c1"); got != nil {
		t.Errorf("the default tenant has %v", got)
	}
}

// Claims and writes are their tenant's.
func TestWritesAreTheTenants(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	for _, name := range []string{"north", "south"} {
		v := f.Projector.Tenant(name)
		res, err := v.Claim(t.Context(), domain.ClaimRequest{Keys: []domain.IdentifierKey{phoneKey}, NewCustomer: "of-" + name, Now: v.Now()})
		if err != nil || !res.Created || res.Customer != "of-"+name {
			t.Fatalf("%s: %+v, %v", name, res, err)
		}
		w, err := v.Writer(t.Context(), "c1")
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Append(t.Context(), func(*projector.Current) ([]*logv1.Event, error) {
			return []*logv1.Event{stated("e1", "city", name)}, nil
		})
		w.Close()
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.DictionaryWrite(t.Context(), func(*domain.Dictionary) (*logv1.Event, error) {
			return slotChanged(t, "s1", name, "x"), nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	f.settle()
	for _, name := range []string{"north", "south"} {
		v := f.Projector.Tenant(name)
		r, err := v.Read(t.Context(), "c1", projector.Want{Full: true})
		if err != nil || r.State.Revision != 1 || r.State.Facts[0].Values[0].Text != name {
			t.Errorf("%s: %+v, %v", name, r.Current, err)
		}
		state, err := v.StateAt(t.Context(), "c1", 1)
		if err != nil || !state.Equal(r.State) {
			t.Errorf("%s: %+v, %v", name, state, err)
		}
		if slot, _ := v.Dictionary().Resolve("", "x"); slot.ID != name {
			t.Errorf("%s: x resolves to %q", name, slot.ID)
		}
	}
	if got := log.Events("customers/c1"); got != nil {
		t.Errorf("the default tenant has %v", got)
	}
}

// A tenant whom nobody knew has an empty dictionary, and leaves nothing behind.
func TestUnknownTenant(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	f.settle()
	v := f.Projector.Tenant("nobody")
	if v != f.Projector.Tenant("nobody") || v.DictionaryKnown() {
		t.Error("the handle is not kept, or knows a dictionary")
	}
	if err := v.WaitDictionary(t.Context()); err != nil || !v.DictionaryKnown() || v.Dictionary().Version() != 0 {
		t.Errorf("%v, %v", v.Dictionary(), err)
	}
	r, err := v.Read(t.Context(), "c1", projector.Want{})
	if err != nil || r.State.Revision != 0 || f.CachedBytes() != 0 {
		t.Errorf("%+v, %v, %d bytes", r.Current, err, f.CachedBytes())
	}
}

// Made-up names of tenants are forgotten once nobody uses them; a tenant that exists is kept, and so is one in use.
func TestMadeUpTenantsAreForgotten(t *testing.T) {
	log, client := newLog(t)
	if _, err := log.AppendFor("acme", "customers/c1", stated("e1", "city", "Oslo")); err != nil {
		t.Fatal(err)
	}
	f := follow(t, log, client, memstore.New(), nil)
	f.settle()
	call := func(name string) *projector.Tenant {
		tenant := f.Projector.Tenant(name)
		if err := tenant.WaitDictionary(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := tenant.Read(t.Context(), "c1", projector.Want{}); err != nil {
			t.Fatal(err)
		}
		return tenant
	}
	inUse := f.Projector.Tenant("watched").Watch(t.Context(), "c1")
	used := call("used")
	for i := range 200 {
		call(fmt.Sprint("made-up-", i))
	}
	eventually(t, "only those in use are left", func() bool {
		runtime.GC()
		n := projector.Called(f.Projector)
		return n >= 2 && n <= 10 // the stack may still hold the last ones
	})
	if f.Projector.Tenant("used") != used {
		t.Error("there are two of a tenant in use")
	}
	inUse.Close()
	if !projector.Kept(f.Projector, "acme") || projector.Kept(f.Projector, "used") {
		t.Error("a tenant that exists is not kept, or one that does not is")
	}
}

// What is wrong with one tenant does not stop the others.
func TestOneTenantsTroubleIsItsOwn(t *testing.T) {
	log, client := newLog(t)
	log.Intercept(func(ctx context.Context, _ string) error {
		if logfake.TenantOf(ctx) == "bad" {
			return invalid()
		}
		return nil
	})
	f := follow(t, log, client, memstore.New(), func(o *projector.Options) { o.Tenants = []string{"bad", "good"} })
	f.settle()
	if !f.Projector.Tenant("good").DictionaryKnown() {
		t.Error("the good tenant has no dictionary")
	}
	if err := f.Projector.Tenant("bad").WaitDictionary(t.Context()); err == nil {
		t.Error("the bad tenant has a dictionary")
	}
}

// Customers of several tenants with the same id are in memory side by side, and leave it in any order.
func TestSameIDsInMemory(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	names := []string{"a", "b", "c", "d"}
	for _, first := range names {
		watches := map[string]*projector.Watch{}
		for _, name := range names {
			watches[name] = f.Projector.Tenant(name).Watch(t.Context(), "nobody")
		}
		left := names
		for range names {
			watches[first].Close()
			left = slices.DeleteFunc(slices.Clone(left), func(name string) bool { return name == first })
			for _, name := range names {
				if got := projector.InMemory(f.Projector.Tenant(name), "nobody"); got != slices.Contains(left, name) {
					t.Errorf("%s in memory: %v, left %v", name, got, left)
				}
			}
			if len(left) > 0 {
				first = left[len(left)/2]
			}
		}
	}
}
