package redact

import (
	"unicode"
	"unicode/utf8"
)

// tokenKind is the kind of a token.
type tokenKind uint8

const (
	group  tokenKind = iota + 1 // digits without a separator, or spelled digits
	text                        // a word
	masked                      // stars, with the digits at them: an earlier mask
)

// gapKind is what stands between a token and the one before.
type gapKind uint8

const (
	joined gapKind = iota // nothing
	soft                  // separators that may stand inside a number
	hard                  // anything else
)

// token is a piece of text that matters to the detectors.
type token struct {
	kind       tokenKind
	gap        gapKind
	sep        rune // the class of a soft gap's separator, the most telling one when there are several
	start, end int
	d, n       int  // the digits of a group: doc.digits[d:d+n]; of a mask: n digits are left
	opaque     bool // inside an identifier that is no card data: UUID, hexadecimal id, IBAN
	spoken     bool
	found      Kind // set when part of a finding
	word       word
}

// maxSeparators is how many separators may stand between two groups of one number.
const maxSeparators = 4

// hiddenSep stands for a gap of nothing but invisible characters.
const hiddenSep = '\u200b'

// doc is a tokenised text and what was found in it.
type doc struct {
	s      string
	tokens []token
	digits []byte
	hits   []hit
	phone  bool // the text is known to be a phone number
	keypad bool // the text is what was typed on a phone
}

func newDoc(s string) *doc {
	d := &doc{s: s}
	d.tokenise()
	d.hideIdentifiers()
	d.speak()
	return d
}

// tokenise splits the text into digit groups, words and masks, and classifies the gaps.
func (d *doc) tokenise() {
	d.tokens = make([]token, 0, len(d.s)/4+4)
	d.digits = make([]byte, 0, 32)
	gap, sep, seps := hard, rune(0), 0
	push := func(t token) {
		t.gap, t.sep = gap, sep
		if gap == soft && seps > maxSeparators {
			t.gap = hard
		}
		d.tokens = append(d.tokens, t)
		gap, sep, seps = joined, 0, 0
	}
	for i := 0; i < len(d.s); {
		r, size := utf8.DecodeRuneInString(d.s[i:])
		_, digit := digitValue(r)
		switch {
		case digit:
			t := d.digitGroup(i)
			i = t.end
			push(t)
			d.joinMask()
			continue
		case r == '*':
			end := i
			for end < len(d.s) && d.s[end] == '*' {
				end++
			}
			if end-i >= len(maskedCode) {
				push(token{kind: masked, start: i, end: end})
				d.joinMask()
				i = end
				continue
			}
			i = end
			if d.keypad && gap != hard {
				gap, sep, seps = soft, '*', seps+1
			} else {
				gap = hard
			}
			continue
		case isLetter(r):
			end := i + size
			for end < len(d.s) {
				r, size := utf8.DecodeRuneInString(d.s[end:])
				if !isLetter(r) {
					break
				}
				end += size
			}
			push(token{kind: text, start: i, end: end, word: lookUp(d.s[i:end])})
			i = end
			continue
		case invisible(r):
			if last := len(d.tokens) - 1; gap == joined && last >= 0 && d.tokens[last].kind == group {
				gap, sep = soft, hiddenSep
			}
		default:
			if c := separator(r); c != 0 && gap != hard {
				gap, seps = soft, seps+1
				if sep == 0 || sep == ' ' || sep == hiddenSep {
					sep = c
				}
			} else {
				gap = hard
			}
		}
		i += size
	}
}

func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return byteProps[r]&isBreak == 0
	}
	return unicode.IsLetter(r)
}

// maxHidden bounds how far digitGroup looks over invisible characters.
const maxHidden = 2 * maxCard

// digitGroup reads the digits at i. Invisible characters between them are passed over when the digits make up a card
// number; otherwise the group ends at the first, or a digit hidden before a card number would hide the number.
func (d *doc) digitGroup(i int) token {
	t := token{kind: group, start: i, end: i, d: len(d.digits)}
	open, gap := t, false // open is the group without invisible characters
	for i < len(d.s) {
		r, size := utf8.DecodeRuneInString(d.s[i:])
		v, ok := digitValue(r)
		if !ok && !invisible(r) || gap && t.n > maxHidden {
			break
		}
		i += size
		if !ok {
			gap = true
			continue
		}
		d.digits = append(d.digits, v)
		t.n++
		t.end = i
		if !gap {
			open = t
		}
	}
	if t.n == open.n || card(d.digits[t.d:]) != nil {
		return t
	}
	d.digits = d.digits[:open.d+open.n]
	return open
}

// joinMask merges the last two tokens when one is a mask and the other its digits.
func (d *doc) joinMask() {
	n := len(d.tokens)
	if n < 2 {
		return
	}
	a, b := &d.tokens[n-2], &d.tokens[n-1]
	if b.gap != joined || a.kind == text || a.kind == group && b.kind == group || a.end != b.start {
		return
	}
	// More digits than a mask leaves are no part of one: stars must not hide a number.
	if a.kind == group && a.n > shownPrefix || b.kind == group && b.n > shownSuffix {
		b.gap = hard
		return
	}
	a.kind, a.end, a.n = masked, b.end, a.n+b.n
	d.tokens = d.tokens[:n-1]
}

// digitsOf gives the digits of tokens i to j, which are groups.
func (d *doc) digitsOf(i, j int) []byte {
	return d.digits[d.tokens[i].d : d.tokens[j].d+d.tokens[j].n]
}

// mark records a finding over tokens i to j. Tokens of an earlier finding keep it: findings do not overlap.
func (d *doc) mark(kind Kind, i, j int, with string) {
	for k := i; k <= j; k++ {
		if d.tokens[k].found != 0 {
			return
		}
	}
	for k := i; k <= j; k++ {
		d.tokens[k].found = kind
	}
	d.hits = append(d.hits, hit{kind: kind, start: d.tokens[i].start, end: d.tokens[j].end, with: with})
}
