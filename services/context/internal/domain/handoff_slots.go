package domain

import (
	"cmp"
	"slices"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// OfferedSlots returns the slots that a handoff hands over, by the dictionary's ids, or by their names where it has no
// entry. Without names they are all that have a value to use or to confirm, the newest MaxHandoffSlots.
//
// Secrets are left out, also when they are named: nothing is stored of them that could be handed over, and a transfer
// must not fail over it. The verification that they led to carries over by itself.
func OfferedSlots(v *View, now time.Time, scope string, given []string) []string {
	if len(given) > 0 {
		return v.dict.slotNames(scope, given)
	}
	type known struct {
		name     string
		revision int64
	}
	var all []known
	v.eachSlot(func(e *entry, _, full *answer) {
		verdict := e.decide(full, once(now))
		if verdict.chosen == nil || e.slot.Sensitivity == SensitivitySecret {
			return
		}
		all = append(all, known{cmp.Or(e.slot.ID, verdict.chosen.said.facts.Name), verdict.chosen.revision})
	})
	slices.SortFunc(all, func(a, b known) int { return cmp.Or(cmp.Compare(b.revision, a.revision), cmp.Compare(a.name, b.name)) })
	var offered names
	for _, k := range all {
		offered.add(k.name)
	}
	return offered.list
}

// slotNames resolves names: each slot once, without the secret ones, in the order given.
func (d *Dictionary) slotNames(scope string, given []string) []string {
	var out names
	for _, name := range given {
		slot, defined := d.Resolve(scope, name)
		switch {
		case slot.Sensitivity == SensitivitySecret:
			continue
		case defined:
			name = slot.ID
		}
		out.add(name)
	}
	return out.list
}

// names are slots in order, each once, as names are compared, and at most MaxHandoffSlots.
type names struct {
	list   []string
	folded map[string]bool
}

func (n *names) add(name string) {
	folded := FoldName(name)
	if n.folded[folded] || len(n.list) == MaxHandoffSlots {
		return
	}
	if n.folded == nil {
		n.folded = map[string]bool{}
	}
	n.folded[folded] = true
	n.list = append(n.list, name)
}

// Reading is what a receiver says about the slots handed over, by the names of the handoff.
type Reading struct{ Read, Dropped []string }

// Acknowledge returns what a receiver says about a handoff's slots, by the receiver's own names: SLOT_NOT_OFFERED for one
// that was not handed over, INVALID_REQUEST for one that is both read and of no use. With all, everything was read that is
// not of no use, now or by an earlier word.
func (h *Handoff) Acknowledge(d *Dictionary, scope string, read, dropped []string, all bool) (Reading, error) {
	var r Reading
	var err error
	if r.Dropped, err = h.offered(d, scope, dropped); err != nil {
		return Reading{}, err
	}
	if r.Read, err = h.offered(d, scope, read); err != nil {
		return Reading{}, err
	}
	for _, slot := range r.Read {
		if slices.Contains(r.Dropped, slot) {
			return Reading{}, fault.New(fault.Invalid, fault.InvalidRequest, "slot %q is both read and of no use", slot).
				WithField("dropped_slots", "must have none of read_slots")
		}
	}
	if all {
		for _, slot := range h.Offered {
			if !slices.Contains(r.Read, slot) && !slices.Contains(r.Dropped, slot) && !slices.Contains(h.Dropped, slot) {
				r.Read = append(r.Read, slot)
			}
		}
	}
	return r, nil
}

// offered finds names among the slots handed over: as the dictionary resolves them, or as they are written. The
// dictionary may have changed since the offer, so both count, unless what is written is the id of another slot.
func (h *Handoff) offered(d *Dictionary, scope string, given []string) ([]string, error) {
	var out []string
	for _, name := range given {
		slot, defined := d.Resolve(scope, name)
		at := -1
		if defined {
			at = slices.Index(h.Offered, slot.ID)
		}
		if at < 0 {
			folded := FoldName(name)
			at = slices.IndexFunc(h.Offered, func(s string) bool {
				_, another := d.Slot(s)
				return FoldName(s) == folded && (!defined || !another)
			})
		}
		if at < 0 {
			return nil, fault.New(fault.Invalid, ReasonSlotNotOffered, "slot %q was not handed over", name).With("slot", name)
		}
		if !slices.Contains(out, h.Offered[at]) {
			out = append(out, h.Offered[at])
		}
	}
	return out, nil
}

// Unread returns the slots that were handed over and neither read nor dropped.
func (h *Handoff) Unread() []string {
	var out []string
	for _, slot := range h.Offered {
		if !slices.Contains(h.Read, slot) && !slices.Contains(h.Dropped, slot) {
			out = append(out, slot)
		}
	}
	return out
}

// TimeToContext returns how long it took from accepting to the first reading; false until something was read. Clocks of
// different systems may put the reading before the accepting: that is no time at all.
func (h *Handoff) TimeToContext() (time.Duration, bool) {
	if h.AcceptTime.IsZero() || h.FirstReadTime.IsZero() {
		return 0, false
	}
	return max(h.FirstReadTime.Sub(h.AcceptTime), 0), true
}
