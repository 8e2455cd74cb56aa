// Package apikey is the suite's own kind of credential: keys that an operator makes on the command line, in one file
// that running servers follow.
//
// A key is "tlk_", its id, "_" and its secret. The file holds the SHA-256 of the whole key. A slow hash would protect
// nothing: it is for passwords, which people choose and others guess, while 256 random bits cannot be guessed at any
// speed; and it would be paid for with every call.
package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/throughline-cx/throughline/services/internal/auth"
)

const (
	idBytes     = 8
	secretBytes = 32
	hashPrefix  = "sha256:"
	// maxName bounds what a key may be called.
	maxName = 128
)

// alphabet has no character that a double click stops at, or that people mix up.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

var (
	idLength  = alphabet.EncodedLen(idBytes)
	keyLength = len(auth.KeyPrefix) + idLength + 1 + alphabet.EncodedLen(secretBytes)
)

// Key is one key as the file has it. The key itself is not in it.
type Key struct {
	// ID tells keys apart, in lists and in logs.
	ID string `json:"id"`
	// Name says what the key is for, for people.
	Name string `json:"name,omitempty"`
	// Tenant is whom the key is for; "*" is all tenants.
	Tenant string `json:"tenant"`
	// Roles are what it allows.
	Roles []string `json:"roles"`
	// Hash is that of the key.
	Hash string `json:"hash"`
	// Created, Expires and Revoked are when; the last two only where there is such a time.
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
	Revoked *time.Time `json:"revoked,omitempty"`
}

// Spec is what a new key is to be.
type Spec struct {
	Name, Tenant string
	Roles        []string
	// ExpiresIn is how long it holds; 0 is for ever.
	ExpiresIn time.Duration
}

// New makes a key. The text is the key itself, which is nowhere else.
func New(s Spec, now time.Time) (k Key, text string, err error) {
	if s.ExpiresIn < 0 {
		return Key{}, "", errors.New("a key cannot have expired before it is made")
	}
	id, secret := make([]byte, idBytes), make([]byte, secretBytes)
	_, _ = rand.Read(id) // never fails
	_, _ = rand.Read(secret)
	k = Key{ID: alphabet.EncodeToString(id), Name: s.Name, Tenant: s.Tenant, Roles: s.Roles, Created: now.UTC().Truncate(time.Second)}
	text = auth.KeyPrefix + k.ID + "_" + alphabet.EncodeToString(secret)
	k.Hash = hashOf(text)
	if s.ExpiresIn > 0 {
		at := k.Created.Add(s.ExpiresIn)
		k.Expires = &at
	}
	if _, err := k.check(); err != nil {
		return Key{}, "", err
	}
	return k, text, nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hashPrefix + hex.EncodeToString(sum[:])
}

// State says in a word whether the key holds.
func (k *Key) State(now time.Time) string {
	switch {
	case k.Revoked != nil:
		return "revoked"
	case k.Expires != nil && !now.Before(*k.Expires):
		return "expired"
	default:
		return "active"
	}
}

// credential is a key made ready for verifying.
type credential struct {
	hash    [sha256.Size]byte
	caller  *auth.Caller
	expires time.Time // zero for never
	revoked bool
}

// check makes a key ready, or says what is wrong with it.
func (k *Key) check() (*credential, error) {
	if len(k.ID) != idLength || !isText(k.ID) {
		return nil, fmt.Errorf("%.32q is not a key's id", k.ID)
	}
	if len(k.Name) > maxName || strings.ContainsFunc(k.Name, func(r rune) bool { return r < ' ' }) {
		return nil, fmt.Errorf("key %s: a name has at most %d bytes and no control characters", k.ID, maxName)
	}
	if len(k.Roles) == 0 {
		return nil, fmt.Errorf("key %s: it has no role", k.ID)
	}
	roles, err := auth.ParseRoles(k.Roles)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", k.ID, err)
	}
	c := &credential{revoked: k.Revoked != nil}
	if c.caller, err = auth.NewCaller(k.Tenant, roles, "key:"+k.ID); err != nil {
		return nil, fmt.Errorf("key %s: %w", k.ID, err)
	}
	digits, ok := strings.CutPrefix(k.Hash, hashPrefix)
	sum, err := hex.DecodeString(digits)
	if !ok || err != nil || len(sum) != sha256.Size {
		return nil, fmt.Errorf("key %s: its hash must be %s and 64 hexadecimal digits", k.ID, hashPrefix)
	}
	copy(c.hash[:], sum)
	if k.Expires != nil {
		c.expires = *k.Expires
	}
	return c, nil
}

// idOf returns the id in the text of a key; ok is false when the text is none.
func idOf(text string) (id string, ok bool) {
	if len(text) != keyLength || !strings.HasPrefix(text, auth.KeyPrefix) {
		return "", false
	}
	id, secret := text[len(auth.KeyPrefix):][:idLength], text[len(auth.KeyPrefix)+idLength+1:]
	return id, text[len(auth.KeyPrefix)+idLength] == '_' && isText(id) && isText(secret)
}

func isText(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// verify returns the caller for the text of a key.
func (c *credential) verify(id, text string, now time.Time) (*auth.Caller, error) {
	var buf [128]byte // on the stack; a key is shorter
	sum := sha256.Sum256(append(buf[:0], text...))
	switch {
	case subtle.ConstantTimeCompare(sum[:], c.hash[:]) == 0:
		return nil, auth.BadCredential(fmt.Errorf("wrong secret for key %s", id))
	case c.revoked:
		return nil, auth.BadCredential(fmt.Errorf("key %s is revoked", id))
	case !c.expires.IsZero() && !now.Before(c.expires):
		return nil, auth.ExpiredCredential(fmt.Errorf("key %s has expired", id))
	}
	return c.caller, nil
}
