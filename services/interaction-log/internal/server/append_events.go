package server

import (
	"context"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
	"github.com/throughline-cx/throughline/services/internal/aip"
)

// AppendEvents appends events to one customer's history, atomically and durably.
func (s *Server) AppendEvents(ctx context.Context, req *interactionlogv1.AppendEventsRequest) (*interactionlogv1.AppendEventsResponse, error) {
	src := s.source(ctx)
	if err := src.CheckName("customer", req.GetCustomer()); err != nil {
		return nil, err
	}
	src.Customer = req.GetCustomer()
	drafts, err := s.intake.Prepare(ctx, src, req.GetEvents())
	if err != nil {
		return nil, err
	}
	if err := intake.First(drafts); err != nil {
		return nil, err
	}
	b := &domain.Batch{Key: key(ctx, req.GetCustomer()), Events: make([]*domain.Event, len(drafts)), Expected: req.ExpectedRevision}
	for i, d := range drafts {
		b.Events[i] = d.Stored
	}
	if err := s.log.Append(ctx, b); err != nil {
		return nil, err
	}
	resp := &interactionlogv1.AppendEventsResponse{
		Results:          make([]*interactionlogv1.AppendResult, len(drafts)),
		Revision:         b.Head,
		ConsistencyToken: aip.EncodeToken(b.Tenant, aip.Position{Customer: b.Customer, Revision: b.Head}),
	}
	for i, d := range drafts {
		if resp.Results[i], err = appendResult(ctx, d, &b.Results[i], req.GetIncludeEvents()); err != nil {
			return nil, err
		}
	}
	return resp, nil
}

// appendResult makes the answer for one event. That of a replay is made of the event as it was stored the first time,
// which may have been masked in another way.
func appendResult(ctx context.Context, d *intake.Draft, r *domain.Result, withEvent bool) (*interactionlogv1.AppendResult, error) {
	res := &interactionlogv1.AppendResult{
		EventId:    d.Stored.EventID,
		Revision:   r.Revision,
		Shard:      r.Shard,
		Sequence:   r.Sequence,
		RecordedAt: intake.Timestamp(r.RecordedAt),
		Replayed:   r.Replayed,
		Redactions: d.Event.GetRedactions(),
	}
	if r.Replayed {
		stored, err := intake.Unpack(r.Event)
		if err != nil {
			return nil, err
		}
		res.Redactions = stored.GetRedactions()
	}
	if !withEvent {
		return res, nil
	}
	var err error
	res.Event, err = shown(ctx, r.Event)
	return res, err
}
