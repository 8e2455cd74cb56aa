package projector_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
)

// signalled reports whether a watch has a signal, once nothing moves any more.
func signalled(w *projector.Watch) bool {
	synctest.Wait()
	select {
	case <-w.Changed():
		return true
	default:
		return false
	}
}

// rest lets everything happen that is to happen.
func rest() { time.Sleep(time.Second); synctest.Wait() }

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, client := newLog(t)
		f := follow(t, log, client, memstore.New(), nil)
		rest()
		c1, c2 := f.Watch(t.Context(), "c1"), f.Watch(t.Context(), "c2")
		other := f.Projector.Tenant("north").Watch(t.Context(), "c1")
		again := f.Watch(t.Context(), "c1")
		if signalled(c1) {
			t.Error("a signal although nothing happened")
		}

		f.append("c1", stated("e1", "city", "x"))
		rest()
		f.wantRevision("c1", 1)
		if !signalled(c1) || !signalled(again) {
			t.Error("no signal of an event that came by the tail")
		}
		if signalled(c2) || signalled(other) {
			t.Error("a signal of another customer's event")
		}

		// What comes while nobody looks is one signal.
		for i := range 5 {
			f.append("c1", stated(fmt.Sprint("more", i), "city", "y"))
			rest()
		}
		if !signalled(c1) || signalled(c1) {
			t.Error("five changes are not one signal")
		}

		w, err := f.Writer(t.Context(), "c2")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.AppendAlways(t.Context(), []*logv1.Event{stated("e1", "city", "x")}); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if !signalled(c2) {
			t.Error("no signal of an own write")
		}
		rest()
		if signalled(c2) {
			t.Error("a second signal when the tail brings the own write")
		}

		_ = signalled(again)
		_, err = f.DictionaryWrite(t.Context(), func(*domain.Dictionary) (*logv1.Event, error) { return slotChanged(t, "s1", "city", "town"), nil })
		if err != nil {
			t.Fatal(err)
		}
		if !signalled(c1) || !signalled(c2) || !signalled(again) {
			t.Error("no signal of a change of the dictionary")
		}
		if signalled(other) {
			t.Error("a signal of another tenant's dictionary")
		}

		c1.Close()
		c1.Close()
		f.append("c1", stated("last", "city", "z"))
		rest()
		if signalled(c1) {
			t.Error("a signal after the end")
		}
		if !signalled(again) {
			t.Error("the end of one watch ended another")
		}
	})
}

// A watched customer stays in memory, and leaves it when the watch has ended, by whatever it ends.
func TestWatchKeepsTheCustomerInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, client := newLog(t)
		f := follow(t, log, client, memstore.New(), func(o *projector.Options) { o.CacheBytes = 1 })
		ctx, cancel := context.WithCancel(t.Context())
		f.Watch(ctx, "c1")
		unknown := f.Watch(t.Context(), "nobody")
		f.append("c1", stated("e1", "city", "x"))
		rest()
		log.ResetCalls()
		if r, err := f.Read(t.Context(), "c1", projector.Want{}); err != nil || r.State.Revision != 1 || log.Calls("ListEvents") > 0 {
			t.Errorf("%v, %v", r, err)
		}
		others := func(id string) {
			for i := range 100 {
				f.append(fmt.Sprint("other", i), stated(id, "city", "x"))
			}
			rest()
		}
		others("e1")
		if !projector.InMemory(f.Tenant, "c1") || !projector.InMemory(f.Tenant, "nobody") {
			t.Error("a watched customer was evicted")
		}
		cancel()
		unknown.Close()
		others("e2")
		if projector.InMemory(f.Tenant, "c1") || projector.InMemory(f.Tenant, "nobody") {
			t.Error("a customer stays although nobody watches it any more")
		}
	})
}

// Many come and go while many change.
func TestWatchesComeAndGo(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 50 {
				w := f.Watch(t.Context(), fmt.Sprint("c", (i+j)%3))
				if _, err := log.Append(fmt.Sprint("customers/c", (i+j)%3), stated(fmt.Sprint(i, "-", j), "city", "x")); err != nil {
					t.Error(err)
				}
				<-w.Changed()
				w.Close()
			}
		})
	}
	wait.Wait()
}

func BenchmarkWatch(b *testing.B) {
	const watchers = 10_000
	for name, customers := range map[string]int{"one customer": 1, "a customer each": watchers} {
		b.Run(name, func(b *testing.B) {
			p, err := projector.New(projector.Options{Store: memstore.New()})
			if err != nil {
				b.Fatal(err)
			}
			t := p.Tenant("default")
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			all := make([]*projector.Watch, watchers)
			for i := range all {
				all[i] = t.Watch(b.Context(), fmt.Sprint("c", i%customers))
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			var got, stop sync.WaitGroup
			end := make(chan struct{})
			for _, w := range all {
				stop.Go(func() {
					for {
						select {
						case <-w.Changed():
							got.Done()
						case <-end:
							w.Close()
							return
						}
					}
				})
			}
			// One change of the dictionary reaches them all.
			for b.Loop() {
				got.Add(watchers)
				projector.SignalAll(t)
				got.Wait()
			}
			close(end)
			stop.Wait()
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/watchers, "B/watch")
		})
	}
}
