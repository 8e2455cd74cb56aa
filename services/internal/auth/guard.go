package auth

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// AuthorizationHeader carries "Bearer " and a token.
	AuthorizationHeader = "authorization"
	// KeyHeader carries an API key, for callers that cannot set the other one.
	KeyHeader = "x-api-key"
	// GuardedHeader has a server refuse the call when it asks nobody for credentials. A gateway that other machines reach
	// sends it, because what stands open behind it would stand open before it.
	GuardedHeader = "x-throughline-guarded"
	// KeyPrefix begins every API key, and no token of another kind.
	KeyPrefix = "tlk_"
)

// Authenticator names the caller of an RPC: it returns a context that carries the caller, or a fault of kind
// Unauthenticated or Denied. fullMethod is "/package.Service/Method".
type Authenticator func(ctx context.Context, fullMethod string) (context.Context, error)

// Open is the authenticator for a server without credentials: everyone is DefaultTenant. CallerOf answers so by itself,
// so the context stays as it is. Use it on loopback only (CheckLoopback).
func Open(ctx context.Context, _ string) (context.Context, error) {
	if asked := metadata.ValueFromIncomingContext(ctx, TenantHeader); len(asked) > 0 {
		if _, err := openCaller.actingFor(asked); err != nil {
			return nil, err
		}
	}
	if len(metadata.ValueFromIncomingContext(ctx, GuardedHeader)) > 0 {
		return nil, fault.New(fault.Unavailable, fault.ServiceUnavailable,
			"the service asks nobody for credentials, so nothing is passed on to it from here; configure its credentials")
	}
	return ctx, nil
}

// Verifier knows one kind of credential.
type Verifier interface {
	// Configured tells whether the kind is in use, so that callers need a credential. Once true, it stays so.
	Configured() bool
	// Verify returns the caller that a token stands for, or a fault.
	Verify(ctx context.Context, token string) (*Caller, error)
}

// Guard is the authenticator of a server with credentials. Kinds that are nil are not in use.
type Guard struct {
	// Keys verifies API keys.
	Keys Verifier
	// Tokens verifies what an identity provider has issued.
	Tokens Verifier
	// Certificates accepts client certificates that the TLS listener has verified.
	Certificates bool
}

// Configured tells whether callers need a credential.
func (g *Guard) Configured() bool {
	return g.Certificates || g.Keys != nil && g.Keys.Configured() || g.Tokens != nil && g.Tokens.Configured()
}

// Authenticate is the guard's Authenticator. While nothing is configured, everybody may come in.
func (g *Guard) Authenticate(ctx context.Context, fullMethod string) (context.Context, error) {
	if !g.Configured() {
		return Open(ctx, fullMethod)
	}
	c, err := g.identify(ctx)
	if err != nil {
		return nil, err
	}
	if asked := metadata.ValueFromIncomingContext(ctx, TenantHeader); len(asked) > 0 {
		if c, err = c.actingFor(asked); err != nil {
			return nil, err
		}
	}
	return WithCaller(ctx, c), nil
}

// identify finds the credential of a call. A header goes before a certificate, even an empty one: a gateway that has a
// certificate sends the header of its caller, or an empty one for a caller that has none, and must not lend him its own.
func (g *Guard) identify(ctx context.Context) (*Caller, error) {
	token, found, err := tokenOf(ctx)
	switch {
	case err != nil:
		return nil, err
	case token != "":
		return g.verify(ctx, token)
	case !found && g.Certificates:
		return certified(ctx)
	}
	return nil, noCredential()
}

func (g *Guard) verify(ctx context.Context, token string) (*Caller, error) {
	v := g.Tokens
	if strings.HasPrefix(token, KeyPrefix) {
		v = g.Keys
	}
	if v == nil || !v.Configured() {
		return nil, BadCredential(errors.New("no credentials of this kind are configured"))
	}
	return v.Verify(ctx, token)
}

// tokenOf returns the one token in the headers of a call; found is true when there is a header at all.
func tokenOf(ctx context.Context) (token string, found bool, err error) {
	bearer := metadata.ValueFromIncomingContext(ctx, AuthorizationHeader)
	key := metadata.ValueFromIncomingContext(ctx, KeyHeader)
	switch {
	case len(bearer)+len(key) > 1:
		return "", true, fault.New(fault.Unauthenticated, fault.NotAuthenticated, "the call has more than one credential; send one")
	case len(key) == 1:
		if key[0] != "" && !strings.HasPrefix(key[0], KeyPrefix) {
			return "", true, BadCredential(errors.New("the header for API keys holds something else"))
		}
		return key[0], true, nil
	case len(bearer) == 0:
		return "", false, nil
	case bearer[0] == "":
		return "", true, nil
	}
	const scheme = "Bearer "
	if len(bearer[0]) <= len(scheme) || !strings.EqualFold(bearer[0][:len(scheme)], scheme) {
		return "", true, fault.New(fault.Unauthenticated, fault.NotAuthenticated, "the authorization header must be Bearer and a token")
	}
	return strings.TrimSpace(bearer[0][len(scheme):]), true, nil
}

// certified returns the caller with the verified client certificate of the connection.
func certified(ctx context.Context) (*Caller, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil, noCredential()
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 || len(info.State.PeerCertificates) == 0 {
		return nil, noCredential()
	}
	cert := info.State.PeerCertificates[0]
	var name string
	switch {
	case len(cert.URIs) > 0:
		name = cert.URIs[0].String()
	case len(cert.DNSNames) > 0:
		name = cert.DNSNames[0]
	case len(cert.IPAddresses) > 0:
		name = cert.IPAddresses[0].String()
	default:
		return nil, BadCredential(errors.New("the client certificate has no subject alternative name"))
	}
	return &Caller{Roles: Roles(commonv1.Role_ROLE_SERVICE), Subject: "cert:" + name, AllTenants: true}, nil
}

func noCredential() error {
	return fault.New(fault.Unauthenticated, fault.NotAuthenticated,
		"the call carries no credential; send the header authorization: Bearer and a token, or x-api-key")
}

// BadCredential is the fault for a credential that does not hold. Why is for the log only: whoever tries keys shall not
// learn which part of one was right.
func BadCredential(why error) error {
	return fault.New(fault.Unauthenticated, fault.NotAuthenticated, "the credential does not hold").WithCause(why)
}

// ExpiredCredential is the fault for a credential that held once.
func ExpiredCredential(why error) error {
	return fault.New(fault.Unauthenticated, fault.NotAuthenticated, "the credential has expired").WithCause(why)
}
