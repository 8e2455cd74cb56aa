package aip

import (
	"fmt"
	"strings"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// MaxID is the longest resource id, in characters.
const MaxID = 128

// Pattern is a resource name pattern, for example "customers/{customer}/cases/{case}".
type Pattern struct {
	text string
	// segments holds "" where an id stands, and the literal elsewhere.
	segments []string
	ids      int
}

// MustPattern returns the pattern that text describes. It panics on a malformed text, so use it for package variables.
func MustPattern(text string) Pattern {
	p := Pattern{text: text}
	for seg := range strings.SplitSeq(text, "/") {
		switch inner, isVar := strings.CutPrefix(seg, "{"); {
		case isVar && strings.HasSuffix(inner, "}") && len(inner) > 1:
			p.segments = append(p.segments, "")
			p.ids++
		case isVar || seg == "":
			panic(fmt.Sprintf("aip: malformed pattern %q", text))
		default:
			p.segments = append(p.segments, seg)
		}
	}
	return p
}

// String returns the pattern's text.
func (p Pattern) String() string { return p.text }

// Format returns the name with the given ids, one for each variable. It panics when their number is wrong.
func (p Pattern) Format(ids ...string) string {
	if len(ids) != p.ids {
		panic(fmt.Sprintf("aip: pattern %s takes %d ids, got %d", p.text, p.ids, len(ids)))
	}
	var b strings.Builder
	next := 0
	for i, seg := range p.segments {
		if i > 0 {
			b.WriteByte('/')
		}
		if seg == "" {
			seg = ids[next]
			next++
		}
		b.WriteString(seg)
	}
	return b.String()
}

// Parse returns the ids in name. field is the request field that the name came from; it is blamed in the fault.
func (p Pattern) Parse(field, name string) ([]string, error) {
	ids := make([]string, 0, p.ids)
	rest, more := name, true
	for _, want := range p.segments {
		var seg string
		if !more {
			return nil, p.malformed(field)
		}
		seg, rest, more = strings.Cut(rest, "/")
		switch {
		case want != "":
			if seg != want {
				return nil, p.malformed(field)
			}
		case !ValidID(seg):
			return nil, p.malformed(field)
		default:
			ids = append(ids, seg)
		}
	}
	if more {
		return nil, p.malformed(field)
	}
	return ids, nil
}

// ParseOne returns the id of a name whose pattern has one variable.
func (p Pattern) ParseOne(field, name string) (string, error) {
	ids, err := p.Parse(field, name)
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

func (p Pattern) malformed(field string) error {
	return fault.New(fault.Invalid, fault.InvalidRequest, "%s is not a resource name of the form %s", field, p.text).
		WithField(field, "must have the form "+p.text+"; an id is 1 to 128 of A-Z a-z 0-9 _ - . ~ : and starts with a letter, a digit or _")
}

// ValidID reports whether id can stand in a resource name: 1 to MaxID of A-Z a-z 0-9 _ - . ~ : (what needs no escaping
// in a path), the first one a letter, a digit or "_". The patterns in the .proto files say the same.
func ValidID(id string) bool {
	if id == "" || len(id) > MaxID || !letterOrDigit(id[0]) && id[0] != '_' {
		return false
	}
	for i := 1; i < len(id); i++ {
		if !letterOrDigit(id[i]) && !strings.ContainsRune("_-.~:", rune(id[i])) {
			return false
		}
	}
	return true
}

func letterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// ReservedID reports whether id is kept for the services themselves ("_slots"); callers may not write to it.
func ReservedID(id string) bool { return strings.HasPrefix(id, "_") }
