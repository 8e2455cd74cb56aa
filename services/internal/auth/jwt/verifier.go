// Package jwt verifies tokens of an OpenID Connect provider by the keys that it publishes (JWKS).
package jwt

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// MaxLeeway bounds how far clocks may be apart.
	MaxLeeway = time.Minute
	// maxToken bounds a token. Headers are bounded as well, but hashing begins here.
	maxToken = 12 << 10
	// maxSubject bounds what of a subject is kept for the logs.
	maxSubject = 128
)

// algorithms are the signatures that are accepted: none with a shared secret, and not "none".
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// Options of a Verifier.
type Options struct {
	// Issuer and Audience must be those of a token.
	Issuer, Audience string
	// JWKS is where the keys are: an https:// URL, an http:// URL of this machine, or a file.
	JWKS string
	// Leeway is how far the clocks of issuer and server may be apart.
	Leeway time.Duration
	// TenantClaim and RolesClaim name the claims; a name with dots is also looked up as a path.
	TenantClaim, RolesClaim string
	// AllTenants lets tokens of the role service be good for all tenants, by the tenant "*". Without it, whoever can choose
	// the claim's value at the provider is kept to one tenant.
	AllTenants bool
	// Logger takes what is wrong with the keys; default slog.Default().
	Logger *slog.Logger
	// Clock is the time; default time.Now.
	Clock func() time.Time
}

func (o *Options) check() error {
	switch {
	case o.Issuer == "" || o.Audience == "" || o.JWKS == "":
		return errors.New("tokens need an issuer, an audience and a JWKS")
	case o.Leeway < 0 || o.Leeway > MaxLeeway:
		return fmt.Errorf("the leeway of tokens must be between 0 and %s", MaxLeeway)
	case o.TenantClaim == "" || o.RolesClaim == "":
		return errors.New("the claims for tenant and roles must have names")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return nil
}

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	o    Options
	keys *keySet
	seen *memory
}

// New returns a verifier. A JWKS in a file is read now; one behind a URL with the first token, so that a server starts
// while its identity provider does not answer.
func New(o Options) (*Verifier, error) {
	if err := o.check(); err != nil {
		return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "%w", err)
	}
	src, err := newSource(o.JWKS)
	if err != nil {
		return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "%w", err)
	}
	v := &Verifier{o: o, keys: &keySet{fetch: src.fetch, log: o.Logger, clock: o.Clock}, seen: &memory{}}
	if src.url == "" {
		if err := v.keys.refresh(context.Background()); err != nil {
			return nil, fault.New(fault.Precondition, fault.ConfigInvalid, "the JWKS cannot be used: %w", err)
		}
	}
	return v, nil
}

// Configured is always true.
func (*Verifier) Configured() bool { return true }

// Verify returns the caller that a token stands for.
func (v *Verifier) Verify(ctx context.Context, token string) (*auth.Caller, error) {
	if len(token) > maxToken {
		return nil, auth.BadCredential(errors.New("the token is too long"))
	}
	// A verified signature stays one: remembering it saves the dearest part of most calls.
	sum := sha256.Sum256([]byte(token))
	generation, err := v.keys.generation(ctx)
	if err != nil {
		return nil, err
	}
	if known, ok := v.seen.get(sum, generation); ok {
		if err := v.timely(known.claims); err != nil {
			return nil, err
		}
		return known.caller, nil
	}
	parsed, err := jwt.ParseSigned(token, algorithms)
	if err != nil {
		return nil, auth.BadCredential(fmt.Errorf("not a signed token of a known kind: %w", err))
	}
	key, generation, err := v.keys.find(ctx, parsed.Headers[0])
	if err != nil {
		return nil, err
	}
	var claims jwt.Claims
	var all map[string]any
	if err := parsed.Claims(key, &claims, &all); err != nil {
		return nil, auth.BadCredential(fmt.Errorf("the signature or the claims do not hold: %w", err))
	}
	if err := v.timely(&claims); err != nil {
		return nil, err
	}
	c, err := v.caller(claims.Subject, all)
	if err != nil {
		return nil, auth.BadCredential(err)
	}
	v.seen.put(sum, generation, remembered{caller: c, claims: &claims})
	return c, nil
}

// timely checks what tokens say about where and when they hold.
func (v *Verifier) timely(c *jwt.Claims) error {
	if c.Expiry == nil {
		return auth.BadCredential(errors.New("the token has no exp"))
	}
	err := c.ValidateWithLeeway(jwt.Expected{
		Issuer: v.o.Issuer, AnyAudience: jwt.Audience{v.o.Audience}, Time: v.o.Clock(),
	}, v.o.Leeway)
	switch {
	case errors.Is(err, jwt.ErrExpired):
		return auth.ExpiredCredential(fmt.Errorf("token of %.64q: %w", c.Subject, err))
	case err != nil:
		return auth.BadCredential(fmt.Errorf("token of %.64q: %w", c.Subject, err))
	}
	return nil
}

// caller reads tenant and roles. Roles that are not Throughline's are the provider's own and mean nothing here; a token
// without any that are may call nothing.
func (v *Verifier) caller(subject string, claims map[string]any) (*auth.Caller, error) {
	tenant, ok := lookUp(claims, v.o.TenantClaim).(string)
	if !ok {
		return nil, fmt.Errorf("the token has no claim %q with a tenant", v.o.TenantClaim)
	}
	var roles auth.RoleSet
	for _, name := range texts(lookUp(claims, v.o.RolesClaim)) {
		if r, ok := auth.ParseRole(name); ok {
			roles |= auth.Roles(r)
		}
	}
	if len(subject) > maxSubject {
		subject = subject[:maxSubject]
	}
	c, err := auth.NewCaller(tenant, roles, "jwt:"+subject)
	if err == nil && c.AllTenants && !v.o.AllTenants {
		return nil, fmt.Errorf("the token of %.64q is for all tenants, which --jwt-all-tenants has to allow", subject)
	}
	return c, err
}

// lookUp finds a claim by its name, or by a path such as "realm_access.roles".
func lookUp(claims map[string]any, name string) any {
	if v, ok := claims[name]; ok {
		return v
	}
	head, rest, ok := strings.Cut(name, ".")
	if !ok {
		return nil
	}
	inner, _ := claims[head].(map[string]any)
	return lookUp(inner, rest)
}

// texts returns the strings of a list, or the words of one string.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var out []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	default:
		return nil
	}
}
