package domain

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"sync/atomic"
)

// DictionaryCustomer is the reserved customer whose history holds the changes of the slot dictionary.
const DictionaryCustomer = "_slots"

// MaxSlots bounds the dictionary.
const MaxSlots = 1000

// Dictionary is a tenant's slot dictionary, compiled for looking names up. It is immutable; a nil *Dictionary is the
// empty one.
//
// A name is resolved within a scope, in this order: the alias with that scope, the alias without scope, the slot's own
// id. Names and scopes are compared as FoldName says.
type Dictionary struct {
	version int64
	slots   []*entry // by id
	byID    map[string]*entry
	names   map[nameKey]*entry
	secrets []*entry // of slots, the secret ones
	policy  Policy
}

// entry is a compiled slot.
type entry struct {
	slot    Slot
	pattern *regexp.Regexp // nil for any
	allowed map[string]bool
	links   []link
	// answers are the slots that link to this one.
	answers []*entry
	// guarded says that it takes more than clearance to see a value.
	guarded bool
}

// link is a link whose slot exists.
type link struct {
	from *entry
	use  bool
}

// nameKey is a folded name; with an empty scope an alias for everywhere.
type nameKey struct{ scope, name string }

// NewDictionary compiles slots. It never fails, because the slots come from the log and are as they are: of two slots
// that claim one name the one with the lower id has it, a link that leads nowhere is left out, and a pattern that is
// not valid matches nothing. CheckCreate and CheckUpdate keep such slots from getting there. The version is the
// revision of the newest change.
func NewDictionary(version int64, slots []Slot) *Dictionary {
	d := &Dictionary{
		version: version,
		byID:    make(map[string]*entry, len(slots)),
		names:   make(map[nameKey]*entry, 4*len(slots)),
	}
	for _, s := range slots {
		if _, twice := d.byID[s.ID]; !twice {
			e := compile(s)
			d.byID[s.ID] = e
			d.slots = append(d.slots, e)
		}
	}
	slices.SortFunc(d.slots, func(a, b *entry) int { return cmp.Compare(a.slot.ID, b.slot.ID) })
	for _, e := range d.slots {
		if e.slot.Sensitivity == SensitivitySecret {
			d.secrets = append(d.secrets, e)
		}
		for _, a := range e.slot.Aliases {
			d.name(nameKey{foldScope(a.Scope), FoldName(a.Name)}, e)
		}
	}
	for _, e := range d.slots { // after the aliases, which come first
		d.name(nameKey{"", FoldName(e.slot.ID)}, e)
		for _, l := range e.slot.Links {
			if from := d.byID[l.FromSlot]; from != nil && from != e {
				e.links = append(e.links, link{from: from, use: l.Action == LinkUse})
				from.answers = append(from.answers, e)
			}
		}
	}
	return d
}

func (d *Dictionary) name(k nameKey, e *entry) {
	if _, taken := d.names[k]; !taken {
		d.names[k] = e
	}
}

func compile(s Slot) *entry {
	e := &entry{slot: s, guarded: s.MinVerification > VerificationNone || s.ConsentPurpose != ""}
	if s.Validation.Pattern != "" {
		re, err := compilePattern(s.Validation.Pattern)
		if err != nil {
			re = regexp.MustCompile(`[^\s\S]`)
		}
		e.pattern = re
	}
	if len(s.Validation.AllowedValues) > 0 {
		e.allowed = make(map[string]bool, len(s.Validation.AllowedValues))
		for _, v := range s.Validation.AllowedValues {
			e.allowed[FoldText(v)] = true
		}
	}
	return e
}

// compilePattern compiles an expression that has to match the whole value.
func compilePattern(p string) (*regexp.Regexp, error) {
	// Alone first: otherwise "a)|(b" would be valid.
	if _, err := regexp.Compile(p); err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?:` + p + `)$`)
}

// foldScope is FoldName for scopes, where empty means everywhere.
func foldScope(s string) string {
	if s == "" {
		return ""
	}
	return FoldName(s)
}

// Apply folds the changes of the dictionary, events of DictionaryCustomer's history in the order of their revisions,
// and returns the dictionary after them. Events that it has already are skipped.
func (d *Dictionary) Apply(events ...Event) *Dictionary {
	version, policy := d.Version(), d.Policy()
	var slots map[string]Slot
	for i := range events {
		if events[i].Revision <= version {
			continue
		}
		version = events[i].Revision
		if slots == nil {
			slots = make(map[string]Slot)
			for _, s := range d.Slots() {
				slots[s.ID] = s
			}
		}
		switch p := events[i].Payload.(type) {
		case SlotChanged:
			slots[p.Slot.ID] = p.Slot
		case SlotDeleted:
			delete(slots, p.SlotID)
		case PolicyChanged:
			policy = p.Policy
			policy.UpdateTime = events[i].RecordedAt
		}
	}
	if slots == nil {
		return d
	}
	next := NewDictionary(version, slices.Collect(maps.Values(slots)))
	next.policy = policy
	return next
}

// Version returns the revision of the newest change; 0 for the empty dictionary.
func (d *Dictionary) Version() int64 {
	if d == nil {
		return 0
	}
	return d.version
}

// Len returns the number of slots.
func (d *Dictionary) Len() int {
	if d == nil {
		return 0
	}
	return len(d.slots)
}

// Slot returns the slot with an id.
func (d *Dictionary) Slot(id string) (Slot, bool) {
	if d != nil {
		if e := d.byID[id]; e != nil {
			return e.slot, true
		}
	}
	return Slot{}, false
}

// Slots returns all slots, by id.
func (d *Dictionary) Slots() []Slot {
	if d == nil {
		return nil
	}
	all := make([]Slot, len(d.slots))
	for i, e := range d.slots {
		all[i] = e.slot
	}
	return all
}

// Resolve returns the slot that a name means in a scope.
func (d *Dictionary) Resolve(scope, name string) (Slot, bool) {
	if e := d.resolve(foldScope(scope), FoldName(name)); e != nil {
		return e.slot, true
	}
	return Slot{}, false
}

// resolve finds a folded name.
func (d *Dictionary) resolve(scope, name string) *entry {
	if d == nil {
		return nil
	}
	if scope != "" {
		if e := d.names[nameKey{scope, name}]; e != nil {
			return e
		}
	}
	return d.names[nameKey{"", name}]
}

// meaning is what a name under which facts are kept means to one dictionary.
type meaning struct {
	dict        *Dictionary
	slot        *entry // nil where the dictionary has no entry
	scope, name string // folded
}

// meaningMemo remembers the last meaning found, so that names are not folded and looked up again for every read. It
// does not count as a change of the facts.
type meaningMemo struct{ p atomic.Pointer[meaning] }

func (m *meaningMemo) inherit(from *meaningMemo) {
	if have := from.p.Load(); have != nil {
		m.p.Store(have)
	}
}

// meaningIn returns what the facts' name means to d.
func (f *NamedFacts) meaningIn(d *Dictionary) *meaning {
	have := f.meaning.p.Load()
	if have != nil && have.dict == d {
		return have
	}
	m := &meaning{dict: d}
	if have != nil {
		m.scope, m.name = have.scope, have.name
	} else {
		m.scope, m.name = foldScope(f.Scope), FoldName(f.Name)
	}
	m.slot = d.resolve(m.scope, m.name)
	f.meaning.p.Store(m)
	return m
}

// foldedScope returns the facts' scope, folded.
func (f *NamedFacts) foldedScope() string {
	if m := f.meaning.p.Load(); m != nil {
		return m.scope // whatever the dictionary, it folds alike
	}
	return foldScope(f.Scope)
}
