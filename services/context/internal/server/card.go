package server

import (
	"strings"
	"unicode"
)

// Payment card numbers have 13 to 19 digits.
const (
	minCardDigits = 13
	maxCardDigits = 19
)

// holdsCardNumber reports whether a text holds what looks like a payment card number: the digits of one, with single
// spaces or dashes in between, a right check digit and a first digit of a card scheme. Identifiers and contact ids with
// one are refused before they are claimed, because claims are stored as they are. The log looks closer; it masks values
// and refuses ids of this kind, so that they could not name anybody anyway.
func holdsCardNumber(text string) bool {
	for len(text) > 0 {
		start := strings.IndexFunc(text, isDigit)
		if start < 0 {
			return false
		}
		letterBefore := start > 0 && isLetter(text[start-1])
		digits, rest := digitRun(text[start:])
		edge := letterBefore || rest != "" && isLetter(rest[0])
		// Digits among letters are mostly parts of a hash or a UUID, unless there are as many as on nearly all cards.
		if n := len(digits); n >= minCardDigits && n <= maxCardDigits && (!edge || n == 15 || n == 16) && isCard(digits) {
			return true
		}
		text = rest
	}
	return false
}

// digitRun returns the digits that a text begins with, without single separators, and what follows.
func digitRun(text string) (digits, rest string) {
	var b strings.Builder
	i := 0
	for i < len(text) {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			b.WriteByte(c)
		case (c == ' ' || c == '-') && i+1 < len(text) && '0' <= text[i+1] && text[i+1] <= '9':
		default:
			return b.String(), text[i:]
		}
		i++
	}
	return b.String(), ""
}

// isCard checks the first digit and the check digit (Luhn).
func isCard(digits string) bool {
	if digits[0] < '2' || digits[0] > '6' {
		return false
	}
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isLetter(c byte) bool { return c < 0x80 && unicode.IsLetter(rune(c)) }
