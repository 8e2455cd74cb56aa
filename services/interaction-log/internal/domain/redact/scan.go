package redact

import (
	"unicode"
	"unicode/utf8"
)

// Byte properties for the fast path.
const (
	isEvent = 1 << iota // a digit, or a byte of a multi-byte rune
	isNumStart
	isBreak // not a letter
)

var byteProps = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9', c >= utf8.RuneSelf:
			t[c] = isEvent | isBreak
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		default:
			t[c] = isBreak
		}
	}
	for _, c := range "zotfsenxdqh" {
		t[c] |= isNumStart
		t[c-'a'+'A'] |= isNumStart
	}
	return t
}()

// suspicious tells whether s holds at least three digits, spelled ones included: the shortest card data. It is the
// fast path of Text: one pass, no allocation.
func suspicious(s string) bool {
	count := 0
	want := uint8(isEvent | isNumStart) // number words are looked for at the start of words only
	for i := 0; i < len(s); i++ {
		p := byteProps[s[i]]
		if p&want != 0 {
			switch c := s[i]; {
			case c >= '0' && c <= '9':
				count++
			case c >= utf8.RuneSelf:
				// Two-byte runes below U+0640 are no digits: this keeps European languages fast.
				if c >= 0xD9 {
					r, size := utf8.DecodeRuneInString(s[i:])
					if _, ok := digitValue(r); ok {
						count++
					}
					i += size - 1
				}
			default:
				count += numberWordWeight(s[i:])
			}
			if count >= 3 {
				return true
			}
		}
		want = isEvent | p&isBreak>>1 // isBreak becomes isNumStart
	}
	return false
}

// digitValue gives the value of any Unicode decimal digit.
func digitValue(r rune) (byte, bool) {
	if r < utf8.RuneSelf {
		return byte(r - '0'), r >= '0' && r <= '9'
	}
	if r < 0x660 || !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	// Decimal digits come in rows of ten from a zero; ranges hold whole rows.
	for _, g := range unicode.Nd.R16 {
		if rune(g.Lo) <= r && r <= rune(g.Hi) {
			return byte((r - rune(g.Lo)) % 10), true
		}
	}
	for _, g := range unicode.Nd.R32 {
		if rune(g.Lo) <= r && r <= rune(g.Hi) {
			return byte((r - rune(g.Lo)) % 10), true
		}
	}
	return 0, false
}

// invisible runes may stand between digits without separating them: zero-width characters, soft hyphens, direction
// marks, and the combining marks of keycap emoji.
func invisible(r rune) bool {
	return r >= 0xAD && unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me)
}

// separator gives the character that stands for r's class of separators, or 0 when r cannot separate the groups of one
// number.
func separator(r rune) rune {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f', 0x85:
		return ' '
	case '-', 0x2212, 0x00AF, 0x02D7:
		return '-'
	case '.', ',', '/', '_':
		return r
	case 0xB7, 0x2022, 0x2219, 0x22C5, 0x30FB:
		return 0xB7
	}
	if r >= 0xA0 {
		switch {
		case unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp), r == 0x2800, r == 0x3164:
			return ' '
		case unicode.Is(unicode.Pd, r):
			return '-'
		}
	}
	return 0
}
