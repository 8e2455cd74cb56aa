package server

import (
	"context"

	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

const defaultPage = 100

// ListEvents lists a customer's events.
func (s *Server) ListEvents(ctx context.Context, req *interactionlogv1.ListEventsRequest) (*interactionlogv1.ListEventsResponse, error) {
	filter, err := filterOf(req.GetFilter())
	if err != nil {
		return nil, err
	}
	page, err := openPage(ctx, req, req.GetPageToken(), req.GetPageSize(), defaultPage)
	if err != nil {
		return nil, err
	}
	found, err := s.log.List(ctx, domain.Query{
		Key:    key(ctx, req.GetCustomer()),
		Filter: filter,
		Newest: req.GetOrder() == interactionlogv1.EventOrder_EVENT_ORDER_NEWEST_FIRST,
		Limit:  page.size,
		Cursor: page.cursor,
	})
	if err != nil {
		return nil, err
	}
	resp := &interactionlogv1.ListEventsResponse{
		Events:       make([]*interactionlogv1.Event, 0, len(found.Events)),
		HeadRevision: found.Head,
	}
	next, bytes := found.Next, 0
	for _, e := range found.Events {
		ev, err := shown(ctx, e)
		if err != nil {
			return nil, err
		}
		// The log counts payloads, the contract counts events, which are a little larger.
		bytes += proto.Size(ev) + eventOverhead
		if bytes > domain.MaxPageBytes && len(resp.Events) > 0 {
			next = resp.Events[len(resp.Events)-1].GetRevision()
			break
		}
		resp.Events = append(resp.Events, ev)
	}
	resp.NextPageToken = page.next(next)
	return resp, nil
}
