package star

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

var (
	equalTo = regexp.MustCompile(`(?s)^api\.is_equal_to\((.*)\)$`)
	oneOf   = regexp.MustCompile(`^\[\s*("[^"]*")\s*\]$`)
)

// value returns what a constraint of a query states, or "" when it states nothing certain: a literal or
// api.is_equal_to(...) is a statement; ranges, negations and api.is_one_of(...) are not, not even of one element. All
// values are strings, without the quotes around them.
func value(raw json.RawMessage) string {
	v := literal(raw)
	if m := equalTo.FindStringSubmatch(v); m != nil {
		v = strings.TrimSpace(m[1])
	} else if strings.HasPrefix(v, "api.") {
		return ""
	}
	if m := oneOf.FindStringSubmatch(v); m != nil {
		v = m[1]
	}
	if strings.HasPrefix(v, "[") {
		return ""
	}
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		v = v[1 : len(v)-1]
	}
	switch v = strings.TrimSpace(v); v {
	case "null", "None":
		return ""
	default:
		return v
	}
}

// literal returns a JSON scalar as text; "" for null and for lists and objects.
func literal(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return strings.TrimSpace(s)
	case 't':
		return "True" // as the dataset writes it elsewhere
	case 'f':
		return "False"
	case 'n', '[', '{':
		return ""
	default:
		return string(raw)
	}
}
