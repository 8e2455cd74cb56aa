package server

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/domain/uui"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// handoffMessage returns a handoff as it stands at a moment.
func handoffMessage(customer string, h *domain.Handoff, now time.Time) *contextv1.Handoff {
	m := &contextv1.Handoff{
		Name:                  handoffRef{customer, h.ID}.name(),
		Customer:              customerName(customer),
		State:                 contextv1.HandoffState(h.StateAt(now)),
		From:                  actorMessage(h.From),
		To:                    actorMessage(h.To),
		Target:                h.Target,
		TargetChannel:         logv1.Channel(h.TargetChannel),
		TransferKind:          logv1.TransferKind(h.TransferKind),
		Reason:                h.Reason,
		Summary:               h.Summary,
		OfferedSlots:          h.Offered,
		ReadSlots:             h.Read,
		DroppedSlots:          h.Dropped,
		UnreadSlots:           h.Unread(),
		AskedAgainSlots:       h.AskedAgain,
		OfferTime:             wire.Timestamp(h.OfferTime),
		ExpireTime:            wire.Timestamp(h.ExpireTime),
		AcceptTime:            wire.Timestamp(h.AcceptTime),
		AcceptedBy:            actorMessage(h.AcceptedBy),
		FirstReadTime:         wire.Timestamp(h.FirstReadTime),
		EndTime:               wire.Timestamp(h.EndTime),
		EndReason:             h.EndReason,
		InteractionId:         h.InteractionID,
		ReceiverInteractionId: h.ReceiverInteractionID,
		CaseId:                h.CaseID,
		Hop:                   h.Hop,
	}
	if d, ok := h.TimeToContext(); ok {
		m.TimeToContext = durationpb.New(d)
	}
	if h.Previous != "" {
		m.PreviousHandoff = handoffRef{customer, h.Previous}.name()
	}
	// An offer whose time has passed has ended then, whether an event says so by now or not.
	if h.EndTime.IsZero() && h.StateAt(now) == domain.HandoffLapsed {
		m.EndTime = m.GetExpireTime()
	}
	return m
}

func renderingsMessage(r uui.Renderings) *contextv1.HandoffRenderings {
	return &contextv1.HandoffRenderings{UserToUser: r.UserToUser, ReferTo: r.ReferTo, Header: r.Header, Url: r.URL}
}
