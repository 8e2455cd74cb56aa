package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
)

// Inside lets the services within one process know each other: a secret that is made at the start of the process and
// never leaves its memory. Whoever has it is the role service, for all tenants.
type Inside struct {
	header map[string]string
	value  string
	caller *Caller
}

// NewInside returns a credential for the connections inside of this process.
func NewInside() *Inside {
	value := "Bearer tli_" + rand.Text() + rand.Text()
	return &Inside{
		header: map[string]string{AuthorizationHeader: value},
		value:  value,
		caller: &Caller{Roles: Roles(commonv1.Role_ROLE_SERVICE), Subject: "inside", AllTenants: true},
	}
}

// Authenticator accepts the secret, and leaves all other calls to next.
func (i *Inside) Authenticator(next Authenticator) Authenticator {
	return func(ctx context.Context, fullMethod string) (context.Context, error) {
		given := metadata.ValueFromIncomingContext(ctx, AuthorizationHeader)
		if len(given) != 1 || subtle.ConstantTimeCompare([]byte(given[0]), []byte(i.value)) == 0 {
			return next(ctx, fullMethod)
		}
		c := i.caller
		if asked := metadata.ValueFromIncomingContext(ctx, TenantHeader); len(asked) > 0 {
			var err error
			if c, err = c.actingFor(asked); err != nil {
				return nil, err
			}
		}
		return WithCaller(ctx, c), nil
	}
}

// Credentials returns what a client connection adds to its calls.
func (i *Inside) Credentials() credentials.PerRPCCredentials { return insideCredentials{i.header} }

type insideCredentials struct{ header map[string]string }

// GetRequestMetadata returns the header.
func (c insideCredentials) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return c.header, nil
}

// RequireTransportSecurity is false: the connection is memory.
func (insideCredentials) RequireTransportSecurity() bool { return false }
