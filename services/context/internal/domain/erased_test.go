package domain

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Whatever was known of a customer, in whatever cuts it came: nothing is left of it but the revision.
func TestErasedIsNothingButTheRevision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := genHistory(40).Draw(t, "history")
		n := int64(len(events))
		marker := Event{Revision: n + 1, RecordedAt: at(6000), Payload: CustomerErased{}}
		want := &State{Revision: n + 1, RevisionTime: at(6000), Erased: at(6000)}
		got := mustApply(t, through(t, mustApply(t, nil, events...)), marker)
		if !got.Equal(want) {
			t.Fatalf("after the marker: %+v", got)
		}
		if all := mustApply(t, nil, append(events, marker)...); !all.Equal(want) {
			t.Fatalf("all at once: %+v", all)
		}
		stubs := make([]Event, n)
		for i := range stubs {
			stubs[i] = Event{Revision: int64(i + 1), RecordedAt: at(i), Payload: EventErased{}}
		}
		blank := mustApply(t, nil, stubs...)
		if n > 0 && !blank.Equal(&State{Revision: n, RevisionTime: at(int(n - 1))}) {
			t.Fatalf("of stubs: %+v", blank)
		}
		if rebuilt := mustApply(t, blank, marker); !rebuilt.Equal(want) {
			t.Fatalf("from what is left in the log: %+v", rebuilt)
		}
		late := mustApply(t, got, Event{Revision: n + 2, RecordedAt: at(6001), Payload: FactStated{Slot: "city", Value: "Oslo"}})
		if len(late.Facts) > 0 || !late.Erased.Equal(at(6000)) || late.Revision != n+2 {
			t.Fatalf("an event after the marker: %+v", late)
		}
	})
}

func TestErasedIsRefused(t *testing.T) {
	if err := (&State{Revision: 1}).CheckErased(); err != nil {
		t.Error(err)
	}
	err := (&State{Erased: at(1)}).CheckErased()
	f, _ := fault.As(err)
	if fault.ReasonOf(err) != ReasonCustomerErased || f.Kind != fault.NotFound || f.Meta[EraseTimeKey] != "2026-03-01T10:01:00Z" {
		t.Errorf("got %v", err)
	}
	if Bindings("c", Event{Payload: CustomerErased{}}) != nil || Bindings("c", Event{Payload: EventErased{}}) != nil {
		t.Error("what is left of a history binds identifiers")
	}
}
