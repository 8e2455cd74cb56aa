package domain

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// askedAgainIn returns what each handoff of a state says was asked for again.
func askedAgainIn(s *State) map[string][]string {
	all := map[string][]string{}
	for _, h := range s.Handoffs {
		if len(h.AskedAgain) > 0 {
			all[h.ID] = h.AskedAgain
		}
	}
	return all
}

// Whichever of customers who are one was asked, and in whose history the handoffs are: it comes to what one history of
// all would say.
func TestAskedAgainAcrossHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []Event
		histories := make([][]Event, 3)
		owner := map[string]int{}
		for i := range rapid.IntRange(1, 40).Draw(t, "events") {
			h := fmt.Sprint("h", rapid.IntRange(0, 5).Draw(t, "handoff"))
			x := rapid.SampledFrom([]string{"", "i1", "i2"}).Draw(t, "interaction")
			of := rapid.IntRange(0, 2).Draw(t, "customer")
			var p Payload
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				p = HandoffOffered{HandoffID: h, Offered: []string{"city", "size"}}
				if _, known := owner[h]; !known {
					owner[h] = of
				}
				of = owner[h]
			case 1:
				p = HandoffAccepted{HandoffID: h, InteractionID: x}
				of = owner[h]
			default:
				p = RepeatDetected{Slot: rapid.SampledFrom([]string{"City", "size", "name"}).Draw(t, "slot")}
			}
			e := Event{EventID: fmt.Sprint("e", i), OccurredAt: at(i), RecordedAt: at(i), InteractionID: x, Payload: p}
			e.Revision = int64(len(all) + 1)
			all = append(all, e)
			e.Revision = int64(len(histories[of]) + 1)
			histories[of] = append(histories[of], e)
		}
		states := make([]*State, len(histories))
		for i, events := range histories {
			states[i] = mustApply(t, nil, events...)
		}
		want := askedAgainIn(mustApply(t, nil, all...))
		for range states {
			got := Join(states[0], states[1:]...)
			if diff := cmp.Diff(want, askedAgainIn(got)); diff != "" {
				t.Fatalf("(-one history +joined):\n%s", diff)
			}
			states = append(states[1:], states[0])
		}
	})
}

// A question that is forgotten leaves its mark at the handoff of its own history.
func TestAskedAgainLongAgo(t *testing.T) {
	steps := []Event{
		happensIn("a", HandoffOffered{HandoffID: "h1", Offered: []string{"city", "size"}}),
		happensIn("b", HandoffAccepted{HandoffID: "h1", InteractionID: "b"}), happensIn("b", RepeatDetected{Slot: "city"}),
	}
	for range MaxRecentRepeats {
		steps = append(steps, happensIn("b", RepeatDetected{Slot: "name"}))
	}
	s := foldHistory(t, steps...)
	other := history(t, 90, "b", RepeatDetected{Slot: "size"})
	if got := Join(other, s).Handoffs[0].AskedAgain; !slices.Equal(got, []string{"city", "size"}) {
		t.Errorf("asked again: %v", got)
	}
	if got := s.Handoffs[0].AskedAgain; !slices.Equal(got, []string{"city"}) {
		t.Errorf("joining changed a state: %v", got)
	}
}

// What the dictionary made of a name counts, not the name: in the scope of a bot "account" may be another slot than the
// one whose id that is.
func TestAskedAgainForAnotherSlot(t *testing.T) {
	for name, c := range map[string]struct {
		offered []string
		asked   RepeatDetected
		want    []string
	}{
		"the slot":                     {[]string{"order", "account"}, RepeatDetected{Slot: "account", Scope: "bot", SlotID: "order"}, []string{"order"}},
		"another slot's id":            {[]string{"account"}, RepeatDetected{Slot: "account", Scope: "bot", SlotID: "order"}, nil},
		"offered before it was a slot": {[]string{"Order No"}, RepeatDetected{Slot: "order_no", SlotID: "order"}, []string{"Order No"}},
		"no slot":                      {[]string{"nickname"}, RepeatDetected{Slot: "Nickname", Scope: "bot"}, []string{"nickname"}},
	} {
		s := foldHistory(t, happensIn("a", HandoffOffered{HandoffID: "h1", Offered: c.offered}),
			happensIn("b", HandoffAccepted{HandoffID: "h1", InteractionID: "b"}), happensIn("b", c.asked))
		if diff := cmp.Diff(c.want, s.Handoffs[0].AskedAgain); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	dict := NewDictionary(1, []Slot{{ID: "account"}, {ID: "order", Aliases: []Alias{{Name: "account", Scope: "bot"}}}})
	h := &Handoff{Offered: []string{"account", "nickname"}}
	if r, err := h.Acknowledge(dict, "bot", []string{"account"}, nil, false); err == nil {
		t.Errorf("acknowledged as %v", r.Read)
	}
	if r, err := h.Acknowledge(dict, "bot", []string{"Nickname"}, nil, false); err != nil || !slices.Equal(r.Read, []string{"nickname"}) {
		t.Errorf("acknowledged as %v, %v", r.Read, err)
	}
}
