package domain

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// withheldCallers are what telephone systems deliver in place of a withheld or missing number. They must never become
// an identifier: all withheld callers would be one customer. The numbers are words on a telephone's keys: ANONYMOUS,
// RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE, PRIVATE. They come with a "+"; without one most are real local numbers
// somewhere, all but one that is worth refusing to a single subscriber in Texas.
var withheldCallers = map[string]bool{
	"anonymous": true, "restricted": true, "private": true, "privatenumber": true, "unknown": true, "unavailable": true,
	"withheld": true, "blocked": true, "noid": true, "nocallerid": true, "notavailable": true, "outofarea": true,
	"callerunknown": true, "unknowncaller": true, "unknownnumber": true, "payphone": true, "unassigned": true,
	"+266696687": true, "+7378742833": true, "+2562533": true, "+8656696": true, "+86282452253": true, "+7748283": true,
	"7378742833": true,
}

// phone normalises a telephone number to E.164.
func (id Identifier) phone(value, region string) (string, error) {
	number := bareNumber(value)
	if isWithheld(number) {
		return "", id.invalid("the caller's number is withheld")
	}
	if region != "" && phonenumbers.GetCountryCodeForRegion(region) == 0 {
		return "", id.invalid("the region %q is not known", region)
	}
	if strings.ContainsFunc(number, unicode.IsLetter) {
		// Vanity numbers ("1-800-FLOWERS") are dialled, never delivered; words are mostly a name in the wrong field.
		return "", id.invalid("the value is not a telephone number")
	}
	parsed, err := phonenumbers.Parse(number, region)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && region == "" && !strings.HasPrefix(number, "+"):
		return "", fault.New(fault.Invalid, ReasonRegionRequired,
			"a telephone number without country code needs a default region").With("type", id.Type.String())
	case err != nil:
		return "", id.invalid("the value is not a telephone number")
	case !phonenumbers.IsPossibleNumber(parsed):
		return "", id.invalid("the telephone number has too few or too many digits")
	}
	e164 := phonenumbers.Format(parsed, phonenumbers.E164)
	// Rules of national prefixes may read their own result differently; only a stable form can be a key.
	again, err := phonenumbers.Parse(e164, "")
	if err != nil || phonenumbers.Format(again, phonenumbers.E164) != e164 || isWithheld(e164) {
		return "", id.invalid("the value is not a telephone number")
	}
	return e164, nil
}

// isWithheld reports whether a value stands for a number that the caller or the network withholds.
func isWithheld(number string) bool {
	key := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '+' {
			return unicode.ToLower(r)
		}
		return -1
	}, number)
	return strings.Trim(key, "+0") == "" || withheldCallers[key]
}

// bareNumber takes the number out of a tel: or sip: URI, and out of a display form such as "Ada" <sip:+1202...>. The
// domain of a SIP address and all parameters are dropped.
func bareNumber(s string) string {
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		if shut := strings.IndexByte(s[open:], '>'); shut > 0 {
			s = trimmed(s[open+1 : open+shut])
		}
	}
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok {
		return s
	}
	switch strings.ToLower(scheme) {
	case "tel":
		rest, _, _ = strings.Cut(rest, ";")
	case "sip", "sips":
		rest, _, _ = strings.Cut(rest, "@")
		rest, _, _ = strings.Cut(rest, ";")
		rest, _, _ = strings.Cut(rest, ":") // a password, long deprecated
	default:
		return s
	}
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	return trimmed(rest)
}
