package jwt

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// refreshEvery is how old the keys may become, so that one that was withdrawn is forgotten.
	refreshEvery = 5 * time.Minute
	// refetchAfter is how soon the keys are fetched again for a token with an unknown key, and retryAfter how soon after a
	// failure: callers with made-up tokens must not turn this server against the provider.
	refetchAfter = 10 * time.Second
	retryAfter   = time.Second
	// keepFor is for how long keys count that could not be fetched again. A provider that is away for an hour is a
	// nuisance; one that is kept away, so that a key which it has withdrawn goes on to count, must not be for ever.
	keepFor = 24 * time.Hour
	// minRSABits is the least size of an RSA key.
	minRSABits = 2048
)

// keys are what was fetched last.
type keys struct {
	byID       map[string]*jose.JSONWebKey
	content    []byte
	generation uint64
}

// keySet has the provider's keys and fetches them again when they are old or one is missing. Nothing runs in the
// background: a token that needs the keys brings the refresh about.
type keySet struct {
	fetch func(context.Context) ([]byte, error)
	log   *slog.Logger
	clock func() time.Time

	current atomic.Pointer[keys]
	// tried is when the last fetch began, or ended when it failed, in nanoseconds; 0 is never. failed says how it went.
	tried  atomic.Int64
	failed atomic.Bool
	// fetched is when the keys were fetched last, in nanoseconds.
	fetched atomic.Int64
	mu      sync.Mutex // held while fetching
}

// generation counts the changes of the keys. It also sees to it that they do not become too old: it is an error when they
// are, and cannot be fetched again.
func (s *keySet) generation(ctx context.Context) (uint64, error) {
	if s.current.Load() == nil {
		return 0, nil
	}
	switch {
	case s.tooOld():
		s.renewOld(ctx)
		if s.tooOld() {
			return 0, fault.New(fault.Unavailable, fault.ServiceUnavailable,
				"the keys of the identity provider could not be fetched for more than %s, and count no longer; try again", keepFor)
		}
	case s.age() >= refreshEvery && s.mu.TryLock():
		// One caller goes and looks; the others go on with what there is.
		defer s.mu.Unlock()
		_ = s.refreshLocked(ctx) // logged
	}
	return s.current.Load().generation, nil
}

// age is how long ago the last fetch was tried.
func (s *keySet) age() time.Duration { return s.since(&s.tried) }

// tooOld tells whether the keys were fetched too long ago to count.
func (s *keySet) tooOld() bool { return s.current.Load() != nil && s.since(&s.fetched) > keepFor }

func (s *keySet) since(at *atomic.Int64) time.Duration { return s.clock().Sub(time.Unix(0, at.Load())) }

// renewOld fetches keys that are too old, unless that was tried a moment ago or another caller has done it meanwhile.
func (s *keySet) renewOld(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tooOld() && s.age() >= retryAfter {
		_ = s.refreshLocked(ctx) // logged
	}
}

// find returns the public key for a token, and the generation that it is of.
func (s *keySet) find(ctx context.Context, h jose.Header) (any, uint64, error) {
	if h.KeyID == "" {
		return nil, 0, auth.BadCredential(errors.New("the token names no key (kid)"))
	}
	before := s.current.Load()
	if before == nil || before.byID[h.KeyID] == nil {
		s.renew(ctx, before)
	}
	k := s.current.Load()
	if k == nil {
		return nil, 0, fault.New(fault.Unavailable, fault.ServiceUnavailable,
			"the keys of the identity provider could not be fetched yet; try again")
	}
	key := k.byID[h.KeyID]
	if key == nil {
		return nil, 0, auth.BadCredential(fmt.Errorf("unknown key %.64q", h.KeyID))
	}
	if key.Algorithm != "" && key.Algorithm != h.Algorithm {
		return nil, 0, auth.BadCredential(fmt.Errorf("key %.64q is for %s and not for %s", h.KeyID, key.Algorithm, h.Algorithm))
	}
	return key.Key, k.generation, nil
}

// renew fetches the keys, unless that was tried a moment ago or another caller has done it meanwhile.
func (s *keySet) renew(ctx context.Context, before *keys) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.Load() != before {
		return
	}
	wait := refetchAfter
	if s.failed.Load() || before == nil {
		wait = retryAfter
	}
	if s.tried.Load() == 0 || s.age() >= wait {
		_ = s.refreshLocked(ctx) // logged
	}
}

// refresh fetches the keys now.
func (s *keySet) refresh(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refreshLocked(ctx)
}

// refreshLocked fetches the keys. What goes wrong leaves those that there are.
func (s *keySet) refreshLocked(ctx context.Context) error {
	s.tried.Store(s.clock().UnixNano())
	// The fetch is for all callers: that the first one leaves must not end it.
	content, err := s.fetch(context.WithoutCancel(ctx))
	var next *keys
	if err == nil {
		next, err = parseKeys(content)
	}
	s.failed.Store(err != nil)
	if err != nil {
		// Those who have waited for it meanwhile must not begin the next one, each in turn.
		s.tried.Store(s.clock().UnixNano())
		s.log.Error("the keys of the identity provider cannot be fetched; "+s.consequence(), "error", err.Error())
		return err
	}
	s.fetched.Store(s.clock().UnixNano())
	if old := s.current.Load(); old != nil {
		if bytes.Equal(old.content, content) {
			return nil
		}
		next.generation = old.generation
	}
	next.generation++
	next.content = content
	s.current.Store(next)
	s.log.Info("keys of the identity provider read", "keys", len(next.byID))
	return nil
}

// consequence is what comes of a fetch that failed.
func (s *keySet) consequence() string {
	switch {
	case s.current.Load() == nil:
		return "until they are, no token is accepted"
	case s.tooOld():
		return "those fetched last are more than " + keepFor.String() + " old, and no token is accepted"
	}
	return "those fetched last stay in force"
}

// parseKeys reads a JWKS. Keys that nothing can be verified with here (shared secrets, private keys, keys for
// encryption, of unknown kinds or too short) are left out: a provider may publish others beside those that count.
func parseKeys(content []byte) (*keys, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(content, &set); err != nil {
		return nil, fmt.Errorf("the JWKS is not JSON: %w", err)
	}
	k := &keys{byID: map[string]*jose.JSONWebKey{}}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil || key.KeyID == "" || key.Use != "" && key.Use != "sig" || !verifies(key.Key) {
			continue
		}
		if k.byID[key.KeyID] != nil {
			return nil, fmt.Errorf("the JWKS has two keys %.64q", key.KeyID)
		}
		k.byID[key.KeyID] = &key
	}
	if len(k.byID) == 0 {
		return nil, errors.New("the JWKS has no key for signatures")
	}
	return k, nil
}

func verifies(key any) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= minRSABits
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	default:
		return false
	}
}
