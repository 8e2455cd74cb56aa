package auth

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"google.golang.org/grpc/metadata"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// DefaultTenant is the tenant of every caller while no credential is configured.
	DefaultTenant = "default"
	// EveryTenant stands in a credential for all tenants.
	EveryTenant = "*"
	// TenantHeader names the tenant that a service acts for.
	TenantHeader = "x-throughline-tenant"
)

var tenantName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// CheckTenant refuses what is not the name of a tenant.
func CheckTenant(name string) error {
	if !tenantName.MatchString(name) {
		return fmt.Errorf("%q is not a tenant: use 1 to 63 of a-z, 0-9 and -, not beginning with -", name)
	}
	return nil
}

// WithTenant returns a context whose calls belong to tenant, with all roles, as if nobody had been asked for a
// credential.
func WithTenant(ctx context.Context, tenant string) context.Context {
	return WithCaller(ctx, &Caller{Tenant: tenant, Roles: allRoles, Open: true})
}

// Tenant returns the tenant that ctx belongs to. It never comes from a path or a body.
func Tenant(ctx context.Context) string { return CallerOf(ctx).Tenant }

// ForTenant returns a context whose outgoing calls are made for tenant, by a service whose credential is good for all
// tenants.
func ForTenant(ctx context.Context, tenant string) context.Context {
	given, _ := metadata.FromOutgoingContext(ctx)
	md := given.Copy()
	if md == nil {
		md = metadata.MD{}
	}
	md[TenantHeader] = []string{tenant}
	return metadata.NewOutgoingContext(ctx, md)
}

// RequireTenant refuses a caller for all tenants that has not said for which it calls.
func (c *Caller) RequireTenant() error {
	if c.Tenant != "" {
		return nil
	}
	return fault.New(fault.Invalid, fault.TenantRequired,
		"the credential is good for all tenants; say for which the call is made with the header "+TenantHeader)
}

// actingFor returns the caller as what it is for this call, given the tenant header of the call.
func (c *Caller) actingFor(asked []string) (*Caller, error) {
	asked = slices.DeleteFunc(asked, func(v string) bool { return v == "" })
	switch {
	case len(asked) == 0:
		return c, nil
	case len(asked) > 1:
		return nil, fault.New(fault.Denied, fault.PermissionDenied, "the header %s names more than one tenant", TenantHeader)
	case !c.AllTenants:
		if asked[0] == c.Tenant {
			return c, nil
		}
		return nil, fault.New(fault.Denied, fault.PermissionDenied, "the header %s names a tenant that the caller may not act for", TenantHeader).
			WithCause(fmt.Errorf("%s of tenant %s asked for tenant %.64q", c.Subject, c.Tenant, asked[0]))
	}
	if err := CheckTenant(asked[0]); err != nil {
		return nil, fault.New(fault.Invalid, fault.TenantRequired, "the header %s does not name a tenant", TenantHeader)
	}
	acting := *c
	acting.Tenant = asked[0]
	return &acting, nil
}
