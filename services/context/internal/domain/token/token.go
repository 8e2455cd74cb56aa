// Package token makes and checks the tokens by which a receiver takes a customer over. A token is at most 48 lower-case
// letters and digits, so that it survives every channel that platforms hand on: a version character, the handoff's id,
// and a code that only holders of the key can make. The id stands in the log; the code, and what it is made from, does
// not, so reading the log lets nobody take a customer over.
package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	// version is the first character of every token: another format gets another one.
	version = 't'
	// idLength is the length of an id: 100 bits in characters of five.
	idLength = 20
	// macBytes is what a token holds of the code: 120 bits in 24 characters.
	macBytes  = 15
	macLength = macBytes * 8 / 5
	// Length is the length of every token.
	Length = 1 + idLength + macLength
)

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// crockford is the alphabet of customers' ids: no letter that can be taken for a digit.
var crockford = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// inAlphabet says which bytes ids and codes are made of.
var inAlphabet = func() (in [256]bool) {
	for i := range len(alphabet) {
		in[alphabet[i]] = true
	}
	return in
}()

// NewID returns a random id for a handoff. The randomness must be cryptographic.
func NewID(rand io.Reader) (string, error) {
	var b [(idLength*5 + 7) / 8]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("new handoff id: %w", err)
	}
	return crockford.EncodeToString(b[:])[:idLength], nil
}

// DeriveID returns the id that the same parts always lead to: a request that comes again makes the same handoff.
func DeriveID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		writePart(h, p)
	}
	return crockford.EncodeToString(h.Sum(nil))[:idLength]
}

// Looks reports whether s has the form of a token. Whether it is one, only Open can say.
func Looks(s string) bool {
	if len(s) != Length || s[0] != version {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !inAlphabet[s[i]] {
			return false
		}
	}
	return true
}

// Signer makes and checks tokens with a key.
type Signer struct{ key Key }

// NewSigner returns a signer.
func NewSigner(key Key) *Signer { return &Signer{key: key} }

// Token returns the token of a handoff, whose id is one of NewID or DeriveID.
func (s *Signer) Token(tenant, handoffID string) string {
	return string(version) + handoffID + s.code(tenant, handoffID)
}

// Open returns the id of the handoff that a token is for. It is false for whatever is no token of this tenant, and takes
// the same time however much of the code is right.
func (s *Signer) Open(tenant, token string) (handoffID string, ok bool) {
	if !Looks(token) {
		return "", false
	}
	id, code := token[1:1+idLength], token[1+idLength:]
	if subtle.ConstantTimeCompare([]byte(code), []byte(s.code(tenant, id))) != 1 {
		return "", false
	}
	return id, true
}

// code authenticates a handoff of a tenant.
func (s *Signer) code(tenant, handoffID string) string {
	mac := hmac.New(sha256.New, s.key[:])
	for _, p := range []string{"throughline handoff token", string(version), tenant, handoffID} {
		writePart(mac, p)
	}
	return crockford.EncodeToString(mac.Sum(nil)[:macBytes])
}

// writePart writes a part with its length in front, so that parts cannot be taken for others that join up the same.
func writePart(to io.Writer, part string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(part)))
	_, _ = to.Write(n[:]) // a hash takes everything
	_, _ = io.WriteString(to, part)
}
