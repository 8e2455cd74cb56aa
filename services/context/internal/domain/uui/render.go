package uui

import (
	"encoding/hex"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// headerName is the header of RFC 7433, as it is spelt in a URI.
	headerName = "User-to-User"
	// queryParameter is the token's name in a URL.
	queryParameter = "handoff"
)

// Renderings are a token as other systems carry it.
type Renderings struct {
	UserToUser, ReferTo, Header, URL string
}

// Render returns a token's renderings. Those in a Refer-To header and in a URL are there when a SIP URI and an https URL
// to put it into were given.
func Render(token, referTo, landing string) (Renderings, error) {
	r := Renderings{UserToUser: UserToUser(token), Header: token}
	var err error
	if referTo != "" {
		if r.ReferTo, err = inReferTo(token, referTo); err != nil {
			return Renderings{}, err
		}
	}
	if landing != "" {
		if r.URL, err = inURL(token, landing); err != nil {
			return Renderings{}, err
		}
	}
	return r, nil
}

// Check reports whether Render can put tokens into a SIP URI and a URL.
func Check(referTo, landing string) error {
	_, err := Render("", referTo, landing)
	return err
}

// UserToUser returns the value of a User-to-User header: hexadecimal, because that is the one encoding that every
// gateway knows, and without other parameters, because some compare the value as a whole.
func UserToUser(token string) string { return hex.EncodeToString([]byte(token)) + ";encoding=hex" }

func invalid(field, problem string) error {
	return fault.New(fault.Invalid, domain.ReasonInvalidHandoff, "the %s cannot carry a token: it %s", field, problem).
		WithField(field, problem)
}

// printable reports whether all bytes are ASCII without spaces and without any of the characters that end a URI in the
// headers and documents that it is written into.
func printable(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c > '~':
			return false
		case c == '<', c == '>', c == '"', c == '\\', c == '^', c == '`', c == '{', c == '|', c == '}':
			return false
		}
	}
	return true
}

// escapes reports whether each "%" begins the escape of a character that may stand in a header: an escaped line break
// would become one where the URI's headers are unpacked.
func escapes(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		if i+2 >= len(s) {
			return false
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil || c[0] < ' ' || c[0] == 0x7f {
			return false
		}
		i += 2
	}
	return true
}
