package domain

import (
	"cmp"
	"slices"
)

// joinAskedAgain marks what receivers asked for again, whichever of the customers they asked: it comes to what one history
// of all would say. The handoffs are the caller's to change. What was asked for so long ago that the question itself is
// forgotten stays as the handoff's own history has it.
func joinAskedAgain(all []*State, handoffs []*Handoff) {
	received := map[string][]*Handoff{} // by the receiver's interaction
	for _, h := range handoffs {
		if h.ReceiverInteractionID != "" {
			received[h.ReceiverInteractionID] = append(received[h.ReceiverInteractionID], h)
		}
	}
	type asked struct {
		*RecentRepeat
		of *State
	}
	var repeats []asked
	for _, s := range all {
		for i := range slices.Backward(s.RecentRepeats) {
			r := &s.RecentRepeats[i]
			if len(received[r.InteractionID]) > 0 {
				repeats = append(repeats, asked{r, s})
			}
		}
	}
	slices.SortStableFunc(repeats, func(a, b asked) int { return a.Time.Compare(b.Time) })
	for _, r := range repeats { // another history may have a newer handoff to the same receiver
		for _, h := range received[r.InteractionID] {
			if slot, _ := h.offeredAs(r.RecentRepeat); h.ID == r.HandoffID {
				h.AskedAgain = only(h.AskedAgain, func(s *string) bool { return *s != slot })
			}
		}
	}
	for _, r := range repeats {
		if h, slot := r.receivedBy(received[r.InteractionID], r.of); h != nil {
			h.AskedAgain = h.union(h.AskedAgain, []string{slot})
		}
	}
}

// receivedBy returns the newest handoff whose receiver asked, and the slot as it was handed over. In the history of the
// repeat that is known; handoffs of others have to be accepted by then.
func (r *RecentRepeat) receivedBy(handoffs []*Handoff, of *State) (newest *Handoff, as string) {
	for _, h := range handoffs {
		slot, offered := h.offeredAs(r)
		_, err := of.Handoff(h.ID)
		if own := err == nil; !offered || own && h.ID != r.HandoffID || !own && r.Time.Before(h.AcceptTime) {
			continue
		}
		if newest == nil || cmp.Or(h.OfferTime.Compare(newest.OfferTime), cmp.Compare(h.ID, newest.ID)) > 0 {
			newest, as = h, slot
		}
	}
	return newest, as
}
