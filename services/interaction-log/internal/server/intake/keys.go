package intake

import (
	"hash/maphash"
	"sync"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain/redact"
)

const (
	// rememberedInteractions is how many interactions a generation of the memory holds; there are two.
	rememberedInteractions = 2048
	// rememberedInputs is how many outcomes are kept for the retries of one interaction.
	rememberedInputs = 48
)

const digitsPath = "menu_selected.digits"

// interaction names one interaction of one customer.
type interaction struct {
	tenant, customer, id string
}

// keyMemory masks what is typed on a telephone in the order in which it is typed, because a card number often comes key
// by key, each an event of its own. It remembers the last keys of the latest interactions, in memory only.
type keyMemory struct {
	seed       maphash.Seed
	mu         sync.Mutex
	young, old map[interaction]*typing
}

// typing is what is known of one interaction.
type typing struct {
	mu  sync.Mutex
	seq redact.Sequence
	// menu is the menu of the last input.
	menu string
	// outcomes are those of the latest inputs, so that a retry gets the same answer although the keys before it have
	// grown. They are found by a hash of the event id and the keys, never by the keys.
	outcomes map[uint64]outcome
	order    []uint64
}

// outcome is what became of one input.
type outcome struct {
	clean string
	kinds []redact.Kind
}

func newKeyMemory() *keyMemory {
	return &keyMemory{seed: maphash.MakeSeed(), young: map[interaction]*typing{}}
}

// of returns what is known of an interaction. The memory has two generations: what is used moves to the young one, and
// when that is full the old one is forgotten.
func (k *keyMemory) of(id interaction) *typing {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.young[id]; t != nil {
		return t
	}
	t := k.old[id]
	if t == nil {
		t = &typing{outcomes: map[uint64]outcome{}}
	}
	if len(k.young) >= rememberedInteractions {
		k.old, k.young = k.young, make(map[interaction]*typing, rememberedInteractions)
	}
	k.young[id] = t
	return t
}

// mask masks the keys of the drafts, which are of one interaction and in their order.
func (k *keyMemory) mask(id interaction, drafts []*Draft) {
	t := k.of(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	hashes := make([]uint64, len(drafts))
	outcomes := make([]outcome, len(drafts))
	place := make(map[uint64]int, len(drafts)) // in inputs
	var inputs []string
	for i, d := range drafts {
		selected := d.Event.GetMenuSelected()
		hashes[i] = k.hash(d.Event.GetEventId(), selected.GetDigits())
		if o, known := t.outcomes[hashes[i]]; known {
			outcomes[i] = o
			continue
		}
		if _, again := place[hashes[i]]; again {
			continue
		}
		if t.newMenu(selected) {
			inputs = append(inputs, "")
		}
		place[hashes[i]] = len(inputs)
		inputs = append(inputs, selected.GetDigits())
	}
	clean, found := t.seq.Push(inputs...)
	kinds := make([][]redact.Kind, len(inputs))
	for _, f := range found {
		kinds[f.Input] = append(kinds[f.Input], f.Kind)
	}
	for i, d := range drafts {
		if at, fresh := place[hashes[i]]; fresh {
			outcomes[i] = outcome{clean: clean[at], kinds: kinds[at]}
			t.keep(hashes[i], outcomes[i])
		}
		d.masked(outcomes[i])
	}
}

// newMenu tells whether an input is a choice from another menu than the one before, which cannot go on with a number
// that was being typed: the platform has understood it as an option.
func (t *typing) newMenu(selected *interactionlogv1.MenuSelected) bool {
	before := t.menu
	t.menu = selected.GetMenu()
	chosen := selected.GetOption() != "" && selected.GetOption() != selected.GetDigits()
	return chosen && before != "" && t.menu != "" && before != t.menu
}

func (t *typing) keep(hash uint64, o outcome) {
	if _, known := t.outcomes[hash]; known {
		return
	}
	if len(t.order) >= rememberedInputs {
		delete(t.outcomes, t.order[0])
		t.order = t.order[1:]
	}
	t.outcomes[hash] = o
	t.order = append(t.order, hash)
}

func (k *keyMemory) hash(eventID, digits string) uint64 {
	var h maphash.Hash
	h.SetSeed(k.seed)
	_, _ = h.WriteString(eventID)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(digits)
	return h.Sum64()
}

// masked puts the outcome into the event.
func (d *Draft) masked(o outcome) {
	selected := d.Event.GetMenuSelected()
	if selected.GetOption() == selected.GetDigits() {
		selected.Option = o.clean
	}
	selected.Digits = o.clean
	for _, kind := range o.kinds {
		d.Event.Redactions = addRedaction(d.Event.Redactions, kindOf(kind), digitsPath)
	}
}
