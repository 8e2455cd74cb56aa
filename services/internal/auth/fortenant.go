package auth

import (
	"context"

	"google.golang.org/grpc/metadata"
)

// TenantHeader names the tenant for which a service that may call for all tenants makes a call.
const TenantHeader = "x-throughline-tenant"

// ForTenant returns a context whose outgoing calls are made for a tenant. Without the header a call is the caller's own
// tenant's, so the default one needs none.
func ForTenant(ctx context.Context, tenant string) context.Context {
	if tenant == DefaultTenant {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, TenantHeader, tenant)
}
