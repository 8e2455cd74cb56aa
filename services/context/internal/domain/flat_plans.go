package domain

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// NamedPlan is a plan with the key under which a flat context has it.
type NamedPlan struct {
	Key  string
	Plan SlotPlan
}

// NamePlans gives each plan a key made of its slot's name. Of names that would have the same key, the later ones get a
// number.
func NamePlans(plans []SlotPlan) []NamedPlan {
	named := make([]NamedPlan, len(plans))
	taken := make(map[string]bool, len(plans))
	for i := range plans {
		key := flatKey(plans[i].Slot)
		for n := 2; taken[key]; n++ {
			key = flatKey(plans[i].Slot) + "_" + strconv.Itoa(n)
		}
		taken[key] = true
		named[i] = NamedPlan{Key: key, Plan: plans[i]}
	}
	return named
}

// flatKey returns a name with "_" for everything but ASCII letters, digits, "-" and "_".
func flatKey(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, name)
}

// PlanKnown returns the plans of all slots whose values the asker may use or confirm, newest value first, and of the
// secrets that need not be asked for. A name without entry is planned for the asker's scope. The keys do not depend on
// which value is newest: slots have theirs first, then the other names in their order.
func PlanKnown(v *View, a Asker, scope string, now time.Time) []NamedPlan {
	l := v.lookAs(a, now)
	var plans []SlotPlan
	seen := make(map[*entry]bool)
	add := func(r SlotRequest, e *entry, d verdict) {
		if d.chosen != nil || d.passport != nil {
			var p SlotPlan
			l.plan(&p, new(Provenance), r, e, d)
			plans = append(plans, p)
		}
	}
	v.eachSlot(func(e *entry, _, full *answer) {
		if e != undefinedEntry {
			seen[e] = true
			add(SlotRequest{Slot: e.slot.ID}, e, l.decide(e, full))
		}
	})
	if v.dict != nil && len(v.state.Passports) > 0 {
		for _, e := range v.dict.secrets {
			if !seen[e] {
				add(SlotRequest{Slot: e.slot.ID}, e, l.secret(e))
			}
		}
	}
	folded := foldScope(scope)
	for name, g := range v.undefined {
		if v.dict.resolve(folded, name) == nil { // where it is a slot's name, that slot was planned
			d := l.withhold(undefinedEntry, v.undefinedAnswers(folded, name).decide(l.moment))
			add(SlotRequest{Slot: g.nameIn(v.dict, folded), Scope: scope}, undefinedEntry, d)
		}
	}
	slices.SortFunc(plans, func(x, y SlotPlan) int {
		return cmp.Or(-cmp.Compare(min(len(x.SlotID), 1), min(len(y.SlotID), 1)), cmp.Compare(x.Slot, y.Slot))
	})
	named := NamePlans(plans)
	slices.SortStableFunc(named, func(x, y NamedPlan) int { return y.Plan.since().Compare(x.Plan.since()) })
	return named
}

// nameIn returns how a name without entry is written: in the asker's scope, if it was said there, so that the key stays the
// asker's own whatever others write, under whichever name of the customer.
func (g *group) nameIn(d *Dictionary, scope string) string {
	for _, f := range g.facts {
		if f.meaningIn(d).scope == scope {
			return f.Name
		}
	}
	return g.facts[0].Name
}

// since returns since when what a plan says to use is known.
func (p *SlotPlan) since() time.Time {
	switch {
	case p.Provenance != nil:
		return p.Provenance.Time
	case p.Verification != nil:
		return p.Verification.Time
	}
	return time.Time{}
}
