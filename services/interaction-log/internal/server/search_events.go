package server

import (
	"context"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
)

const defaultHits = 20

// SearchEvents finds events of a customer by words.
func (s *Server) SearchEvents(ctx context.Context, req *interactionlogv1.SearchEventsRequest) (*interactionlogv1.SearchEventsResponse, error) {
	filter, err := filterOf(req.GetFilter())
	if err != nil {
		return nil, err
	}
	page, err := openPage(ctx, req, req.GetPageToken(), req.GetPageSize(), defaultHits)
	if err != nil {
		return nil, err
	}
	found, err := s.log.Search(ctx, domain.Search{
		Key:    key(ctx, req.GetCustomer()),
		Words:  req.GetQuery(),
		Filter: filter,
		Limit:  page.size,
		Cursor: page.cursor,
		Text:   intake.SearchText,
	})
	if err != nil {
		return nil, err
	}
	resp := &interactionlogv1.SearchEventsResponse{
		Hits:          make([]*interactionlogv1.SearchHit, len(found.Hits)),
		NextPageToken: page.next(found.Next),
	}
	for i, h := range found.Hits {
		ev, err := intake.Unpack(h.Event)
		if err != nil {
			return nil, err
		}
		resp.Hits[i] = &interactionlogv1.SearchHit{Event: ev, Snippet: h.Snippet}
	}
	return resp, nil
}
