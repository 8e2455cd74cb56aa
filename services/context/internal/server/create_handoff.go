package server

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
	"github.com/throughline-cx/throughline/services/context/internal/domain/uui"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// CreateHandoff offers the customer to another participant.
//
// The handoff's id derives from the request id and its token from the handoff's id, so a request that comes again gets the
// same token although nobody has kept it. Before the answer the id is made to lead to the customer in the store: a
// receiver can be faster than the follower.
func (s *Server) CreateHandoff(ctx context.Context, req *contextv1.CreateHandoffRequest) (*contextv1.CreateHandoffResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	if err := uui.Check(req.GetReferToUri(), req.GetLandingUrl()); err != nil {
		return nil, err
	}
	rec, err := s.record(ctx, p, "handoff", projector.CustomerID(req.GetCustomer()), req.GetRequestId())
	if err != nil {
		return nil, err
	}
	defer rec.close()
	o, err := s.newOffer(rec, req)
	if err != nil {
		return nil, err
	}
	done, err := o.once(ctx, entry{
		first: o.event, same: o.saidBefore,
		decide: func(cur *projector.Current) ([]*logv1.Event, error) { return o.decide(ctx, cur) },
	})
	if err != nil {
		return nil, err
	}
	return s.offered(ctx, o, done)
}

// offer is an offer that is being recorded.
type offer struct {
	*recording
	req       *contextv1.CreateHandoffRequest
	handoffID string
	// event is the offer as far as the request alone makes it.
	event *logv1.Event
}

func (s *Server) newOffer(rec *recording, req *contextv1.CreateHandoffRequest) (*offer, error) {
	o := &offer{recording: rec, req: req, event: header(rec.base, req.GetOrigin())}
	if rec.keyed {
		o.handoffID = token.DeriveID(rec.p.Name(), rec.customer, req.GetRequestId())
	} else {
		id, err := token.NewID(s.rand)
		if err != nil {
			return nil, fault.New(fault.Internal, fault.InternalError, "no randomness: %w", err)
		}
		o.handoffID = id
	}
	kind := req.GetTransferKind()
	if kind == logv1.TransferKind_TRANSFER_KIND_UNSPECIFIED {
		kind = logv1.TransferKind_TRANSFER_KIND_COLD
	}
	o.event.Payload = &logv1.Event_HandoffOffered{HandoffOffered: &logv1.HandoffOffered{
		HandoffId: o.handoffID, From: req.GetOrigin().GetActor(), To: req.GetTo(), Target: req.GetTarget(),
		TargetChannel: req.GetTargetChannel(), TransferKind: kind, Reason: req.GetReason(), Summary: req.GetSummary(),
	}}
	return o, nil
}

// decide adds what the request leaves open: which slots have values, of all who are one with the customer, and until when
// the offer stands.
func (o *offer) decide(ctx context.Context, cur *projector.Current) ([]*logv1.Event, error) {
	if cur.State.Revision == 0 {
		return nil, customerNotFound()
	}
	now, dict := o.p.Now(), o.p.Dictionary()
	policy := dict.Policy().Handoff
	ttl, err := policy.TTL(o.req.GetTtl().AsDuration())
	if err != nil {
		return nil, err
	}
	views, err := o.views(ctx, cur)
	if err != nil {
		return nil, err
	}
	e := proto.CloneOf(o.event)
	if e.OccurredAt == nil {
		e.OccurredAt = timestamppb.New(now)
	}
	h := e.GetHandoffOffered()
	h.OfferedSlots = domain.OfferedSlots(views[0], now, o.req.GetScope(), o.req.GetOfferedSlots())
	h.ExpireTime = timestamppb.New(now.Add(ttl))
	return []*logv1.Event{e}, nil
}

// saidBefore reports whether a stored offer says what the request says. What was left open is as it was decided then.
func (o *offer) saidBefore(e *logv1.Event) bool {
	have, want := e.GetHandoffOffered(), o.event.GetHandoffOffered()
	if have == nil || !sameHeader(e, o.event) || !sameRedacted(have.GetReason(), want.GetReason()) ||
		!sameRedacted(have.GetSummary(), want.GetSummary()) {
		return false
	}
	if ttl := o.req.GetTtl(); ttl != nil && o.event.GetOccurredAt() == nil &&
		have.GetExpireTime().AsTime().Sub(e.GetOccurredAt().AsTime()) != ttl.AsDuration() {
		return false
	}
	if given := o.req.GetOfferedSlots(); len(given) > 0 {
		dict := o.p.DictionaryAt(wire.Time(e.GetRecordedAt()))
		slots := domain.OfferedSlots(domain.NewView(nil, dict), o.p.Now(), o.req.GetScope(), given)
		if !slices.Equal(slots, have.GetOfferedSlots()) {
			return false
		}
	}
	have = proto.CloneOf(have)
	have.OfferedSlots, have.ExpireTime, have.Reason, have.Summary = nil, nil, want.GetReason(), want.GetSummary()
	return proto.Equal(have, want)
}

// sameRedacted reports whether a stored text is the one given. The log may have taken something out of it; then what is
// left cannot tell.
func sameRedacted(stored, given string) bool { return stored == given || domain.Masked(stored) }

// sameHeader reports whether a stored event has the header of another one. A time that the caller did not give is not
// compared.
func sameHeader(stored, given *logv1.Event) bool {
	return stored.GetInteractionId() == given.GetInteractionId() && stored.GetCaseId() == given.GetCaseId() &&
		stored.GetChannel() == given.GetChannel() && stored.GetSource() == given.GetSource() &&
		proto.Equal(stored.GetActor(), given.GetActor()) &&
		(given.GetOccurredAt() == nil || proto.Equal(stored.GetOccurredAt(), given.GetOccurredAt()))
}

// offered answers an offer that is in the log: as the first time, when it was there before.
func (s *Server) offered(ctx context.Context, o *offer, done *recorded) (*contextv1.CreateHandoffResponse, error) {
	stored := done.events[0]
	if err := o.p.Bind(ctx, o.customer, stored); err != nil {
		return nil, err
	}
	state, err := o.stateAfter(ctx, done, 1)
	if err != nil {
		return nil, err
	}
	h, err := state.Handoff(o.handoffID)
	if err != nil {
		return nil, err
	}
	secret := s.tokens.Token(o.p.Name(), o.handoffID)
	renderings, err := uui.Render(secret, o.req.GetReferToUri(), o.req.GetLandingUrl())
	if err != nil {
		return nil, err
	}
	return &contextv1.CreateHandoffResponse{
		Handoff: handoffMessage(o.customer, h, wire.Time(stored.GetRecordedAt())), Token: secret,
		Renderings: renderingsMessage(renderings), Revision: done.revision, ConsistencyToken: o.token(done.revision),
	}, nil
}
