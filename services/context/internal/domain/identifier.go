package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// MaxIdentifierBytes bounds an identifier's value, before and after it is normalised.
const MaxIdentifierBytes = 256

// The reasons of faults about identifiers.
const (
	ReasonInvalidIdentifier = "INVALID_IDENTIFIER"
	ReasonRegionRequired    = "REGION_REQUIRED"
)

// Identifier is a typed value that names a customer.
type Identifier struct {
	Type  IdentifierType
	Value string
}

// Key returns a normalised identifier as a key.
func (id Identifier) Key() IdentifierKey { return IdentifierKey(id) }

// Normalise returns the identifier in the one form in which it is compared and stored. Normalising again changes
// nothing. The region reads telephone numbers that have no country code.
//
//   - PHONE: E.164. Takes the number as written anywhere in that region, and tel: and sip: URIs.
//   - EMAIL: the domain in lower case and ASCII; the local part in lower case, too. By the standard its case might
//     matter, in practice it never does, and a customer who types it differently on two days is still the same.
//   - SOCIAL: "network:handle", the network in lower case; the handle without a leading "@", in lower case.
//   - CRM_ID, ACCOUNT: composed (NFC) and without white space at the ends. Their case is kept: whose it is decides what
//     it means.
//   - DEVICE, WEB_VISITOR, PLATFORM_CONTACT: as CRM_ID.
//
// Errors: INVALID_IDENTIFIER when the value is not one of its type, REGION_REQUIRED for a telephone number that needs
// a region. Placeholders for a withheld number ("anonymous", "Restricted", "+266696687") are no telephone numbers.
func (id Identifier) Normalise(region string) (Identifier, error) {
	if len(id.Value) > MaxIdentifierBytes {
		return Identifier{}, id.invalid("the value is longer than %d bytes", MaxIdentifierBytes)
	}
	if !utf8.ValidString(id.Value) {
		return Identifier{}, id.invalid("the value is not valid UTF-8")
	}
	value := trimmed(id.Value)
	if value == "" {
		return Identifier{}, id.invalid("the value is empty")
	}
	if strings.ContainsFunc(value, unicode.IsControl) {
		return Identifier{}, id.invalid("the value contains control characters")
	}
	var err error
	switch id.Type {
	case IdentifierPhone:
		value, err = id.phone(value, region)
	case IdentifierEmail:
		value, err = id.email(value)
	case IdentifierSocial:
		value, err = id.social(value)
	case IdentifierPlatformContact:
		if platform, contact, ok := strings.Cut(value, ":"); !ok || platform == "" || contact == "" {
			err = id.invalid(`the value is not of the form "platform:id"`)
		}
	case IdentifierCRMID, IdentifierAccount, IdentifierDevice, IdentifierWebVisitor:
	case IdentifierUnspecified:
		err = id.invalid("the type is missing")
	default:
		err = id.invalid("the type is not known")
	}
	if err != nil {
		return Identifier{}, err
	}
	if len(value) > MaxIdentifierBytes {
		return Identifier{}, id.invalid("the normal form is longer than %d bytes", MaxIdentifierBytes)
	}
	return Identifier{Type: id.Type, Value: value}, nil
}

// trimmed returns s composed, without white space and invisible characters at its ends.
func trimmed(s string) string {
	cut := func(r rune) bool { return unicode.IsSpace(r) || invisible(r) || r == '\u200B' || r == 0 }
	return strings.TrimFunc(norm.NFC.String(strings.TrimFunc(s, cut)), cut)
}

// social normalises "network:handle".
func (id Identifier) social(value string) (string, error) {
	network, handle, ok := strings.Cut(value, ":")
	network = caseFold(trimmed(network))
	handle = trimmed(caseFold(trimmed(strings.TrimLeft(trimmed(handle), "@"))))
	if !ok || network == "" || handle == "" || strings.ContainsFunc(network+handle, unicode.IsSpace) ||
		strings.HasPrefix(handle, "@") || strings.ContainsRune(network, ':') {
		return "", id.invalid(`the value is not of the form "network:handle"`)
	}
	return network + ":" + handle, nil
}

// invalid returns the fault for a value that is not of its type. The value itself is personal data and stays out.
func (id Identifier) invalid(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, ReasonInvalidIdentifier, format, args...).With("type", id.Type.String())
}
