package redact

import (
	"slices"
	"unicode/utf8"
)

// findCards marks the card numbers. A chain is a row of groups with nothing but separators between them; no number
// leaves its chain.
func (d *doc) findCards() {
	for i := 0; i < len(d.tokens); i++ {
		if !d.open(i) {
			continue
		}
		j := i
		for j+1 < len(d.tokens) && d.open(j+1) && d.tokens[j+1].gap == soft {
			j++
		}
		d.search(i, j)
		i = j
	}
}

func (d *doc) open(i int) bool {
	t := &d.tokens[i]
	return t.kind == group && !t.opaque && t.found == 0
}

// search finds the card numbers in the chain of tokens lo to hi: unbroken ones and groups as printed on cards first,
// then other groupings in what is left.
func (d *doc) search(lo, hi int) {
	printed, other := d.printed, func(i, j int) bool { return d.irregular(lo, hi, i, j) }
	if d.keypad {
		printed = d.typed
	}
	for hi >= lo && len(d.digitsOf(lo, hi)) >= minCard {
		i, j, ok := d.first(lo, hi, printed)
		if !ok {
			i, j, ok = d.first(lo, hi, other)
		}
		if !ok {
			return
		}
		digits := d.digitsOf(i, j)
		if i == j && d.keypad {
			digits = typedCard(digits)
		} else if i == j {
			digits = card(digits)
		}
		d.mark(CardNumber, i, j, mask(digits))
		d.search(lo, i-1)
		lo = j + 1
	}
}

// first gives the leftmost window of whole groups that accept takes, the longest when there are several.
func (d *doc) first(lo, hi int, accept func(i, j int) bool) (from, to int, ok bool) {
	for i := lo; i <= hi; i++ {
		n := 0
		for j := i; j <= hi; j++ {
			if n += d.tokens[j].n; n > maxCard && j > i {
				break
			}
			if n >= minCard && accept(i, j) {
				to, ok = j, true
			}
		}
		if ok {
			return i, to, true
		}
	}
	return 0, 0, false
}

// printed accepts unbroken numbers, and groups of the sizes that are printed on cards.
func (d *doc) printed(i, j int) bool {
	if i == j {
		digits := d.digitsOf(i, i)
		number := card(digits)
		if number == nil {
			return false
		}
		padding := slices.Index(digits, number[0])
		// "00" before a short number is the international dialling prefix.
		return (padding == 0 || len(number) >= 15) && d.plausible(i, j, number)
	}
	return d.printedSizes(i, j) && isCard(d.digitsOf(i, j)) && d.plausible(i, j, d.digitsOf(i, j))
}

// card gives the card number in an unbroken run, nil without one: the run itself, less zeros before and an expiry date
// after.
func card(digits []byte) []byte {
	for len(digits) > minCard && digits[0] == 0 {
		digits = digits[1:]
	}
	if isCard(digits) {
		return digits
	}
	if len(digits) < 16+4 {
		return nil
	}
	for n := 16; n <= maxCard; n++ {
		// What follows is MMYY or MMYYYY, and a code of three or four digits or none.
		if rest := len(digits) - n; rest != 4 && rest != 6 && (rest < 7 || rest > 10) {
			continue
		}
		if month(digits[n:n+2]) && isCard(digits[:n]) {
			return digits[:n]
		}
	}
	return nil
}

func month(digits []byte) bool {
	v := 0
	for _, d := range digits {
		v = v*10 + int(d)
	}
	return v >= 1 && v <= 12
}

// printedSizes tells whether tokens i to j are grouped as on cards or forms: fours with a rest, fives or sixes or
// eights, and the special cases of American Express, Diners Club, UnionPay and old Visa numbers.
func (d *doc) printedSizes(i, j int) bool {
	sizes := 0 // decimal digits, one per group
	uniform := d.tokens[i].n
	for k := i; k <= j; k++ {
		n := d.tokens[k].n
		if n >= 10 && k < j {
			return false
		}
		if k < j && n != uniform || k == j && n > uniform {
			uniform = 0
		}
		sizes = sizes*10 + min(n, 9)
		if sizes > 99999 {
			return false
		}
	}
	switch sizes {
	case 465, 464, 445, 4333, 1444, 69:
		return sizes != 69 || d.tokens[j].n == 13
	}
	return uniform >= 4 && uniform <= 8
}

// irregular accepts other groupings, digit by digit and spelled numbers among them, when the window i to j is bounded
// within its chain lo to hi. Numbers of up to 13 digits are not accepted this way: phone numbers look the same.
func (d *doc) irregular(lo, hi, i, j int) bool {
	digits := d.digitsOf(i, j)
	if len(digits) < 14 || i == j || !isCard(digits) || !d.plausible(i, j, digits) {
		return false
	}
	// A few digits said before are a menu choice or a list number; any longer number must be set apart.
	left := i == lo || len(d.digitsOf(lo, i-1)) <= 4 || !d.usesSeparator(i, j, d.tokens[i].sep)
	right := j == hi || !d.usesSeparator(i, j, d.tokens[j+1].sep) || d.expiryEnd(j+1, hi) >= 0 ||
		d.tokens[j].n == 1 && len(d.digitsOf(j+1, hi)) <= 10
	return left && right
}

// usesSeparator tells whether sep stands between the tokens i to j.
func (d *doc) usesSeparator(i, j int, sep rune) bool {
	for k := i + 1; k <= j; k++ {
		if d.tokens[k].sep == sep {
			return true
		}
	}
	return false
}

// plausible refuses numbers that are something else by what stands around them.
func (d *doc) plausible(i, j int, number []byte) bool {
	start, end := d.tokens[i].start, d.tokens[j].end
	n := len(number)
	if n <= 15 && start > 0 && d.s[start-1] == '+' {
		return false
	}
	if phoneLike, rare := short(number); phoneLike {
		if d.phone || d.said(i, phoneWord) || rare && !d.said(i, cardWord) {
			return false
		}
	}
	if i == j && n < 15 || n > 16 && i == j {
		before, _ := utf8.DecodeLastRuneInString(d.s[:start])
		after, _ := utf8.DecodeRuneInString(d.s[end:])
		return !isLetter(before) && !isLetter(after)
	}
	return true
}

// said tells whether a word of the role is among the few words before token i.
func (d *doc) said(i int, r role) bool {
	for k, words := i-1, 0; k >= 0 && words < 6; k-- {
		if d.tokens[k].kind == text {
			words++
			if d.tokens[k].word.role&r != 0 {
				return true
			}
		}
	}
	return false
}
