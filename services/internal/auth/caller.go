// Package auth says who a caller is and what it may do: which tenant it belongs to, which roles it has, which methods
// those roles may call, and up to which sensitivity it may see values. Packages apikey, jwt and tlsfiles know the three
// kinds of credentials, package mask hides what a caller may not see; a Guard puts the kinds together.
//
// Without any credential configured every caller is the tenant "default" with all roles, and servers listen on loopback
// only.
package auth

import (
	"context"
	"fmt"
	"math/bits"
	"strings"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
)

// RoleSet is a set of roles: bit n stands for the role with number n.
type RoleSet uint16

// allRoles has every role of the contract.
var allRoles = func() RoleSet {
	var s RoleSet
	for n := range commonv1.Role_name {
		if n != 0 {
			s |= 1 << n
		}
	}
	return s
}()

// Roles returns the set of the roles given.
func Roles(roles ...commonv1.Role) RoleSet {
	var s RoleSet
	for _, r := range roles {
		s |= 1 << r
	}
	return s & allRoles
}

// AllRoles returns the set of all roles.
func AllRoles() RoleSet { return allRoles }

// Has tells whether a role is in the set.
func (s RoleSet) Has(r commonv1.Role) bool { return r > 0 && s&(1<<r) != 0 }

// Names returns the roles as they are written in files, flags and tokens ("agent"), in the order of the contract.
func (s RoleSet) Names() []string {
	var names []string
	for rest := s; rest != 0; rest &= rest - 1 {
		names = append(names, roleName(commonv1.Role(bits.TrailingZeros16(uint16(rest)))))
	}
	return names
}

func roleName(r commonv1.Role) string {
	return strings.ToLower(strings.TrimPrefix(r.String(), "ROLE_"))
}

var rolesByName = func() map[string]commonv1.Role {
	all := map[string]commonv1.Role{}
	for n := range commonv1.Role_name {
		if n != 0 {
			all[roleName(commonv1.Role(n))] = commonv1.Role(n)
		}
	}
	return all
}()

// ParseRole returns the role with a name such as "agent".
func ParseRole(name string) (commonv1.Role, bool) {
	r, ok := rolesByName[name]
	return r, ok
}

// ParseRoles returns the set of the roles with these names. A name that is none is an error.
func ParseRoles(names []string) (RoleSet, error) {
	var s RoleSet
	for _, name := range names {
		r, ok := ParseRole(name)
		if !ok {
			return 0, fmt.Errorf("there is no role %q; the roles are %s", name, strings.Join(allRoles.Names(), ", "))
		}
		s |= Roles(r)
	}
	return s, nil
}

// Caller is who makes a call. It is shared between calls and never changed.
type Caller struct {
	// Tenant is whom the call is made for. It is empty only for a caller for all tenants that has named none.
	Tenant string
	// Roles are what the credential allows.
	Roles RoleSet
	// Subject identifies the credential in logs: a key's id, the subject of a token, the name in a certificate.
	Subject string
	// AllTenants is true for a service that may act for every tenant.
	AllTenants bool
	// Open is true where nobody was asked for a credential.
	Open bool
}

// NewCaller returns the caller that a credential stands for. tenant "*" stands for all tenants, which only a credential
// with the service role and no other can be good for: people belong to one tenant.
func NewCaller(tenant string, roles RoleSet, subject string) (*Caller, error) {
	c := &Caller{Tenant: tenant, Roles: roles, Subject: subject}
	if tenant == EveryTenant {
		if roles != Roles(commonv1.Role_ROLE_SERVICE) {
			return nil, fmt.Errorf("tenant %q is for credentials with the role service alone", EveryTenant)
		}
		c.Tenant, c.AllTenants = "", true
		return c, nil
	}
	if err := CheckTenant(tenant); err != nil {
		return nil, err
	}
	return c, nil
}

// HasRole tells whether the caller has a role.
func (c *Caller) HasRole(r commonv1.Role) bool { return c.Roles.Has(r) }

// clearances are the highest sensitivity that each role may see, the highest first.
var clearances = []struct {
	roles RoleSet
	level commonv1.Sensitivity
}{
	{Roles(commonv1.Role_ROLE_AGENT, commonv1.Role_ROLE_SUPERVISOR, commonv1.Role_ROLE_SERVICE), commonv1.Sensitivity_SENSITIVITY_SENSITIVE},
	{Roles(commonv1.Role_ROLE_IVR, commonv1.Role_ROLE_BOT), commonv1.Sensitivity_SENSITIVITY_PERSONAL},
	{Roles(commonv1.Role_ROLE_ADMIN), commonv1.Sensitivity_SENSITIVITY_INTERNAL},
}

// Clearance returns the highest sensitivity that the caller may see: the highest of those of its roles.
func (c *Caller) Clearance() commonv1.Sensitivity {
	for i := range clearances {
		if clearances[i].roles&c.Roles != 0 {
			return clearances[i].level
		}
	}
	return commonv1.Sensitivity_SENSITIVITY_PUBLIC
}

// FullClearance is what everything that is stored can be seen with.
const FullClearance = commonv1.Sensitivity_SENSITIVITY_SENSITIVE

// SeesAll tells whether nothing has to be masked for the caller.
func (c *Caller) SeesAll() bool { return c.Open || c.Clearance() >= FullClearance }

type callerKey struct{}

// openCaller is everybody while no credential is configured.
var openCaller = &Caller{Tenant: DefaultTenant, Roles: allRoles, Open: true}

// OpenCaller returns everybody while no credential is configured.
func OpenCaller() *Caller { return openCaller }

// WithCaller returns a context whose calls are the caller's.
func WithCaller(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns who makes the call of ctx. Do not change it.
func CallerOf(ctx context.Context) *Caller {
	if c, ok := ctx.Value(callerKey{}).(*Caller); ok {
		return c
	}
	return openCaller
}
