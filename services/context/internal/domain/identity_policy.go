package domain

import "slices"

// defaultLimits hold where a policy states no limit for a type: two ids of the customer management system are two
// people.
var defaultLimits = []IdentifierLimit{{IdentifierCRMID, 1}}

// Limit returns how many identifiers of a type one customer may have; false when any number.
func (p *IdentityPolicy) Limit(t IdentifierType) (int, bool) {
	for _, limits := range [][]IdentifierLimit{p.Limits, defaultLimits} {
		for _, l := range limits {
			if l.Type == t {
				return l.Max, true
			}
		}
	}
	return 0, false
}

// Blocks reports whether an identifier, in its normal form, names nobody.
func (p *IdentityPolicy) Blocks(id Identifier) bool {
	return slices.ContainsFunc(p.Blocked, func(b BlockedIdentifier) bool { return b.Identifier == id })
}

// Admits reports whether a customer who has some identifiers may have one more.
func (p *IdentityPolicy) Admits(have []Identifier, id Identifier) bool {
	limit, limited := p.Limit(id.Type)
	return !limited || slices.Contains(have, id) || countType(have, id.Type) < limit
}

func countType(ids []Identifier, t IdentifierType) int {
	n := 0
	for _, id := range ids {
		if id.Type == t {
			n++
		}
	}
	return n
}

// IdentifierValues returns the identifiers of the customer, newest first.
func (s *State) IdentifierValues() []Identifier {
	return each(s.Identifiers, func(l LinkedIdentifier) Identifier { return l.Identifier })
}

// Anonymous reports whether the customer is a visitor of whom no more is known than the browser or the device.
func (s *State) Anonymous() bool {
	return len(s.Identifiers) > 0 && !slices.ContainsFunc(s.Identifiers, func(l LinkedIdentifier) bool {
		return l.Identifier.Type != IdentifierWebVisitor && l.Identifier.Type != IdentifierDevice
	})
}
