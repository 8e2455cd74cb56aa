package contextservice

import (
	"context"

	"google.golang.org/grpc"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
)

// tenantLog calls the log for one tenant, with a credential that may be good for all.
type tenantLog struct {
	logv1.InteractionLogServiceClient
	tenant string
}

// AppendEvents appends to the tenant's events.
func (l tenantLog) AppendEvents(ctx context.Context, in *logv1.AppendEventsRequest, o ...grpc.CallOption) (*logv1.AppendEventsResponse, error) {
	return l.InteractionLogServiceClient.AppendEvents(auth.ForTenant(ctx, l.tenant), in, o...)
}

// ListEvents lists the tenant's events.
func (l tenantLog) ListEvents(ctx context.Context, in *logv1.ListEventsRequest, o ...grpc.CallOption) (*logv1.ListEventsResponse, error) {
	return l.InteractionLogServiceClient.ListEvents(auth.ForTenant(ctx, l.tenant), in, o...)
}

// TailEvents follows the tenant's events.
func (l tenantLog) TailEvents(ctx context.Context, in *logv1.TailEventsRequest, o ...grpc.CallOption) (grpc.ServerStreamingClient[logv1.TailEventsResponse], error) {
	return l.InteractionLogServiceClient.TailEvents(auth.ForTenant(ctx, l.tenant), in, o...)
}
