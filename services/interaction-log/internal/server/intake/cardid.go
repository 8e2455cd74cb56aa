package intake

import (
	"strings"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain/redact"
)

// minCard is the length of the shortest card number.
const minCard = 12

// isCard tells whether an id holds a card number. Nearly all ids are told by a few quick looks; the others are looked
// at as a text is.
func isCard(id string) bool {
	var first [minCard + 1]byte
	digits := 0
	for i := range len(id) {
		switch c := id[i]; {
		case c >= '0' && c <= '9':
			if digits < len(first) {
				first[digits] = c - '0'
			}
			digits++
		case c == ' ' || c >= 0x80: // no usual id: the digits may be other ones, or words
			return textHoldsCard(id)
		}
	}
	switch {
	case digits < minCard:
		return false
	case digits <= len(first) && failLuhn(first[:digits]) && !mayHoldNumberWords(id):
		return false
	case isUUID(strings.TrimPrefix(id, customerPrefix)):
		return false
	}
	return textHoldsCard(id)
}

func textHoldsCard(s string) bool {
	_, found := redact.Text(s)
	for _, f := range found {
		if f.Kind == redact.CardNumber {
			return true
		}
	}
	return false
}

// isUUID tells whether the id is a UUID as it is usually written, digits in which are never taken for a card's.
func isUUID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f'):
			return false
		}
	}
	return true
}

// failLuhn tells whether every row of the digits that is long enough for a card number has a wrong check digit, as no
// card number has. Ids are often a name and a counter of twelve digits, or a time of thirteen.
func failLuhn(digits []byte) bool {
	for from := 0; from+minCard <= len(digits); from++ {
		for to := from + minCard; to <= len(digits); to++ {
			if luhn(digits[from:to])%10 == 0 {
				return false
			}
		}
	}
	return true
}

// luhn returns the sum that the check digit makes a multiple of ten.
func luhn(digits []byte) (sum int) {
	for i, d := range digits {
		v := int(d)
		if (len(digits)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum
}

// mayHoldNumberWords tells whether a word of the id begins as number words do ("four", "double"): then the digits are
// not all there is.
func mayHoldNumberWords(id string) bool {
	letter := false
	for i := range len(id) {
		c := id[i] | 0x20
		before := letter
		letter = c >= 'a' && c <= 'z'
		if letter && !before && strings.IndexByte("defhnoqstz", c) >= 0 {
			return true
		}
	}
	return false
}
