package uui

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

const fieldReferTo = "refer_to_uri"

// inReferTo adds the User-to-User header to a SIP URI: "<sip:agent@example.com?User-to-User=HEX%3Bencoding%3Dhex>".
// Parameters and headers that the URI has stay.
func inReferTo(token, uri string) (string, error) {
	if problem := sipProblem(uri); problem != "" {
		return "", invalid(fieldReferTo, problem)
	}
	separator := "?"
	if _, headers, ok := cutHeaders(uri); ok {
		separator = "&"
		if headers == "" {
			separator = ""
		}
	}
	return "<" + uri + separator + headerName + "=" + hex.EncodeToString([]byte(token)) + "%3Bencoding%3Dhex>", nil
}

// cutHeaders parts a SIP URI at the "?" before its headers. The part before the "@" may have one, too.
func cutHeaders(uri string) (before, headers string, ok bool) {
	at := strings.IndexByte(uri, '@') + 1
	rest, headers, ok := strings.Cut(uri[at:], "?")
	return uri[:at] + rest, headers, ok
}

// sipProblem says why a text is no SIP URI as RFC 3261 has them; "" when it is one.
func sipProblem(uri string) string {
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok || !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
		return "has to begin with sip: or sips:"
	}
	if !printable(uri) || strings.Contains(uri, "#") {
		return "has a character that no SIP URI has"
	}
	if !escapes(uri) {
		return "has an escape that is none, or that stands for a control character"
	}
	before, headers, hasHeaders := cutHeaders(rest)
	user, host, hasUser := strings.Cut(before, "@")
	if !hasUser {
		user, host = "", before
	}
	switch {
	case hasUser && (user == "" || user[0] == ':'):
		return "has nobody before the @"
	case strings.ContainsAny(host, "@") || strings.ContainsAny(user, "[]"):
		return "has a character where no SIP URI has it"
	case !validHostPort(strings.SplitN(host, ";", 2)[0]):
		return "has no valid host"
	case hasHeaders && !validHeaders(headers):
		return "has headers that are not of the form name=value"
	}
	return ""
}

// validHostPort reports whether s is a host, or an IP address, with or without a port.
func validHostPort(s string) bool {
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host = s[:i]
		if n, err := strconv.ParseUint(s[i+1:], 10, 16); err != nil || n == 0 {
			return false
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		ip, err := netip.ParseAddr(inner)
		return ok && err == nil && ip.Is6() && ip.Zone() == ""
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || strings.ContainsFunc(label, func(r rune) bool { return notAlphanumeric(r) && r != '-' && r != '_' }) {
			return false
		}
	}
	return true
}

// validHeaders reports whether s is the headers of a SIP URI: pairs joined by "&".
func validHeaders(s string) bool {
	if s == "" {
		return true
	}
	for pair := range strings.SplitSeq(s, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || strings.ContainsAny(value, "=;,@") {
			return false
		}
	}
	return true
}
