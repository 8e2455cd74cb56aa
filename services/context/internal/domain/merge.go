package domain

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

const (
	// MaxMerged bounds the customers that one consists of.
	MaxMerged = MaxMerges + 1
	// MaxMergeConflicts bounds the conflicts that a merge lists.
	MaxMergeConflicts = 200
)

// CollisionKind is what stands against a merge. The numbers are the contract's.
type CollisionKind int32

// The kinds.
const (
	CollisionUnspecified CollisionKind = iota
	CollisionIdentifierLimit
	CollisionAlreadyMerged
	CollisionTooManyMerged
)

var collisionNames = [...]string{"", "IDENTIFIER_LIMIT", "ALREADY_MERGED", "TOO_MANY_MERGED"}

// String returns the kind's name in the contract.
func (k CollisionKind) String() string { return nameOf(collisionNames[:], int(k)) }

// Collision is something that stands against a merge.
type Collision struct {
	Kind CollisionKind
	// Type, Count and Limit say of which identifiers there would be too many; of customers for TooManyMerged.
	Type         IdentifierType
	Count, Limit int
	Explanation  string
}

// MergeSide is one side of a merge.
type MergeSide struct {
	// Joined is what is known of the customer, with those merged into it.
	Joined *State
	// Customers is how many that are; Listed how many merges the customer's own history tells of, in force or not.
	Customers, Listed int
	// Root is false when the customer is merged into another one.
	Root bool
}

// Collisions returns what stands against merging one customer into another.
func Collisions(p *IdentityPolicy, surviving, merged MergeSide) []Collision {
	var all []Collision
	if !merged.Root {
		all = append(all, Collision{Kind: CollisionAlreadyMerged, Explanation: "The customer to be merged is merged into another one already."})
	}
	if !surviving.Root {
		all = append(all, Collision{Kind: CollisionAlreadyMerged, Explanation: "The customer who is to stay is merged into another one: merge into that one."})
	}
	if n := max(surviving.Customers, surviving.Listed+1) + merged.Customers; n > MaxMerged {
		all = append(all, Collision{
			Kind: CollisionTooManyMerged, Count: n, Limit: MaxMerged,
			Explanation: fmt.Sprintf("Together they would be %d customers, of at most %d.", n, MaxMerged),
		})
	}
	return append(all, limitCollisions(p, surviving.Joined, merged.Joined)...)
}

// limitCollisions returns the types of which there would be too many identifiers. Where the surviving customer has too
// many already, only a merge that adds one collides.
func limitCollisions(p *IdentityPolicy, surviving, merged *State) []Collision {
	before := surviving.IdentifierValues()
	after := JoinIdentifiers(before, merged.IdentifierValues())
	types := oncePer(after, func(id Identifier) IdentifierType { return id.Type })
	slices.SortFunc(types, func(a, b Identifier) int { return cmp.Compare(a.Type, b.Type) })
	var all []Collision
	for _, t := range types {
		n := countType(after, t.Type)
		if limit, limited := p.Limit(t.Type); limited && n > limit && n > countType(before, t.Type) {
			all = append(all, Collision{
				Kind: CollisionIdentifierLimit, Type: t.Type, Count: n, Limit: limit,
				Explanation: fmt.Sprintf("Together they would have %d identifiers of type %s, of at most %d.", n, t.Type, limit),
			})
		}
	}
	return all
}

// JoinIdentifiers returns the identifiers of both, each once, the first's first.
func JoinIdentifiers(a, b []Identifier) []Identifier {
	return oncePer(slices.Concat(a, b), func(id Identifier) Identifier { return id })
}

// SlotConflict is a slot for which two customers have different values.
type SlotConflict struct {
	// Slot is its id, or the name under which it was stated where the dictionary has no entry.
	Slot                        string
	SurvivingValue, MergedValue string
	Sensitivity                 Sensitivity
}

// SlotConflicts returns the slots for which two customers have different values, by name; at most MaxMergeConflicts.
func SlotConflicts(surviving, merged *View, now time.Time) []SlotConflict {
	have := surviving.slotValues(now)
	var all []SlotConflict
	for key, m := range merged.slotValues(now) {
		s, known := have[key]
		if !known || sameValue(m.entry.slot.Type, s.canonical, m.canonical) {
			continue
		}
		all = append(all, SlotConflict{
			Slot: cmp.Or(s.fact.SlotID, s.fact.DisplayName), SurvivingValue: s.fact.Value, MergedValue: m.fact.Value,
			Sensitivity: max(s.fact.Sensitivity, m.fact.Sensitivity),
		})
	}
	slices.SortFunc(all, func(a, b SlotConflict) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.SurvivingValue, b.SurvivingValue), cmp.Compare(a.MergedValue, b.MergedValue))
	})
	return all[:min(len(all), MaxMergeConflicts)]
}

// slotKey tells slots apart: entries of the dictionary, or else names as stated, in their scopes.
type slotKey struct{ id, scope, name string }

type slotValue struct {
	entry     *entry
	fact      Fact
	canonical string
}

// slotValues returns the value that each slot shows. What it takes more than clearance to see is compared, but not shown.
func (v *View) slotValues(now time.Time) map[slotKey]slotValue {
	values := map[slotKey]slotValue{}
	l := v.lookAs(Unrestricted, now)
	v.eachSlot(func(e *entry, own, _ *answer) {
		verdict := e.ownVerdict(own, now)
		if verdict.chosen == nil {
			return
		}
		f := l.fact(e, l.withhold(e, verdict))
		key := slotKey{id: f.SlotID}
		if f.SlotID == "" {
			key = slotKey{scope: foldScope(f.Provenance.Scope), name: FoldName(f.Provenance.Slot)}
		}
		values[key] = slotValue{e, f, canonical(e.slot.Type, verdict.chosen.text)}
	})
	return values
}
