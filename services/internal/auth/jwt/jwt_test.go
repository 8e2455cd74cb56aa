package jwt

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	issuer   = "https://id.example"
	audience = "throughline"
)

// provider is an identity provider that publishes keys.
type provider struct {
	mu      sync.Mutex
	set     jose.JSONWebKeySet
	body    string // instead of the set
	status  int
	fetches atomic.Int32
	url     string
}

func startProvider(t *testing.T, keys ...jose.JSONWebKey) *provider {
	t.Helper()
	p := &provider{set: jose.JSONWebKeySet{Keys: keys}, status: http.StatusOK}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.fetches.Add(1)
		p.mu.Lock()
		defer p.mu.Unlock()
		w.WriteHeader(p.status)
		if p.body != "" {
			_, _ = w.Write([]byte(p.body))
			return
		}
		_ = json.NewEncoder(w).Encode(p.set)
	}))
	t.Cleanup(srv.Close)
	p.url = srv.URL
	return p
}

func (p *provider) change(f func(*provider)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

type signer struct {
	id  string
	alg jose.SignatureAlgorithm
	key crypto.Signer
}

func newSigner(t testing.TB, id string, alg jose.SignatureAlgorithm) signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch alg {
	case jose.RS256, jose.PS256:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case jose.EdDSA:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signer{id, alg, key}
}

func (s signer) public() jose.JSONWebKey {
	return jose.JSONWebKey{KeyID: s.id, Key: s.key.Public(), Algorithm: string(s.alg), Use: "sig"}
}

func (s signer) sign(t testing.TB, claims map[string]any) string {
	t.Helper()
	return signWith(t, s.id, s.alg, s.key, claims)
}

func signWith(t testing.TB, id string, alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	o := (&jose.SignerOptions{}).WithType("JWT")
	if id != "" {
		o = o.WithHeader("kid", id)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func claims(change ...func(map[string]any)) map[string]any {
	now := testkit.Epoch
	c := map[string]any{
		"iss": issuer, "aud": audience, "sub": "anna", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"tenant": "acme", "roles": []string{"agent", "offline_access"},
	}
	for _, f := range change {
		f(c)
	}
	return c
}

func set(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
func drop(name string) func(map[string]any)       { return func(c map[string]any) { delete(c, name) } }

func verifier(t testing.TB, jwks string, clock *testkit.Clock, change ...func(*Options)) *Verifier {
	t.Helper()
	o := Options{
		Issuer: issuer, Audience: audience, JWKS: jwks, Leeway: 30 * time.Second, TenantClaim: "tenant", RolesClaim: "roles",
		Logger: slog.New(slog.DiscardHandler), Clock: clock.Now,
	}
	for _, f := range change {
		f(&o)
	}
	v, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTokens(t *testing.T) {
	one, two := newSigner(t, "one", jose.ES256), newSigner(t, "two", jose.RS256)
	pss, ed := newSigner(t, "pss", jose.PS256), newSigner(t, "ed", jose.EdDSA)
	stranger := newSigner(t, "one", jose.ES256)
	shared := jose.JSONWebKey{KeyID: "shared", Key: []byte("0123456789abcdef0123456789abcdef"), Algorithm: "HS256"}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	forUse := newSigner(t, "enc", jose.ES256)
	enc := forUse.public()
	enc.Use = "enc"
	p := startProvider(t, one.public(), two.public(), pss.public(), ed.public(), shared, enc,
		jose.JSONWebKey{KeyID: "small", Key: small.Public(), Algorithm: "RS256"})
	clock := &testkit.Clock{}
	v := verifier(t, p.url, clock)

	now := testkit.Epoch
	good := claims()
	plain := base64.RawURLEncoding.EncodeToString
	body, _ := json.Marshal(good)
	publicDER, _ := json.Marshal(two.public())
	for name, c := range map[string]struct {
		token string
		ok    bool
		msg   string
	}{
		"ES256":                     {one.sign(t, good), true, ""},
		"RS256":                     {two.sign(t, good), true, ""},
		"PS256":                     {pss.sign(t, good), true, ""},
		"EdDSA":                     {ed.sign(t, good), true, ""},
		"none":                      {plain([]byte(`{"alg":"none","kid":"one"}`)) + "." + plain(body) + ".", false, ""},
		"HS256 with the shared key": {signWith(t, "shared", jose.HS256, shared.Key, good), false, ""},
		"HS256 with a public key":   {signWith(t, "two", jose.HS256, publicDER, good), false, ""},
		"other algorithm of a key":  {signWith(t, "two", jose.PS256, two.key, good), false, ""},
		"key for encryption":        {forUse.sign(t, good), false, ""},
		"key too small":             {signWith(t, "small", jose.RS256, small, good), false, ""},
		"no kid":                    {signWith(t, "", jose.ES256, one.key, good), false, ""},
		"unknown kid":               {signWith(t, "three", jose.ES256, one.key, good), false, ""},
		"kid of another key":        {signWith(t, "ed", jose.ES256, one.key, good), false, ""},
		"signed by a stranger":      {stranger.sign(t, good), false, ""},
		"changed":                   {strings.Replace(one.sign(t, good), ".", ".e30", 1), false, ""},
		"wrong issuer":              {one.sign(t, claims(set("iss", "https://evil.example"))), false, ""},
		"no issuer":                 {one.sign(t, claims(drop("iss"))), false, ""},
		"wrong audience":            {one.sign(t, claims(set("aud", "billing"))), false, ""},
		"one audience of two":       {one.sign(t, claims(set("aud", []string{"billing", audience}))), true, ""},
		"no audience":               {one.sign(t, claims(drop("aud"))), false, ""},
		"no exp":                    {one.sign(t, claims(drop("exp"))), false, ""},
		"expired within leeway":     {one.sign(t, claims(set("exp", now.Add(-29*time.Second).Unix()))), true, ""},
		"expired beyond leeway":     {one.sign(t, claims(set("exp", now.Add(-31*time.Second).Unix()))), false, "the credential has expired"},
		"nbf within leeway":         {one.sign(t, claims(set("nbf", now.Add(29*time.Second).Unix()))), true, ""},
		"nbf beyond leeway":         {one.sign(t, claims(set("nbf", now.Add(31*time.Second).Unix()))), false, ""},
		"iat beyond leeway":         {one.sign(t, claims(set("iat", now.Add(31*time.Second).Unix()))), false, ""},
		"exp no number":             {one.sign(t, claims(set("exp", "soon"))), false, ""},
		"no tenant":                 {one.sign(t, claims(drop("tenant"))), false, ""},
		"tenant no text":            {one.sign(t, claims(set("tenant", 7))), false, ""},
		"tenant no name":            {one.sign(t, claims(set("tenant", "Acme Inc"))), false, ""},
		"every tenant for agents":   {one.sign(t, claims(set("tenant", "*"))), false, ""},
		"too long":                  {one.sign(t, claims(set("pad", strings.Repeat("x", maxToken)))), false, ""},
		"no token":                  {"hello", false, ""},
		"empty":                     {"", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time from memory, where it was verified
				got, err := v.Verify(t.Context(), c.token)
				if c.ok {
					if err != nil || got.Tenant != "acme" || got.Subject != "jwt:anna" || got.Roles != auth.Roles(commonv1.Role_ROLE_AGENT) {
						t.Errorf("%+v, %v", got, err)
					}
					continue
				}
				f, _ := fault.As(err)
				if f == nil || f.Kind != fault.Unauthenticated || f.Reason != fault.NotAuthenticated {
					t.Fatalf("%+v, %v", got, err)
				}
				if c.msg != "" && f.Msg != c.msg {
					t.Errorf("message %q, want %q", f.Msg, c.msg)
				}
			}
		})
	}
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestClaims(t *testing.T) {
	s := newSigner(t, "one", jose.ES256)
	p := startProvider(t, s.public())
	for name, c := range map[string]struct {
		rolesClaim, tenantClaim string
		change                  func(map[string]any)
		roles                   auth.RoleSet
		tenant                  string
	}{
		"words in one string": {"roles", "tenant", set("roles", "bot ivr x"), auth.Roles(commonv1.Role_ROLE_BOT, commonv1.Role_ROLE_IVR), "acme"},
		"path":                {"realm_access.roles", "tenant", set("realm_access", map[string]any{"roles": []string{"bot"}}), auth.Roles(commonv1.Role_ROLE_BOT), "acme"},
		"name with dots":      {"https://x.example/roles", "tenant", set("https://x.example/roles", []string{"bot"}), auth.Roles(commonv1.Role_ROLE_BOT), "acme"},
		"other tenant claim":  {"roles", "org", set("org", "north"), auth.Roles(commonv1.Role_ROLE_AGENT), "north"},
		"unknown roles only":  {"roles", "tenant", set("roles", []string{"root"}), 0, "acme"},
		"no roles":            {"roles", "tenant", drop("roles"), 0, "acme"},
		"roles no texts":      {"roles", "tenant", set("roles", []any{1, nil, map[string]any{}}), 0, "acme"},
	} {
		t.Run(name, func(t *testing.T) {
			v := verifier(t, p.url, &testkit.Clock{}, func(o *Options) { o.RolesClaim, o.TenantClaim = c.rolesClaim, c.tenantClaim })
			got, err := v.Verify(t.Context(), s.sign(t, claims(c.change)))
			if err != nil || got.Roles != c.roles || got.Tenant != c.tenant {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// A token is for all tenants only where that was allowed, and for the role service alone.
func TestAllTenants(t *testing.T) {
	s := newSigner(t, "one", jose.ES256)
	p := startProvider(t, s.public())
	for _, c := range []struct {
		allowed bool
		roles   []string
		ok      bool
	}{{true, []string{"service"}, true}, {true, []string{"service", "agent"}, false}, {false, []string{"service"}, false}} {
		v := verifier(t, p.url, &testkit.Clock{}, func(o *Options) { o.AllTenants = c.allowed })
		got, err := v.Verify(t.Context(), s.sign(t, claims(set("tenant", "*"), set("roles", c.roles))))
		if c.ok != (err == nil) || c.ok && (!got.AllTenants || got.Tenant != "") || !c.ok && fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
	}
}

// A remembered token is as good as its times say, and no longer.
func TestRememberedTokensExpire(t *testing.T) {
	s := newSigner(t, "one", jose.ES256)
	p, clock := startProvider(t, s.public()), &testkit.Clock{}
	v := verifier(t, p.url, clock)
	token := s.sign(t, claims(set("exp", testkit.Epoch.Add(time.Minute).Unix())))
	for _, c := range []struct {
		after time.Duration
		ok    bool
	}{{0, true}, {89 * time.Second, true}, {91 * time.Second, false}} {
		clock.Set(testkit.Epoch.Add(c.after))
		if _, err := v.Verify(t.Context(), token); (err == nil) != c.ok {
			t.Errorf("after %s: %v", c.after, err)
		}
	}
}

func TestRotation(t *testing.T) {
	old, next := newSigner(t, "old", jose.ES256), newSigner(t, "next", jose.ES256)
	p, clock := startProvider(t, old.public()), &testkit.Clock{}
	v := verifier(t, p.url, clock)
	check := func(what string, s signer, ok bool, fetches int32) {
		t.Helper()
		_, err := v.Verify(t.Context(), s.sign(t, claims()))
		if (err == nil) != ok || p.fetches.Load() != fetches {
			t.Errorf("%s: %v after %d fetches, want %d", what, err, p.fetches.Load(), fetches)
		}
	}
	check("first", old, true, 1)
	check("a key that is not there", next, false, 1)
	p.change(func(p *provider) { p.set.Keys = append(p.set.Keys, next.public()) })
	clock.Advance(refetchAfter - time.Second)
	check("too soon to ask again", next, false, 1)
	clock.Advance(time.Second)
	check("new key", next, true, 2)
	check("old key", old, true, 2)
	remembered := old.sign(t, claims())
	if _, err := v.Verify(t.Context(), remembered); err != nil {
		t.Fatal(err)
	}
	p.change(func(p *provider) { p.set.Keys = p.set.Keys[1:] })
	clock.Advance(refreshEvery)
	if _, err := v.Verify(t.Context(), remembered); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a token of a key that was withdrawn, remembered: %v", err)
	}
	check("withdrawn key", old, false, 3)
	check("the other", next, true, 3)

	// A provider in trouble changes nothing.
	for _, trouble := range []func(*provider){
		func(p *provider) { p.status = http.StatusInternalServerError },
		func(p *provider) { p.status, p.body = http.StatusOK, "<html>" },
		func(p *provider) { p.body = `{"keys": []}` },
		func(p *provider) { p.body = strings.Repeat(" ", maxJWKS+1) },
		func(p *provider) { p.status = http.StatusFound },
	} {
		p.change(trouble)
		clock.Advance(refreshEvery)
		before := p.fetches.Load()
		check("in trouble", next, true, before+1)
	}
}

// Keys that cannot be fetched again stop counting, also for tokens that are remembered, and count again once they are.
func TestOldKeysCountNoLonger(t *testing.T) {
	s := newSigner(t, "one", jose.ES256)
	p, clock, logs := startProvider(t, s.public()), &testkit.Clock{}, &testkit.Buffer{}
	v := verifier(t, p.url, clock, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(logs, nil)) })
	token := s.sign(t, claims(set("exp", testkit.Epoch.Add(100*time.Hour).Unix())))
	verify := func(what string, ok bool) {
		t.Helper()
		if _, err := v.Verify(t.Context(), token); ok != (err == nil) || !ok && fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	verify("new", true)
	p.change(func(p *provider) { p.status = http.StatusBadGateway })
	clock.Set(testkit.Epoch.Add(keepFor))
	verify("old", true)
	if strings.Contains(logs.String(), "no token is accepted") {
		t.Errorf("log %s", logs)
	}
	clock.Advance(time.Second)
	verify("too old", false)
	fetches := p.fetches.Load()
	verify("too old, a moment later", false)
	if !strings.Contains(logs.String(), "24h0m0s old, and no token is accepted") || p.fetches.Load() != fetches {
		t.Errorf("%d fetches in no time, log %s", p.fetches.Load()-fetches, logs)
	}
	p.change(func(p *provider) { p.status = http.StatusOK })
	clock.Advance(retryAfter)
	verify("fetched again", true)

	// After a quiet day and a half with a provider in good health, the first token brings them up to date.
	clock.Advance(36 * time.Hour)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() { verify("after a quiet time", true) })
	}
	callers.Wait()
}

func TestUnavailableBeforeTheFirstFetch(t *testing.T) {
	s := newSigner(t, "one", jose.ES256)
	p, clock := startProvider(t, s.public()), &testkit.Clock{}
	p.change(func(p *provider) { p.status = http.StatusServiceUnavailable })
	v := verifier(t, p.url, clock)
	token := s.sign(t, claims())
	for range 5 {
		if _, err := v.Verify(t.Context(), token); fault.KindOf(err) != fault.Unavailable || fault.ReasonOf(err) != fault.ServiceUnavailable {
			t.Errorf("got %v", err)
		}
	}
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("%d fetches in no time", n)
	}
	p.change(func(p *provider) { p.status = http.StatusOK })
	clock.Advance(retryAfter)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("after it has come back: %v", err)
	}
}

// Whoever has waited for a fetch that failed slowly does not begin the next one at once: callers would queue up, and each
// wait for the fetches of all before it.
func TestSlowFailuresAreNotRepeatedAtOnce(t *testing.T) {
	clock, fetches := &testkit.Clock{}, 0
	s := &keySet{
		fetch: func(context.Context) ([]byte, error) {
			fetches++
			clock.Advance(fetchTime)
			return nil, errors.New("too late")
		},
		log: slog.New(slog.DiscardHandler), clock: clock.Now,
	}
	for _, want := range []int{1, 1, 2} {
		if _, _, err := s.find(t.Context(), jose.Header{KeyID: "one"}); fault.KindOf(err) != fault.Unavailable || fetches != want {
			t.Errorf("%d fetches, want %d; %v", fetches, want, err)
		}
		clock.Advance(retryAfter / 2)
	}
}

// The call whose token brings a fetch about may end; the fetch is for all.
func TestFetchOutlivesItsCall(t *testing.T) {
	s := newSigner(t, "one", jose.ES256)
	p := startProvider(t, s.public())
	v := verifier(t, p.url, &testkit.Clock{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Verify(ctx, s.sign(t, claims())); err != nil {
		t.Error(err)
	}
}

func TestFile(t *testing.T) {
	s := newSigner(t, "one", jose.ES256)
	path := filepath.Join(t.TempDir(), "jwks.json")
	content, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.public()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier(t, path, &testkit.Clock{}).Verify(t.Context(), s.sign(t, claims())); err != nil {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no issuer":        func(o *Options) { o.Issuer = "" },
		"no audience":      func(o *Options) { o.Audience = "" },
		"no keys":          func(o *Options) { o.JWKS = "" },
		"no tenant claim":  func(o *Options) { o.TenantClaim = "" },
		"leeway":           func(o *Options) { o.Leeway = 61 * time.Second },
		"negative leeway":  func(o *Options) { o.Leeway = -1 },
		"http":             func(o *Options) { o.JWKS = "http://id.example/jwks" },
		"http, alike":      func(o *Options) { o.JWKS = "http://localhost.evil.example/jwks" },
		"ftp":              func(o *Options) { o.JWKS = "ftp://id.example/jwks" },
		"no host":          func(o *Options) { o.JWKS = "https:///jwks" },
		"no such file":     func(o *Options) { o.JWKS = "/no/such/file" },
		"not a JWKS":       func(o *Options) { o.JWKS = "jwt_test.go" },
		"user in the host": func(o *Options) { o.JWKS = "http://127.0.0.1@id.example/jwks" },
	} {
		o := Options{Issuer: issuer, Audience: audience, JWKS: "https://id.example/jwks", TenantClaim: "t", RolesClaim: "r", Logger: slog.New(slog.DiscardHandler)}
		if _, err := New(o); err != nil {
			t.Fatal(err)
		}
		change(&o)
		if _, err := New(o); fault.ReasonOf(err) != fault.ConfigInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	s := newSigner(f, "one", jose.ES256)
	content, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.public()}})
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "jwks.json")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		f.Fatal(err)
	}
	v := verifier(f, path, &testkit.Clock{})
	good := s.sign(f, claims())
	f.Add(good)
	f.Add("e30.e30.e30")
	f.Add(`{"payload":"e30","signatures":[{"protected":"e30","signature":"e30"}]}`)
	head, _, _ := strings.Cut(good, ".")
	f.Add(head + "..")
	f.Fuzz(func(t *testing.T, token string) {
		c, err := v.Verify(context.Background(), token)
		if (c == nil) == (err == nil) || err == nil && c.Tenant != "acme" {
			t.Errorf("%q: %v, %v", token, c, err)
		}
		if f := new(fault.Error); err != nil && !errors.As(err, &f) {
			t.Errorf("%q: %v is no fault", token, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	s := newSigner(b, "one", jose.RS256)
	content, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.public()}})
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "jwks.json")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.Fatal(err)
	}
	v, token := verifier(b, path, &testkit.Clock{}), s.sign(b, claims())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(context.Background(), token); err != nil {
			b.Fatal(err)
		}
	}
}
