package domain

import "slices"

// foldHandoff folds an event into a handoff. The state machine is kept here too: an event that does not fit where the
// handoff stands changes nothing, so that no writer can have a customer taken over twice.
func (d *draft) foldHandoff(e *Event) {
	switch p := e.Payload.(type) {
	case HandoffOffered:
		d.offer(e, p)
	case HandoffAccepted:
		d.changeHandoff(p.HandoffID, func(h *Handoff) bool {
			if h.State != HandoffOffering {
				return false
			}
			h.State, h.AcceptTime, h.AcceptedBy, h.AcceptEventID = HandoffTaken, e.OccurredAt, p.By, e.EventID
			if p.By == (Actor{}) {
				h.AcceptedBy = e.Actor
			}
			h.ReceiverInteractionID = p.InteractionID
			return true
		})
	case HandoffRead:
		d.changeHandoff(p.HandoffID, func(h *Handoff) bool {
			if h.State != HandoffTaken && h.State != HandoffDone {
				return false
			}
			h.Read, h.Dropped = h.union(h.Read, p.Read), h.union(h.Dropped, p.Dropped)
			if h.FirstReadTime.IsZero() {
				h.FirstReadTime = e.OccurredAt
			}
			return true
		})
	case HandoffCompleted:
		d.endHandoff(e, p.HandoffID, HandoffDone, "", HandoffTaken)
	case HandoffDeclined:
		d.endHandoff(e, p.HandoffID, HandoffRefused, p.Reason, HandoffOffering)
	case HandoffExpired:
		d.endHandoff(e, p.HandoffID, HandoffLapsed, "", HandoffOffering)
	case HandoffCancelled:
		d.endHandoff(e, p.HandoffID, HandoffWithdrawn, p.Reason, HandoffOffering, HandoffTaken)
	case RepeatDetected:
		d.askedAgain(e, p)
	}
}

// offer adds a handoff. It goes on from the one that brought the customer to the interaction in which it is offered,
// unless the event names another.
func (d *draft) offer(e *Event, p HandoffOffered) {
	if p.HandoffID == "" || d.handoff(p.HandoffID) >= 0 {
		return
	}
	h := &Handoff{
		ID: p.HandoffID, Revision: e.Revision, State: HandoffOffering, From: p.From, To: p.To, Target: p.Target,
		Channel: e.Channel, TargetChannel: p.TargetChannel, TransferKind: p.TransferKind, Reason: p.Reason,
		Summary: shorten(p.Summary, MaxHandoffSummary), Offered: p.Offered[:min(len(p.Offered), MaxHandoffSlots)],
		OfferTime: e.OccurredAt, ExpireTime: p.ExpireTime, InteractionID: e.InteractionID, CaseID: e.CaseID, Hop: 1,
	}
	if h.From == (Actor{}) {
		h.From = e.Actor
	}
	if p.PreviousHandoffID != "" {
		h.Previous, h.Hop = p.PreviousHandoffID, 2 // at least, if it is not known any more
	}
	for _, before := range d.Handoffs {
		brought := e.InteractionID != "" && before.ReceiverInteractionID == e.InteractionID &&
			(before.State == HandoffTaken || before.State == HandoffDone)
		if before.ID == p.PreviousHandoffID || p.PreviousHandoffID == "" && brought {
			h.Previous, h.Hop = before.ID, before.Hop+1
			break
		}
	}
	list := prepend(d.Handoffs, h, len(d.Handoffs)+1)
	if len(list) > MaxHandoffs {
		list = without(list, d.leastNeeded(list))
	}
	d.Handoffs = list
}

// leastNeeded returns the place of the oldest handoff that has ended, or else of the oldest.
func (d *draft) leastNeeded(list []*Handoff) int {
	for i := len(list) - 1; i > 0; i-- {
		if !list[i].EndTime.IsZero() {
			return i
		}
	}
	return len(list) - 1
}

func (d *draft) handoff(id string) int {
	return slices.IndexFunc(d.Handoffs, func(h *Handoff) bool { return h.ID == id })
}

// changeHandoff replaces a handoff by a changed copy, if change finds that it fits.
func (d *draft) changeHandoff(id string, change func(h *Handoff) bool) {
	i := d.handoff(id)
	if i < 0 {
		return
	}
	h := *d.Handoffs[i]
	if change(&h) {
		d.Handoffs = replaced(d.Handoffs, i, &h)
	}
}

func (d *draft) endHandoff(e *Event, id string, to HandoffState, reason string, from ...HandoffState) {
	d.changeHandoff(id, func(h *Handoff) bool {
		if !slices.Contains(from, h.State) {
			return false
		}
		h.State, h.EndTime, h.EndReason = to, e.OccurredAt, reason
		h.Summary = shorten(h.Summary, MaxSummaryBytes) // nobody waits for it any more
		return true
	})
}

// askedAgain notes that the receiver of a handoff asked for a slot that was handed over. The question is remembered, too:
// the handoff may be in the history of a customer who is one with this one, see joinAskedAgain.
func (d *draft) askedAgain(e *Event, p RepeatDetected) {
	if e.InteractionID == "" {
		return
	}
	r := RecentRepeat{InteractionID: e.InteractionID, Slot: p.Slot, Scope: p.Scope, SlotID: p.SlotID, Time: e.OccurredAt}
	for _, h := range d.Handoffs {
		if h.ReceiverInteractionID != e.InteractionID {
			continue
		}
		slot, offered := h.offeredAs(&r)
		if offered {
			r.HandoffID = h.ID
			d.changeHandoff(h.ID, func(h *Handoff) bool {
				h.AskedAgain = h.union(h.AskedAgain, []string{slot})
				return true
			})
			break
		}
	}
	d.RecentRepeats = prepend(d.RecentRepeats, r, MaxRecentRepeats)
}

// offeredAs returns the slot handed over that a repeat is about: by the dictionary's id, or by name where who offered it
// or who asked for it had no entry. What a name means in one scope may be the id of another slot, so that a name with a
// scope that the dictionary knows stands for its slot only.
func (h *Handoff) offeredAs(r *RecentRepeat) (string, bool) {
	if r.SlotID != "" && (r.Scope != "" || slices.Contains(h.Offered, r.SlotID)) {
		return r.SlotID, slices.Contains(h.Offered, r.SlotID)
	}
	folded := FoldName(r.Slot)
	i := slices.IndexFunc(h.Offered, func(s string) bool { return FoldName(s) == folded })
	if i < 0 {
		return "", false
	}
	return h.Offered[i], true
}

// union returns a new slice of both, each once, in order. Only what was offered counts: that bounds it.
func (h *Handoff) union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if slices.Contains(h.Offered, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
