package server

import (
	"context"

	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/intake"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// EraseHistory ends a customer's history and overwrites what it says.
func (s *Server) EraseHistory(ctx context.Context, req *interactionlogv1.EraseHistoryRequest) (*interactionlogv1.EraseHistoryResponse, error) {
	payload, err := proto.Marshal(&interactionlogv1.Event{Payload: &interactionlogv1.Event_CustomerErased{
		CustomerErased: &interactionlogv1.CustomerErased{Reason: req.GetReason()},
	}})
	if err != nil {
		return nil, fault.New(fault.Internal, fault.InternalError, "the end of a history does not encode: %w", err)
	}
	last, err := s.log.Erase(ctx, &domain.Event{
		Key: key(ctx, req.GetCustomer()), EventID: domain.ErasureID, Type: domain.TypeCustomerErased,
		OccurredAt: s.clock().Round(0).UTC(), Payload: payload,
	})
	if err != nil {
		return nil, err
	}
	return &interactionlogv1.EraseHistoryResponse{
		Revision: last.Revision, ErasedEvents: last.Revision - 1, EraseTime: intake.Timestamp(last.RecordedAt),
	}, nil
}
