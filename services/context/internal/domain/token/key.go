package token

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
)

// KeyBytes is the length of a key.
const KeyBytes = 32

// Key is the secret that tokens are made with.
type Key [KeyBytes]byte

// errKey says what a key's text has to be; it never quotes the text.
var errKey = errors.New("it must have one line of 32 random bytes, in hexadecimal or base64, and nothing else")

// NewKey returns a random key.
func NewKey(rand io.Reader) (Key, error) {
	var k Key
	if _, err := io.ReadFull(rand, k[:]); err != nil {
		return Key{}, fmt.Errorf("new handoff key: %w", err)
	}
	return k, nil
}

// ParseKey reads a key in hexadecimal or base64, of either alphabet, with or without padding. A key that is one byte over
// and over is refused: somebody forgot to fill it in.
func ParseKey(text []byte) (Key, error) {
	text = bytes.TrimSpace(text)
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString,
		base64.StdEncoding.Strict().DecodeString, base64.RawStdEncoding.Strict().DecodeString,
		base64.URLEncoding.Strict().DecodeString, base64.RawURLEncoding.Strict().DecodeString,
	} {
		b, err := decode(string(text))
		if err != nil || len(b) != KeyBytes {
			continue
		}
		if !slices.ContainsFunc(b, func(c byte) bool { return c != b[0] }) {
			return Key{}, errors.New("it has the same byte over and over: that is no secret")
		}
		return Key(b), nil
	}
	return Key{}, errKey
}

// Text returns the key as ParseKey reads it.
func (k Key) Text() string { return hex.EncodeToString(k[:]) }

// String keeps the key out of logs and messages.
func (Key) String() string { return "(handoff key)" }

// GoString keeps the key out of logs and messages.
func (Key) GoString() string { return "(handoff key)" }
