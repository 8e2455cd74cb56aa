package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// watched is a watch and what it has told so far.
type watched struct {
	t       *testing.T
	updates chan *client.Update
	last    *client.CustomerContext
}

// watching watches a customer until the end of the test.
func watching(t *testing.T, customer *client.Customer, view client.View) *watched {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), harness.ReadyWithin)
	w, done := &watched{t: t, updates: make(chan *client.Update)}, make(chan struct{})
	go func() {
		defer close(done)
		defer close(w.updates)
		for u, err := range customer.Watch(ctx, view) {
			if err != nil {
				if !errors.Is(err, client.CodeCancelled) {
					t.Errorf("the watch ended: %v", err)
				}
				return
			}
			select {
			case w.updates <- u:
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return w
}

// until waits for an update in which slots have these values, and returns all updates up to it.
func (w *watched) until(want map[string]string) []*client.Update {
	w.t.Helper()
	var all []*client.Update
	for u := range w.updates {
		if w.last != nil && u.Context.Revision < w.last.Revision {
			w.t.Errorf("revision %d came after %d", u.Context.Revision, w.last.Revision)
		}
		w.last, all = u.Context, append(all, u)
		seen := 0
		for slot, value := range want {
			if factOf(u.Context, slot).Value == value {
				seen++
			}
		}
		if seen == len(want) {
			return all
		}
	}
	w.t.Fatalf("the watch ended before it told %v", want)
	return nil
}

func factOf(c *client.CustomerContext, slot string) client.Fact {
	for _, f := range c.Facts {
		if f.DisplayName == slot {
			return f
		}
	}
	return client.Fact{}
}

// A watch goes on over a crash of everything that it watches, and misses nothing.
func TestGoClientWatchesOverAKill(t *testing.T) {
	for name, start := range deployments {
		t.Run(name, func(t *testing.T) {
			s := start(t, t.TempDir())
			c := dialClient(t, s)
			customer := c.known(t, "watched")
			// record tries again until the servers are back; it is recorded once all the same.
			record := func(slot, value string) {
				t.Helper()
				harness.Eventually(t, "a fact is recorded", func() bool {
					_, err := customer.RecordFacts(t.Context(), []client.FactInput{{Slot: slot, Value: value}}, client.WithRequestID(slot+value))
					var e *client.Error
					if errors.As(err, &e) && !e.Temporary() {
						t.Fatal(err)
					}
					return err == nil
				})
			}
			record("town", "Lund")
			w := watching(t, customer, client.ViewFull)
			if first := w.until(map[string]string{"town": "Lund"})[0]; !first.Full || len(first.Changed) == 0 {
				t.Errorf("first %+v", first)
			}
			record("pet", "cat")
			told := w.until(map[string]string{"town": "Lund", "pet": "cat"})
			if u := told[len(told)-1]; u.Full || !slices.Contains(u.Changed, client.SectionFacts) || slices.Contains(u.Changed, client.SectionCases) {
				t.Errorf("the change is %+v", u)
			}

			for round := range 2 {
				before, after := fmt.Sprint("before-", round), fmt.Sprint("after-", round)
				record("colour", before)
				s = s.Restart(t)
				record("size", after)
				for _, u := range w.until(map[string]string{"town": "Lund", "pet": "cat", "colour": before, "size": after}) {
					if u.Full {
						t.Errorf("the watch has not gone on, but begun anew: %+v", u)
					}
				}
			}
			now, err := customer.Context(t.Context(), client.ViewFull, client.FullyConsistent())
			if err != nil {
				t.Fatal(err)
			}
			// What a watch has put together is what a read says.
			w.last.Freshness = now.Freshness
			if diff := cmp.Diff(now, w.last); diff != "" {
				t.Errorf("the context that is watched differs (-read +watched):\n%s", diff)
			}
		})
	}
}
