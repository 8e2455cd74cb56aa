package server

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// RecordFacts records values: all of them, or none.
//
// The log does not know how many events belonged to a request: a repeated one with more or fewer facts is another
// request, and found out by looking before and behind.
func (s *Server) RecordFacts(ctx context.Context, req *contextv1.RecordFactsRequest) (*contextv1.RecordFactsResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkFactValues(req); err != nil {
		return nil, err
	}
	rec, err := s.record(ctx, p, "fact", projector.CustomerID(req.GetCustomer()), req.GetRequestId())
	if err != nil {
		return nil, err
	}
	defer rec.close()
	r := &factRecording{recording: rec, req: req, events: factEvents(rec.base, req)}
	return r.run(ctx)
}

type factRecording struct {
	*recording
	req    *contextv1.RecordFactsRequest
	events []*logv1.Event
}

func (r *factRecording) run(ctx context.Context) (*contextv1.RecordFactsResponse, error) {
	slotIDs, invalid := checkFacts(r.p.Dictionary(), r.req)
	if invalid != nil && !r.keyed {
		return nil, invalid
	}
	rec, err := r.once(ctx, entry{
		first: r.events[0],
		rest:  r.events[1:],
		span:  len(r.events) + 1, // the one behind tells whether the first request had more facts
		decide: func(*projector.Current) ([]*logv1.Event, error) {
			return r.events, invalid
		},
	})
	switch {
	case err != nil:
		return nil, err
	case rec.replayed:
		// It is answered as it was then: by the dictionary of that moment.
		dict := r.p.DictionaryAt(wire.Time(rec.events[0].GetRecordedAt()))
		slotIDs = make([]string, len(r.req.GetFacts()))
		for i, f := range r.req.GetFacts() {
			slot, _ := dict.Resolve(scopeOf(f, r.req), f.GetSlot())
			slotIDs[i] = slot.ID
		}
	}
	return r.response(slotIDs, rec.revision), nil
}

func (r *factRecording) response(slotIDs []string, revision int64) *contextv1.RecordFactsResponse {
	resp := &contextv1.RecordFactsResponse{
		SlotIds: slotIDs, Revision: revision, ConsistencyToken: r.token(revision),
	}
	for _, e := range r.events {
		resp.EventIds = append(resp.EventIds, e.GetEventId())
	}
	return resp
}

func scopeOf(f *contextv1.FactInput, req *contextv1.RecordFactsRequest) string {
	return cmp.Or(f.GetScope(), req.GetScope())
}

// checkFactValues says which facts lack a value.
func checkFactValues(req *contextv1.RecordFactsRequest) error {
	var bad *fault.Error
	for i, f := range req.GetFacts() {
		if f.GetValue() != "" || f.GetAction() == contextv1.FactAction_FACT_ACTION_RETRACT {
			continue
		}
		if bad == nil {
			bad = fault.New(fault.Invalid, fault.InvalidRequest, "the request breaks the rules of its fields")
		}
		bad = bad.WithField(fmt.Sprintf("facts[%d].value", i), "is required, but for a retraction")
	}
	if bad != nil {
		return bad
	}
	return nil
}

// checkFacts resolves the facts' names. Nothing is recorded when one may not be: the fault is the first one's, and blames
// every fact that has the same fault.
func checkFacts(dict *domain.Dictionary, req *contextv1.RecordFactsRequest) ([]string, error) {
	slotIDs := make([]string, len(req.GetFacts()))
	var first *fault.Error
	for i, f := range req.GetFacts() {
		var err error
		scope := scopeOf(f, req)
		if a := f.GetAction(); a == contextv1.FactAction_FACT_ACTION_CONFIRM || a == contextv1.FactAction_FACT_ACTION_RETRACT {
			slotIDs[i], err = dict.CheckStorable(scope, f.GetSlot())
		} else {
			slotIDs[i], err = dict.CheckValue(scope, f.GetSlot(), f.GetValue())
		}
		bad, ok := fault.As(err)
		switch {
		case err == nil:
		case !ok:
			return nil, err
		case first == nil:
			first = bad.WithField(fmt.Sprintf("facts[%d].value", i), bad.Msg)
		case first.Reason == bad.Reason:
			first = first.WithField(fmt.Sprintf("facts[%d].value", i), bad.Msg)
		}
	}
	if first != nil {
		return nil, first
	}
	return slotIDs, nil
}

// header returns the fields that the events of one request share. A time that the caller did not give stays away: the
// log fills it in, and does not count it when it compares a repetition.
func header(id string, o *contextv1.Origin) *logv1.Event {
	return &logv1.Event{
		EventId:       id,
		OccurredAt:    o.GetOccurredAt(),
		InteractionId: o.GetInteractionId(),
		CaseId:        o.GetCaseId(),
		Channel:       o.GetChannel(),
		Actor:         o.GetActor(),
		Source:        o.GetSource(),
	}
}

func factEvents(base string, req *contextv1.RecordFactsRequest) []*logv1.Event {
	events := make([]*logv1.Event, len(req.GetFacts()))
	for i, f := range req.GetFacts() {
		e := header(base+"-"+strconv.Itoa(i), req.GetOrigin())
		scope := scopeOf(f, req)
		switch f.GetAction() {
		case contextv1.FactAction_FACT_ACTION_CONFIRM:
			e.Payload = &logv1.Event_FactConfirmed{FactConfirmed: &logv1.FactConfirmed{
				Slot: f.GetSlot(), Scope: scope, Value: f.GetValue(),
			}}
		case contextv1.FactAction_FACT_ACTION_RETRACT:
			e.Payload = &logv1.Event_FactRetracted{FactRetracted: &logv1.FactRetracted{
				Slot: f.GetSlot(), Scope: scope, Value: f.GetValue(),
			}}
		case contextv1.FactAction_FACT_ACTION_UNSPECIFIED, contextv1.FactAction_FACT_ACTION_STATE:
			e.Payload = &logv1.Event_FactStated{FactStated: &logv1.FactStated{
				Slot: f.GetSlot(), Scope: scope, Value: f.GetValue(),
				Confidence: f.GetConfidence(), Origin: f.GetOrigin(),
				VerificationLevel: f.GetVerificationLevel(), ExpireTime: f.GetExpireTime(),
			}}
		}
		events[i] = e
	}
	return events
}
