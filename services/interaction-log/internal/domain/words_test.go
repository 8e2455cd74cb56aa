package domain

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSnippet(t *testing.T) {
	long := strings.Repeat("äöü ", 100)
	tests := []struct {
		name, text string
		at         int
		want       string
	}{
		{"short", "all of it", 4, "all of it"},
		{"begin", "needle " + long, 0, "needle ä"},
		{"middle", long + "needle " + long, len(long), "needle"},
		{"end", long + "needle", len(long), "needle"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got := snippet(tc.text, tc.at)
			if !strings.Contains(got, tc.want) || len(got) > maxSnippet {
				t.Errorf("%d bytes: %q", len(got), got)
			}
		})
	}
}

func TestSnippetIsAlwaysValid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "text") + strings.Repeat(rapid.StringN(1, 5, 12).Draw(rt, "more"), 60)
		var starts []int
		for _, at := range wordsOf(text) {
			starts = append(starts, at)
		}
		if len(starts) == 0 {
			return
		}
		got := snippet(text, rapid.SampledFrom(starts).Draw(rt, "at"))
		if len(got) > maxSnippet || !utf8.ValidString(got) || !strings.Contains(text, strings.TrimSuffix(strings.TrimPrefix(got, "..."), "...")) {
			rt.Fatalf("%d bytes: %q", len(got), got)
		}
	})
}

func TestRing(t *testing.T) {
	var r ring
	if r.after(0, 10, 10) != nil {
		t.Error("an empty ring has events")
	}
	for i := range int64(3 * ringEvents) {
		r.add(&Event{Sequence: i + 1, Payload: make([]byte, 10)})
	}
	if n := len(r.events); n != ringEvents || r.bytes != 10*n {
		t.Errorf("%d events, %d bytes", n, r.bytes)
	}
	oldest := r.events[0].Sequence
	if r.after(oldest-2, 10, 1000) != nil {
		t.Error("the ring answers for what it has forgotten")
	}
	if events := r.after(oldest-1, 10, 1000); len(events) != 10 || events[0].Sequence != oldest {
		t.Errorf("%d events", len(events))
	}
	if events := r.after(oldest, 1000, 35); len(events) != 3 {
		t.Errorf("%d events for 35 bytes", len(events))
	}
	r.add(&Event{Sequence: 3*ringEvents + 1, Payload: make([]byte, ringBytes)})
	if len(r.events) != 1 || r.bytes != ringBytes {
		t.Errorf("%d events, %d bytes", len(r.events), r.bytes)
	}
	r.add(&Event{Sequence: 3*ringEvents + 3})
	if events := r.after(3*ringEvents+1, 10, 10); events != nil {
		t.Errorf("the ring has a gap: %v", events)
	}
}

// Shards are part of the stored format: these values must never change.
func TestShardOf(t *testing.T) {
	for _, tc := range []struct {
		key    Key
		shards int
		want   int32
	}{
		{Key{"default", "customer-1"}, 64, 44},
		{Key{"default", "customer-2"}, 64, 5},
		{Key{"a", "bc"}, 64, 35},
		{Key{"ab", "c"}, 64, 39},
		{Key{"default", "customer-1"}, 1, 0},
		{Key{"default", "customer-1"}, 4096, 1132},
	} {
		if got := ShardOf(tc.key, tc.shards); got != tc.want {
			t.Errorf("%v of %d: %d, want %d", tc.key, tc.shards, got, tc.want)
		}
	}
}
