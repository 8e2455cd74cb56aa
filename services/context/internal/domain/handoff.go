package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// The reasons of faults about handoffs.
const (
	ReasonHandoffNotFound        = "HANDOFF_NOT_FOUND"
	ReasonHandoffAlreadyAccepted = "HANDOFF_ALREADY_ACCEPTED"
	ReasonHandoffNotOpen         = "HANDOFF_NOT_OPEN"
	ReasonInvalidHandoff         = "INVALID_HANDOFF"
	ReasonSlotNotOffered         = "SLOT_NOT_OFFERED"
)

// Handoff returns a handoff, or HANDOFF_NOT_FOUND when the customer has none with the id, or it ended long ago.
func (s *State) Handoff(id string) (*Handoff, error) {
	for _, h := range s.Handoffs {
		if h.ID == id {
			return h, nil
		}
	}
	return nil, HandoffNotFound()
}

// HandoffNotFound is the fault of a handoff that does not exist, and of a token that leads to none: whoever tries tokens
// must not learn how close they came.
func HandoffNotFound() error {
	return fault.New(fault.NotFound, ReasonHandoffNotFound, "there is no such handoff, or the token is not one of this tenant's")
}

// NoHandoffToken is the fault of a text that has nothing of a token's form in it, which is no secret.
func NoHandoffToken() error {
	return fault.New(fault.NotFound, ReasonHandoffNotFound,
		"the text has no token in it; hand it on as it arrived, and see whether it was cut off on its way")
}

// CheckAccept says why the handoff cannot be accepted at a moment.
func (h *Handoff) CheckAccept(now time.Time) error {
	return h.checkOffered(now, "a retry by who did needs the request_id of the first try")
}

// CheckDecline says why the handoff cannot be declined at a moment.
func (h *Handoff) CheckDecline(now time.Time) error {
	return h.checkOffered(now, "who cannot keep the customer hands over anew")
}

// checkOffered says why the handoff does not wait for a receiver any more, and what to do when somebody has accepted it.
func (h *Handoff) checkOffered(now time.Time, todo string) error {
	switch h.StateAt(now) {
	case HandoffOffering:
		return nil
	case HandoffTaken, HandoffDone:
		return fault.New(fault.Precondition, ReasonHandoffAlreadyAccepted, "the customer was taken over already; %s", todo).
			With("accept_time", h.AcceptTime.UTC().Format(time.RFC3339Nano))
	case HandoffUnspecified, HandoffRefused, HandoffLapsed, HandoffWithdrawn:
	}
	return h.notOpen(now, "nobody waits for a receiver any more")
}

// CheckAcknowledge says why nothing can be acknowledged at a moment. What was read may still be reported when the handoff
// is completed: desktops report when they have time to.
func (h *Handoff) CheckAcknowledge(now time.Time) error {
	if h.State == HandoffTaken || h.State == HandoffDone {
		return nil
	}
	return h.notOpen(now, "only who has accepted it can have read what was handed over")
}

// CheckComplete says why the handoff cannot be completed at a moment.
func (h *Handoff) CheckComplete(now time.Time) error {
	if h.State == HandoffTaken {
		return nil
	}
	return h.notOpen(now, "only one that was accepted, and has not ended, can be completed")
}

// CheckCancel says why the handoff cannot be withdrawn at a moment.
func (h *Handoff) CheckCancel(now time.Time) error {
	if s := h.StateAt(now); s == HandoffOffering || s == HandoffTaken {
		return nil
	}
	return h.notOpen(now, "it has ended")
}

// CheckLook says why a token shows nothing at a moment: once it was used, or its time has passed, it does not say who is
// behind it.
func (h *Handoff) CheckLook(now time.Time) error {
	switch h.StateAt(now) {
	case HandoffOffering:
		return nil
	case HandoffTaken, HandoffDone:
		return h.notOpen(now, "its token is used up; the answer to AcceptHandoff names the customer")
	case HandoffUnspecified, HandoffRefused, HandoffLapsed, HandoffWithdrawn:
	}
	return h.notOpen(now, "a token is good until it is used or expires")
}

func (h *Handoff) notOpen(now time.Time, why string) error {
	state := h.StateAt(now).String()
	return fault.New(fault.Precondition, ReasonHandoffNotOpen, "the handoff is %s: %s", state, why).With("state", state)
}

// TTL returns how long a handoff waits when its giver asks for ttl, 0 for the default.
func (p HandoffPolicy) TTL(ttl time.Duration) (time.Duration, error) {
	limit := p.MaxTTL
	if limit <= 0 {
		limit = DefaultHandoffMax
	}
	if ttl > limit {
		return 0, fault.New(fault.Invalid, ReasonInvalidHandoff, "a handoff may wait for %s at the most", limit).
			WithField("ttl", "must be at most "+limit.String())
	}
	if ttl > 0 {
		return ttl, nil
	}
	if p.DefaultTTL > 0 {
		return min(p.DefaultTTL, limit), nil
	}
	return min(DefaultHandoffTTL, limit), nil
}

// HandoffExpiredEventID returns the id of the event that tells that nobody took the customer over in time. Whoever finds
// it out makes the same id, so it is recorded once.
func HandoffExpiredEventID(handoffID string) string {
	sum := sha256.Sum256([]byte("handoff-expired\x00" + handoffID))
	return "handoff-expired-" + hex.EncodeToString(sum[:16])
}

// LapsedHandoffs returns the handoffs whose offer has lapsed although no event says so, oldest first.
func (s *State) LapsedHandoffs(now time.Time) []*Handoff {
	var lapsed []*Handoff
	for i := len(s.Handoffs) - 1; i >= 0; i-- {
		h := s.Handoffs[i]
		if h.State == HandoffOffering && !h.ExpireTime.IsZero() && !h.ExpireTime.After(now) {
			lapsed = append(lapsed, h)
		}
	}
	return lapsed
}
