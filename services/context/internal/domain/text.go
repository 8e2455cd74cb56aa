package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// FoldName returns the form in which names of slots and scopes are compared: compatibility-composed (NFKC) and case
// folded by Unicode's full folding ("ß" is "ss"), without any white space, "_" or dash. A name of nothing else stays
// as it is, so that it equals only itself.
func FoldName(s string) string {
	if folded, ok := foldASCII(s); ok {
		return folded
	}
	folded := strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, caseFold(s))
	// Dropping a space may bring a letter and its accent together.
	if folded = norm.NFC.String(folded); folded == "" {
		return s
	}
	return folded
}

// foldASCII is FoldName for the common case. It allocates only when something changes.
func foldASCII(s string) (string, bool) {
	clean := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return "", false
		}
		if c == '_' || c == '-' || c <= ' ' || 'A' <= c && c <= 'Z' {
			clean = false
		}
	}
	if clean {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_' || c == '-' || unicode.IsSpace(rune(c)):
		case 'A' <= c && c <= 'Z':
			b = append(b, c+'a'-'A')
		default:
			b = append(b, c)
		}
	}
	if len(b) == 0 {
		return s, true
	}
	return string(b), true
}

// caseFold returns s composed and case folded. Folding can undo composition and the other way round, so it goes on
// until nothing changes; two rounds are the most that Unicode asks for, and the bound only guards against surprises.
func caseFold(s string) string {
	for range 4 {
		next := norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// FoldText returns the form in which values are compared when nothing is known of their type: case folded, with each
// run of white space as one space, and none at the ends.
func FoldText(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' || c < ' ' ||
			c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return strings.Join(strings.Fields(caseFold(s)), " ")
		}
	}
	return s
}

// sameText reports whether two values are the same as far as can be told without their type.
func sameText(a, b string) bool { return a == b || FoldText(a) == FoldText(b) }

// oneLine returns s as valid UTF-8 on one line: control characters and runs of white space become one space.
func oneLine(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c < ' ' || c == 0x7f || c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || invisible(r)
	}), " ")
}

// invisible reports whether r would change how the text around it is shown: line and paragraph separators and the
// controls of bidirectional text.
func invisible(r rune) bool {
	return r >= 0x200E && r <= 0x200F || r >= 0x2028 && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF
}

const ellipsis = "…"

// shorten returns s in at most n bytes, with an ellipsis where something was cut off. It never splits a character.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if n < len(ellipsis) {
		return ""
	}
	cut := n - len(ellipsis)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.TrimRight(s[:cut], " ") + ellipsis
}

// excerpt is one line of at most MaxTextBytes, free of the memory that s may be a small part of.
func excerpt(s string) string {
	// A long text is cut before it is cleaned: there is no need to look at 32 KiB for 280 bytes. Invalid UTF-8 may grow
	// threefold, and that only makes the rest longer than needed.
	const enough = 4 * MaxTextBytes
	if len(s) > enough {
		cut := enough
		for cut > enough-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + ellipsis
	}
	return strings.Clone(shorten(oneLine(s), MaxTextBytes))
}

// Masked reports whether the log took something out of a value before storing it: a card number, a code, a secret
// answer. What is left is no value. The log's redaction puts at least three asterisks in a row, or "[withheld]".
func Masked(value string) bool {
	return strings.Contains(value, "***") || strings.Contains(value, "[withheld]")
}
