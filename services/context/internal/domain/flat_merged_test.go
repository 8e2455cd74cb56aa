package domain

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func flatOf(v *View, a Asker, scope string, now time.Time) *Flat {
	return Flatten("customers/c", BuildContext(v, a, ViewFull, now), a, PlanKnown(v, a, scope, now))
}

// An IVR hears the same of customers who are one, whichever of them survives and however often it asks, within the bounds.
func TestFlatOfMergedCustomers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var states []*State
		for i := range rapid.IntRange(2, 4).Draw(t, "customers") {
			// One after the other: where clocks tell nothing, the survivor's word counts.
			events := genFactHistory(t, "c"+strconv.Itoa(i), 100*i)
			states = append(states, mustApply(t, nil, events...))
		}
		d := genDictionary().Draw(t, "dictionary")
		scope, now := rapid.SampledFrom(fewScopes).Draw(t, "scope"), at(rapid.IntRange(0, 500).Draw(t, "now"))
		a := genAsker().Draw(t, "asker")
		want := flatOf(NewView(Join(states[0], states[1:]...), d), a, scope, now)
		total := 0
		for k, x := range want.Values {
			total += len(k) + len(x)
		}
		if total > MaxFlatBytes {
			t.Fatalf("%d bytes", total)
		}
		for i := range states {
			others := append(append([]*State{}, states[:i]...), states[i+1:]...)
			if diff := cmp.Diff(want.Values, flatOf(NewView(Join(states[i], others...), d), a, scope, now).Values); diff != "" {
				t.Fatalf("with customer %d as the survivor:\n%s", i, diff)
			}
		}
	})
}

// How others write a name, or a customer that is merged into this one, does not change the key that an asker uses.
func TestFlatKeysAreTheAskers(t *testing.T) {
	own := history(t, 0, "ivr", FactStated{Slot: "shoe_size", Scope: "ivr", Value: "42"})
	other := history(t, 9, "chat", FactStated{Slot: "Shoe Size", Value: "43"}, FactStated{Slot: "SHOE-SIZE", Scope: "bot", Value: "44"})
	for name, s := range map[string]*State{"alone": own, "merged": Join(own, other), "merged into the other": Join(other, own)} {
		got := flatOf(NewView(s, nil), Unrestricted, "IVR", at(20)).Values
		if got["slot_shoe_size"] != "42" || got["decision_shoe_size"] != "use" {
			t.Errorf("%s: %v", name, got)
		}
	}
}
