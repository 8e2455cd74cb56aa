package server

import (
	"context"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
	"github.com/throughline-cx/throughline/services/internal/aip"
)

// GetHead returns the newest revision of a customer and the place of its newest event.
func (s *Server) GetHead(ctx context.Context, req *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error) {
	k := key(ctx, req.GetCustomer())
	head, err := s.log.Head(ctx, k)
	if err != nil {
		return nil, err
	}
	if head.Revision == 0 {
		return nil, customerNotFound()
	}
	return &interactionlogv1.GetHeadResponse{
		Revision:         head.Revision,
		Shard:            head.Shard,
		Sequence:         head.Sequence,
		RecordedAt:       intake.Timestamp(head.RecordedAt),
		ConsistencyToken: aip.EncodeToken(k.Tenant, aip.Position{Customer: k.Customer, Revision: head.Revision}),
	}, nil
}
