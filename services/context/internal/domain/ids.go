package domain

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// crockford is Crockford's base 32 in lower case: no letter that can be taken for a digit, and no vowel but "a" and
// "e" for words to form by accident.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewCustomerID returns a random id of 128 bits in 26 characters. The randomness must be cryptographic: an id that can
// be guessed is an invitation.
func NewCustomerID(rand io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("new customer id: %w", err)
	}
	return crockford.EncodeToString(b[:]), nil
}

// RepeatEventID returns the id of the event that tells that a question was a repeat. Whoever finds the repeat makes the
// same id, so it is recorded once.
func RepeatEventID(questionEventID string) string {
	sum := sha256.Sum256([]byte(questionEventID))
	return "repeat-" + hex.EncodeToString(sum[:16])
}

// HandoffKey returns the key by which a handoff's customer is found: its token names the handoff alone.
func HandoffKey(handoffID string) IdentifierKey {
	return IdentifierKey{Type: identifierHandoff, Value: handoffID}
}

// DoubleVerificationEventID returns the id of the event that tells that a verification was one too many. Whoever finds
// it makes the same id, so it is recorded once.
func DoubleVerificationEventID(verificationEventID string) string {
	sum := sha256.Sum256([]byte("double-verification\x00" + verificationEventID))
	return "double-verification-" + hex.EncodeToString(sum[:16])
}

// ContactKey returns the key of a platform's call, chat or contact.
func ContactKey(platform, contactID string) IdentifierKey {
	return IdentifierKey{Type: IdentifierPlatformContact, Value: trimmed(platform + ":" + contactID)}
}

// ContactInteractionID returns the id of the interaction that a platform's contact is: "platform:contact" where that
// is a valid id of at most 128 characters, and otherwise one with a hash in place of the contact.
func ContactInteractionID(platform, contactID string) string {
	id := platform + ":" + contactID
	if len(id) <= 128 && !strings.ContainsFunc(id, notInEventID) {
		return id
	}
	sum := sha256.Sum256([]byte(contactID))
	return platform + ":~" + hex.EncodeToString(sum[:20])
}

// notInEventID reports characters that ids of events and interactions do not have.
func notInEventID(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("._~:@/+=-", r)
}
