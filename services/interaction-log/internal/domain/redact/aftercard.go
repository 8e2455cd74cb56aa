package redact

// isCardToken tells whether token i is a card number, found now or masked before.
func (d *doc) isCardToken(i int) bool {
	t := &d.tokens[i]
	return t.found == CardNumber || t.kind == masked && t.n > 0
}

// findCodesAfterCards masks the code that follows a card number without a name: after the expiry date, or alone at the
// end of the sentence.
func (d *doc) findCodesAfterCards() {
	for i := range d.tokens {
		if !d.isCardToken(i) || i+1 < len(d.tokens) && d.tokens[i+1].found == CardNumber {
			continue
		}
		at := d.skipWords(i+1, 3)
		if end := d.expiryEnd(at, len(d.tokens)-1); end >= 0 {
			next := d.skipWords(end+1, 2)
			if next < len(d.tokens) {
				if last, ok := d.code(SecurityCode, next); ok {
					d.mark(SecurityCode, next, last, maskedCode)
				}
			}
			if next < len(d.tokens) || d.tokens[end].n != 4 {
				continue
			}
		}
		d.codeAtOnce(i)
	}
}

// codeAtOnce masks three or four digits right after the card number i when the sentence ends with them, and digit by
// digit an expiry date together with the code.
func (d *doc) codeAtOnce(i int) {
	if i+1 >= len(d.tokens) || !d.open(i+1) || d.tokens[i+1].gap != soft && !d.keypad {
		return
	}
	end, n := i+1, d.tokens[i+1].n
	for n <= 8 && end+1 < len(d.tokens) && d.tokens[i+1].n == 1 && d.tokens[end+1].n == 1 && d.open(end+1) && d.tokens[end+1].gap == soft {
		end++
		n++
	}
	last := end+1 == len(d.tokens) || d.tokens[end+1].gap == hard || d.tokens[end+1].sep != ' '
	single := end > i+1
	if last && (n == 3 || !single && n == 4 && !month(d.digitsOf(end, end)[:2]) || single && (n == 4 || n == 7 || n == 8)) {
		d.mark(SecurityCode, i+1, end, maskedCode)
	}
}

// skipWords gives the first token from i on that is no word, over at most limit words.
func (d *doc) skipWords(i, limit int) int {
	for words := 0; i < len(d.tokens) && words < limit && d.tokens[i].kind == text; words++ {
		i++
	}
	return i
}

// findStripes masks the magnetic stripe data after a card number: track 2 continues with "=" or "D", track 1 with the
// name between "^" signs. It holds a verification code.
func (d *doc) findStripes() {
	for i := range d.tokens {
		if !d.isCardToken(i) || d.tokens[i].end >= len(d.s) {
			continue
		}
		sign := d.s[d.tokens[i].end]
		if sign != '=' && sign != 'D' && sign != '^' {
			continue
		}
		for j := i + 1; j < min(i+8, len(d.tokens)); j++ {
			t := &d.tokens[j]
			if d.open(j) && t.n >= 7 && (d.s[t.start-1] == sign) {
				d.mark(SecurityCode, j, j, maskedCode)
				break
			}
		}
	}
}
