// Package auth says who a caller is. Until credentials exist every caller is the tenant "default" and servers listen on
// loopback only; every key, record and call carries the tenant already, so that nothing else changes when they do.
package auth

import "context"

// DefaultTenant is the tenant of every caller while no credential is configured.
const DefaultTenant = "default"

type tenantKey struct{}

// WithTenant returns a context whose calls belong to tenant.
func WithTenant(ctx context.Context, tenant string) context.Context {
	return context.WithValue(ctx, tenantKey{}, tenant)
}

// Tenant returns the tenant that ctx belongs to. It never comes from a path or a body.
func Tenant(ctx context.Context) string {
	if t, ok := ctx.Value(tenantKey{}).(string); ok {
		return t
	}
	return DefaultTenant
}

// Authenticator names the caller of an RPC: it returns a context that carries the tenant, or a fault of kind
// Unauthenticated or Denied. fullMethod is "/package.Service/Method".
type Authenticator func(ctx context.Context, fullMethod string) (context.Context, error)

// Open is the authenticator for a server without credentials: everyone is DefaultTenant. Tenant answers so by itself,
// so the context stays as it is. Use it on loopback only (CheckLoopback).
func Open(ctx context.Context, _ string) (context.Context, error) { return ctx, nil }
