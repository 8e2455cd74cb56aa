package server

import (
	"context"
	"slices"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// AcknowledgeHandoff records what of the slots handed over the receiver has read, and what is of no use.
func (s *Server) AcknowledgeHandoff(ctx context.Context, req *contextv1.AcknowledgeHandoffRequest) (*contextv1.HandoffChange, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	if len(req.GetReadSlots())+len(req.GetDroppedSlots()) == 0 && !req.GetReadAll() {
		return nil, fault.New(fault.Invalid, fault.InvalidRequest, "nothing is acknowledged").
			WithField("read_slots", "is required, or dropped_slots, or read_all")
	}
	ref, err := s.handoffOfName(ctx, p, req.GetName())
	if err != nil {
		return nil, err
	}
	payload := &logv1.HandoffRead{HandoffId: ref.id}
	e := header("", req.GetOrigin())
	e.Payload = &logv1.Event_HandoffRead{HandoffRead: payload}
	a := acknowledgement{p: p, req: req, event: e}
	return s.changeHandoff(ctx, p, ref, req.GetRequestId(), handoffStep{
		kind: "handoff-acknowledge", event: e,
		check: func(h *domain.Handoff) error {
			a.handoff = h
			if err := h.CheckAcknowledge(p.Now()); err != nil {
				return err
			}
			r, err := h.Acknowledge(p.Dictionary(), req.GetScope(), req.GetReadSlots(), req.GetDroppedSlots(), req.GetReadAll())
			payload.ReadSlots, payload.DroppedSlots = r.Read, r.Dropped
			return err
		},
		same: a.saidBefore,
	})
}

type acknowledgement struct {
	p       *tenant
	req     *contextv1.AcknowledgeHandoffRequest
	event   *logv1.Event
	handoff *domain.Handoff // as known last; nil when it is not known any more
}

// saidBefore reports whether a stored event says what the request says. Names are resolved as they were then; what "all"
// was depends on what had been of no use before, which the list as a whole tells.
func (a *acknowledgement) saidBefore(e *logv1.Event) bool {
	have := e.GetHandoffRead()
	if have == nil || a.handoff == nil || have.GetHandoffId() != a.handoff.ID || !sameHeader(e, a.event) {
		return false
	}
	dict := a.p.DictionaryAt(wire.Time(e.GetRecordedAt()))
	want, err := a.handoff.Acknowledge(dict, a.req.GetScope(), a.req.GetReadSlots(), a.req.GetDroppedSlots(), false)
	if err != nil || !slices.Equal(want.Dropped, have.GetDroppedSlots()) {
		return false
	}
	if !a.req.GetReadAll() {
		return slices.Equal(want.Read, have.GetReadSlots())
	}
	n := len(want.Read)
	return len(have.GetReadSlots()) >= n && slices.Equal(want.Read, have.GetReadSlots()[:n]) &&
		!slices.ContainsFunc(a.handoff.Offered, func(slot string) bool {
			return !slices.Contains(have.GetReadSlots(), slot) && !slices.Contains(have.GetDroppedSlots(), slot) &&
				!slices.Contains(a.handoff.Dropped, slot)
		})
}
