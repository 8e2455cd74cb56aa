package projector_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
)

func TestMemos(t *testing.T) {
	now := time.Unix(1000, 0)
	dict := domain.NewDictionary(1, nil)
	key := func(v domain.ContextView) projector.MemoKey {
		return projector.MemoKey{View: v, Clearance: domain.FullClearance}
	}
	c := &projector.Current{State: &domain.State{}}
	remember := func(v domain.ContextView, text string) {
		c.Remember(&projector.Memo{Key: key(v), Dictionary: dict, From: now, Until: now.Add(time.Minute), Answer: []byte(text)})
	}
	answer := func(v domain.ContextView, d *domain.Dictionary, at time.Time) string {
		if m := c.Memo(key(v), d, at); m != nil {
			return string(m.Answer)
		}
		return ""
	}
	remember(domain.ViewFull, "old")
	remember(domain.ViewIVR, "ivr")
	remember(domain.ViewFull, "full")
	for _, tt := range []struct {
		name string
		view domain.ContextView
		dict *domain.Dictionary
		at   time.Time
		want string
	}{
		{"the newest of its key", domain.ViewFull, dict, now, "full"},
		{"another key", domain.ViewIVR, dict, now, "ivr"},
		{"a key without", domain.ViewBot, dict, now, ""},
		{"another dictionary", domain.ViewFull, domain.NewDictionary(1, nil), now, ""},
		{"too early", domain.ViewFull, dict, now.Add(-1), ""},
		{"just in time", domain.ViewFull, dict, now.Add(time.Minute - 1), "full"},
		{"too late", domain.ViewFull, dict, now.Add(time.Minute), ""},
	} {
		if got := answer(tt.view, tt.dict, tt.at); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}

	// There are few, whoever adds how many at once, and the newest is among them.
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() { remember(domain.ContextView(10+i), fmt.Sprint(i)) })
	}
	all.Wait()
	remember(domain.ViewFull, "newest")
	kept := 0
	for v := range domain.ContextView(60) {
		if answer(v, dict, now) != "" {
			kept++
		}
	}
	if kept != 4 || answer(domain.ViewFull, dict, now) != "newest" {
		t.Errorf("%d answers are kept, the newest %q", kept, answer(domain.ViewFull, dict, now))
	}
}
