package rest

import (
	"context"
	"net/http"

	"google.golang.org/grpc/metadata"

	"github.com/throughline-cx/throughline/services/internal/auth"
)

// credentials hands on who the caller says he is, for the services to judge. The generated code has done so with the
// Authorization header already. A caller without a credential has an empty one: the edge's own connection may have a
// certificate, which must not count for him.
func (e *edge) credentials(_ context.Context, r *http.Request) metadata.MD {
	md := metadata.MD{}
	keys, tenants := r.Header.Values(auth.KeyHeader), r.Header.Values(auth.TenantHeader)
	if len(keys) > 0 {
		md[auth.KeyHeader] = keys
	} else if len(r.Header.Values(auth.AuthorizationHeader)) == 0 {
		md[auth.AuthorizationHeader] = []string{""}
	}
	if len(tenants) > 0 {
		md[auth.TenantHeader] = tenants
	}
	if e.o.Guarded {
		md[auth.GuardedHeader] = []string{"1"}
	}
	return md
}
