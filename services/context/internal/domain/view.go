package domain

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// View is a customer's state as a slot dictionary understands it. It compiles itself when first read, and each slot
// when first asked for, so that a view made for one question is cheap; one that is kept for a (state, dictionary) pair
// answers later questions at once. Safe for concurrent use.
type View struct {
	state *State
	dict  *Dictionary
	// nameless is true while the dictionary is not known, as opposed to empty.
	nameless bool

	once    sync.Once
	defined map[*entry]*group
	// undefined are the names without entry, by folded name: the same name in several scopes is in one group.
	undefined map[string]*group
}

// group is the facts that mean the same: those of a slot, or those of one name without entry.
type group struct {
	facts []*NamedFacts
	// own is what was stated for the slot itself, answer that and what its links say.
	own, answer atomic.Pointer[answer]
}

// NewView joins a state and a dictionary. Either may be nil: nothing known, nothing defined.
func NewView(s *State, d *Dictionary) *View {
	if s == nil {
		s = &State{}
	}
	return &View{state: s, dict: d}
}

// State returns the state seen. It must not be changed.
func (v *View) State() *State { return v.state }

// Dictionary returns the dictionary applied; nil for the empty one.
func (v *View) Dictionary() *Dictionary { return v.dict }

// compile sorts the facts by what they mean.
func (v *View) compile() {
	v.once.Do(func() {
		facts := v.state.Facts
		v.defined = make(map[*entry]*group, len(facts)+4)
		groups := make([]group, 0, len(facts)) // one allocation; never grows, so pointers into it stay
		add := func(g *group, i int) *group {
			if g == nil {
				groups = append(groups, group{facts: facts[i : i+1 : i+1]})
				return &groups[len(groups)-1]
			}
			g.facts = append(g.facts, facts[i])
			return g
		}
		for i, f := range facts {
			if m := f.meaningIn(v.dict); m.slot != nil {
				v.defined[m.slot] = add(v.defined[m.slot], i)
			} else {
				if v.undefined == nil {
					v.undefined = make(map[string]*group)
				}
				v.undefined[m.name] = add(v.undefined[m.name], i)
			}
		}
	})
}

// candidate is one value that may answer for a slot.
type candidate struct {
	value     *Value
	facts     *NamedFacts
	canonical string
	scope     string // of facts, folded
	source    *entry // the slot it comes from by a link; nil for an own value
	linkUse   bool
	withdrawn bool
}

// own reports whether the value was stated for the slot itself.
func (c *candidate) own() bool { return c.source == nil }

// answer is what a view knows about a slot, but for the time: the values in the order in which they count.
type answer struct {
	// variants are the different values that were not withdrawn, newest first.
	variants []variant
	// newest is the newest own value or value of a link, withdrawn or not; nil when there is none.
	newest *candidate
}

// variant is one value, with all that was said in its favour.
type variant struct {
	text      string
	scope     string // of the newest statement or confirmation, folded
	canonical string
	// said is the statement to show as its provenance.
	said *candidate
	// standing is the newest statement of it that is still the last word of its scope and may be used; nil when every
	// scope that stated it has said something else since.
	standing *candidate
	// revision is its newest statement or confirmation.
	revision   int64
	firstTime  time.Time
	time       time.Time
	confidence float64
	confirmed  bool
	expireTime time.Time
	usable     bool   // stated for the slot itself, or from a link that says USE
	source     *entry // the slot of the newest statement when it is known by links only; nil when stated for the slot itself
}

// answerFor returns what is known about a slot; nil when nothing ever was.
func (v *View) answerFor(e *entry) *answer {
	v.compile()
	g := v.defined[e]
	switch {
	case g == nil && len(e.links) == 0:
		return nil
	case g == nil:
		return v.linkedAnswer(e, nil)
	case len(e.links) == 0:
		return g.ownAnswer(e.slot.Type)
	}
	a := g.answer.Load()
	if a == nil {
		a = v.linkedAnswer(e, g.facts)
		g.answer.Store(a)
	}
	return a
}

// ownAnswer returns what is known from the slot's own values.
func (g *group) ownAnswer(t SlotType) *answer {
	a := g.own.Load()
	if a == nil {
		a = newAnswer(t, appendCandidates(nil, t, g.facts, nil))
		g.own.Store(a)
	}
	return a
}

// linkedAnswer returns what is known from a slot's own values and its links. Nobody may be told a secret by a detour.
func (v *View) linkedAnswer(e *entry, own []*NamedFacts) *answer {
	t := e.slot.Type
	candidates := appendCandidates(nil, t, own, nil)
	for _, l := range e.links {
		if g := v.defined[l.from]; g != nil && l.from.slot.Sensitivity != SensitivitySecret {
			candidates = appendLinked(candidates, t, g.facts, own, l)
		}
	}
	return newAnswer(t, candidates)
}

// appendCandidates appends the values of facts, which mean one slot, with those marked that any of its names withdrew.
func appendCandidates(to []candidate, t SlotType, facts, withdrawers []*NamedFacts) []candidate {
	n := 0
	for _, f := range facts {
		n += len(f.Values)
	}
	to = slices.Grow(to, n)
	for _, f := range facts {
		scope := f.foldedScope()
		for i := range f.Values {
			c := candidate{value: &f.Values[i], facts: f, canonical: canonical(t, f.Values[i].Text), scope: scope}
			c.withdrawn = c.value.Retracted != 0 || withdrawn(t, &c, facts) || withdrawn(t, &c, withdrawers)
			to = append(to, c)
		}
	}
	return to
}

// appendLinked appends the values of a linked slot. A value that its own slot withdrew, or that the log masked, says
// nothing about another slot and is left out; one that was withdrawn under the asking slot's names counts as withdrawn.
func appendLinked(to []candidate, t SlotType, facts, own []*NamedFacts, l link) []candidate {
	for _, f := range facts {
		scope := f.foldedScope()
		for i := range f.Values {
			c := candidate{value: &f.Values[i], facts: f, canonical: canonical(t, f.Values[i].Text), scope: scope, source: l.from, linkUse: l.use}
			if c.value.Retracted != 0 || Masked(c.value.Text) || withdrawn(l.from.slot.Type, &c, facts) {
				continue
			}
			c.withdrawn = withdrawn(t, &c, own)
			to = append(to, c)
		}
	}
	return to
}

// withdrawn reports whether a newer retraction under one of the names covers the value.
func withdrawn(t SlotType, c *candidate, names []*NamedFacts) bool {
	for _, f := range names {
		for _, r := range f.Retractions {
			if r.Revision > c.value.Revision && (r.Text == "" || sameValue(t, canonical(t, r.Text), canonical(t, c.value.Text))) {
				return true
			}
		}
	}
	return false
}

// newAnswer merges candidates into variants.
func newAnswer(t SlotType, candidates []candidate) *answer {
	a := &answer{}
	var spoken []string // the scopes that had their last word
	slices.SortStableFunc(candidates, func(x, y candidate) int { return cmp.Compare(y.value.Revision, x.value.Revision) })
	for i := range candidates {
		c := &candidates[i]
		if a.newest == nil {
			a.newest = c
		}
		lastWord := c.trusted() && !slices.Contains(spoken, c.scope)
		if lastWord {
			spoken = append(spoken, c.scope)
		}
		if c.withdrawn {
			continue
		}
		if a.variants == nil {
			a.variants = make([]variant, 0, len(candidates)-i)
		}
		j := slices.IndexFunc(a.variants, func(x variant) bool { return sameValue(t, x.canonical, c.canonical) })
		if j < 0 {
			j = len(a.variants)
			a.variants = append(a.variants, newVariant(c))
		} else {
			a.variants[j].merge(c)
		}
		if lastWord && a.variants[j].standing == nil {
			a.variants[j].standing = c
		}
	}
	return a
}

func newVariant(c *candidate) variant {
	return variant{
		text: c.value.Text, canonical: c.canonical, scope: c.scope, said: c, revision: c.value.Revision, firstTime: c.value.FirstTime,
		time: c.value.Time, confidence: c.value.Confidence, confirmed: c.value.Confirmed && c.trusted(),
		expireTime: c.value.ExpireTime, usable: c.trusted(), source: c.source,
	}
}

// trusted reports whether the value may be used as it is.
func (c *candidate) trusted() bool { return c.own() || c.linkUse }

// merge adds an older statement of the same value. What the slot itself was told outweighs what a link says.
func (x *variant) merge(c *candidate) {
	w := c.value
	if w.FirstTime.Before(x.firstTime) {
		x.firstTime = w.FirstTime
	}
	if w.Time.After(x.time) {
		x.time = w.Time
	}
	x.confidence = max(x.confidence, w.Confidence)
	x.confirmed = x.confirmed || w.Confirmed && c.trusted()
	x.usable = x.usable || c.trusted()
	if c.own() {
		x.source = nil
	}
	// A mere confirmation shows where the value was stated, if that is known.
	if x.said.value.StatedRevision == 0 && w.StatedRevision != 0 {
		x.said = c
	}
}
