package domain

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// domains maps international names to their ASCII form, as browsers and mail programs do when looking them up.
var domains = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.BidiRule(),
)

// email normalises an e-mail address.
func (id Identifier) email(value string) (string, error) {
	if mail, ok := cutScheme(value, "mailto:"); ok {
		value, _, _ = strings.Cut(mail, "?")
	}
	local, host, ok := mailParts(value)
	if !ok {
		return "", id.invalid("the value is not an e-mail address")
	}
	return local + "@" + host, nil
}

// mailParts returns the parts of an address in their normal form.
func mailParts(value string) (local, host string, ok bool) {
	at := strings.LastIndexByte(value, '@')
	if at <= 0 {
		return "", "", false
	}
	local = caseFold(value[:at])
	host, err := domains.ToASCII(strings.TrimSuffix(value[at+1:], "."))
	if err != nil || !strings.Contains(host, ".") || strings.HasSuffix(host, ".") || strings.HasPrefix(host, ".") {
		return "", "", false
	}
	if local == "" || len(local) > 64 || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") ||
		strings.Contains(local, "..") || strings.ContainsFunc(local, notInLocalPart) {
		return "", "", false
	}
	return local, strings.ToLower(host), true
}

// notInLocalPart reports characters that an address has only when quoted, which no contact centre sees.
func notInLocalPart(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || invisible(r) || strings.ContainsRune(`"(),:;<>@[\]`, r)
}

// cutScheme cuts a prefix without regard to case.
func cutScheme(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
