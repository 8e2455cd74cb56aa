package projector_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func (f *fixture) erase(customer string) {
	f.t.Helper()
	if _, err := f.log.Erase(auth.DefaultTenant, "customers/"+customer, ""); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) wantErased(customer string) {
	f.t.Helper()
	if _, err := f.Read(f.t.Context(), customer, projector.Want{}); fault.ReasonOf(err) != domain.ReasonCustomerErased {
		f.t.Errorf("read: %v", err)
	}
	if w, err := f.Writer(f.t.Context(), customer); fault.ReasonOf(err) != domain.ReasonCustomerErased {
		f.t.Errorf("writer: %v, %v", w, err)
	}
	r, err := f.ReadAny(f.t.Context(), customer, projector.Want{})
	if err != nil {
		f.t.Fatal(err)
	}
	if want := (&domain.State{Revision: r.State.Revision, RevisionTime: r.State.RevisionTime, Erased: r.State.Erased}); !r.State.Equal(want) {
		f.t.Errorf("left of %s: %+v", customer, r.State)
	}
	stored, err := f.store.LoadState(f.t.Context(), auth.DefaultTenant, customer)
	if err != nil || !stored.Equal(r.State) {
		f.t.Errorf("stored of %s: %+v, %v", customer, stored, err)
	}
}

// A reaction that is owed to who is erased meanwhile is dropped: the log takes it no more, and nothing waits for it.
func TestReactionsOfWhoWasErasedAreDropped(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	f.settle()
	var appends atomic.Int64
	log.Intercept(func(_ context.Context, method string) error {
		if method == "AppendEvents" {
			appends.Add(1)
			return fault.New(fault.Unavailable, fault.ServiceUnavailable, "not now")
		}
		return nil
	})
	f.append("c1", stated("e1", "city", "x"), asked("q", "city"))
	eventually(t, "the repeat is tried", func() bool { return appends.Load() > 0 })
	f.erase("c1")
	f.settle()
	log.Up()
	f.append("c2", stated("e1", "city", "x"), asked("q", "city"))
	f.settle()
	f.wantErased("c1")
	f.wantRevision("c2", 3)
	if n := len(log.Events("customers/c1")); n != 3 {
		t.Errorf("%d events of who was erased", n)
	}
}

// The same when the log says so in answer to the reaction, because the marker has not come by yet.
func TestReactionMeetsTheErasure(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	f.settle()
	gone := make(chan struct{})
	log.Intercept(func(_ context.Context, method string) error {
		if method == "AppendEvents" {
			log.StallTails()
			_, err := log.Erase(auth.DefaultTenant, "customers/c1", "")
			select {
			case <-gone:
			default:
				close(gone)
			}
			return err
		}
		return nil
	})
	f.append("c1", stated("e1", "city", "x"), asked("q", "city"))
	<-gone
	eventually(t, "the reaction is given up", func() bool { return f.Backlog() == 0 })
	log.Resume()
	f.settle()
	f.wantErased("c1")
}

// A timer of who is erased does nothing, and does not come again.
func TestTimersOfWhoWasErased(t *testing.T) {
	log, client := newLog(t)
	clock := &testkit.Clock{}
	var dues atomic.Int64
	f := follow(t, log, client, memstore.New(), onDue(clock, func(ctx context.Context, w *projector.Writer) error {
		dues.Add(1)
		return expire(ctx, w)
	}))
	f.append("c1", offered("h1", clock.Now().Add(time.Minute)))
	f.append("c2", offered("h1", clock.Now().Add(time.Minute)))
	f.settle()
	log.StallTails()
	f.erase("c1") // which only the log knows
	clock.Advance(time.Hour)
	eventually(t, "the other's expires", func() bool { return expiries(log, auth.DefaultTenant, "customers/c2") == 1 })
	log.Resume()
	f.settle()
	eventually(t, "no timer is left", func() bool {
		left, err := f.store.Due(t.Context(), clock.Now(), 10)
		return err == nil && len(left) == 0
	})
	f.wantErased("c1")
	if n := dues.Load(); n != 1 {
		t.Errorf("something was due %d times", n)
	}
}

// A lookup never names who is known to be erased, although the store does not know of it yet: it asks for the next.
func TestLookupNamesNobodyErased(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), func(o *projector.Options) { o.SaveEvery = time.Hour })
	eventually(t, "ready", func() bool { return f.Ready() == nil })
	keys := []domain.IdentifierKey{{Type: domain.IdentifierPhone, Value: "+1"}, {Type: domain.IdentifierPhone, Value: "+2"}}
	for i := range 3 {
		c := fmt.Sprint("c", i)
		f.append(c, linked("l", "+1"))
		followed(f)
		if err := f.Bind(t.Context(), c, log.Events("customers/"+c)...); err != nil {
			t.Fatal(err)
		}
	}
	f.erase("c0")
	f.erase("c1")
	followed(f)
	owners, err := f.Lookup(t.Context(), keys)
	if err != nil || owners[0].Customer != "c2" || owners[1].Customer != "" {
		t.Errorf("owners %v, %v", owners, err)
	}
	f.erase("c2")
	followed(f)
	res, err := f.Claim(t.Context(), domain.ClaimRequest{Keys: keys, NewCustomer: "new", Now: time.Now()})
	if err != nil || res.Customer != "new" || !res.Created {
		t.Errorf("claim %+v, %v", res, err)
	}
}

// followed waits until all of the log is applied, be it saved or not.
func followed(f *fixture) {
	f.t.Helper()
	eventually(f.t, "the view follows", func() bool {
		resp, err := f.log.ListShards(f.t.Context(), &logv1.ListShardsRequest{})
		return err == nil && f.Followed(resp.GetShards())
	})
}

// After a crash the view goes on from the store or from nothing; what it reads of an erased history binds nobody.
func TestViewBuiltFromAnErasedLog(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	f.append("c1", linked("l", "+1"), stated("e", "city", strings.Repeat("x", 99)))
	f.settle()
	f.stop()
	f.erase("c1")
	for _, store := range []domain.Store{f.store, memstore.New()} {
		next := follow(t, log, client, store, nil)
		next.settle()
		next.wantErased("c1")
		owners, err := next.Lookup(t.Context(), []domain.IdentifierKey{{Type: domain.IdentifierPhone, Value: "+1"}})
		if err != nil || owners[0].Customer != "" {
			t.Errorf("owners %v, %v", owners, err)
		}
		next.stop()
	}
}
