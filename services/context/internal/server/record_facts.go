package server

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// reasonEventIDReused is the log's word for an id that is taken.
const reasonEventIDReused = "EVENT_ID_REUSED"

// RecordFacts records values: all of them, or none.
//
// The ids of the events derive from the request id, so the log itself knows a request that comes again. What it does not
// know is how many events belonged to it: a repeated request with more or fewer facts is another request, and found out
// by looking before and behind.
func (s *Server) RecordFacts(ctx context.Context, req *contextv1.RecordFactsRequest) (*contextv1.RecordFactsResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkFactValues(req); err != nil {
		return nil, err
	}
	base, keyed, err := s.requestBase("fact", req.GetRequestId())
	if err != nil {
		return nil, err
	}
	r := &factRecording{
		p: p, req: req, customer: projector.CustomerID(req.GetCustomer()),
		base: base, keyed: keyed, events: factEvents(base, req),
	}
	r.w, err = p.Writer(ctx, r.customer)
	if err != nil {
		return nil, err
	}
	defer r.w.Close()
	return r.run(ctx)
}

// requestBase returns what the ids of a request's events begin with, and whether the caller gave a request id.
func (s *Server) requestBase(prefix, requestID string) (base string, keyed bool, err error) {
	if requestID != "" {
		return hashID(prefix, requestID), true, nil
	}
	id, err := s.randomID()
	return prefix + "-" + id, false, err
}

type factRecording struct {
	p        *tenant
	w        *projector.Writer
	req      *contextv1.RecordFactsRequest
	customer string
	base     string
	keyed    bool
	events   []*logv1.Event
}

func (r *factRecording) run(ctx context.Context) (*contextv1.RecordFactsResponse, error) {
	slotIDs, invalid := checkFacts(r.p.Dictionary(), r.req)
	// One event needs no look before: the append itself tells whether it is a repetition. More than one do, because a
	// longer request than the first would be stored in part. A refusal must not hit a repetition of what was accepted.
	if r.keyed && (len(r.events) > 1 || invalid != nil) {
		stored, _, _, err := r.w.Probe(ctx, r.events[0])
		switch {
		case err != nil:
			return nil, err
		case stored == projector.StoredOther:
			return nil, requestIDReused()
		case stored == projector.StoredSame:
			return r.replay(ctx)
		}
	}
	if invalid != nil {
		return nil, invalid
	}
	done, err := r.w.Append(ctx, func(*projector.Current) ([]*logv1.Event, error) { return r.events, nil })
	switch {
	case fault.ReasonOf(err) == reasonEventIDReused:
		return nil, requestIDReused()
	case err != nil:
		return nil, err
	case done.Results[0].GetReplayed():
		return r.replay(ctx)
	}
	return r.response(slotIDs, done.Revision), nil
}

// replay answers a request that was done before as it was answered then.
func (r *factRecording) replay(ctx context.Context) (*contextv1.RecordFactsResponse, error) {
	stored, results, _, err := r.w.Probe(ctx, r.events...)
	if err != nil {
		return nil, err
	}
	if stored != projector.StoredSame {
		return nil, requestIDReused()
	}
	last := results[len(results)-1].GetRevision()
	next, err := r.w.History(ctx, last, last+1)
	if err != nil {
		return nil, err
	}
	if len(next) > 0 && strings.HasPrefix(next[0].GetEventId(), r.base+"-") {
		return nil, requestIDReused()
	}
	dict := r.p.DictionaryAt(wire.Time(results[0].GetRecordedAt()))
	slotIDs := make([]string, len(r.req.GetFacts()))
	for i, f := range r.req.GetFacts() {
		slot, _ := dict.Resolve(scopeOf(f, r.req), f.GetSlot())
		slotIDs[i] = slot.ID
	}
	return r.response(slotIDs, max(last, r.w.Current().State.Revision)), nil
}

func (r *factRecording) response(slotIDs []string, revision int64) *contextv1.RecordFactsResponse {
	resp := &contextv1.RecordFactsResponse{
		SlotIds: slotIDs, Revision: revision, ConsistencyToken: tokenOf(r.p, r.customer, revision),
	}
	for _, e := range r.events {
		resp.EventIds = append(resp.EventIds, e.GetEventId())
	}
	return resp
}

func requestIDReused() error {
	return fault.New(fault.Exists, reasonRequestIDReused, "the request id was used before with another content").
		WithField("request_id", "must be new for a new request")
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
