package redact

// How many words may stand between a code and what names it.
const (
	codeReach = 8
	pinReach  = 5
	backReach = 4
)

// findKeywordCodes masks security codes and PINs next to a word that names them.
func (d *doc) findKeywordCodes() {
	for i := range d.tokens {
		kind, end := d.keyword(i)
		if kind == 0 {
			continue
		}
		if !d.codeAfter(kind, end) {
			d.codeBefore(kind, i)
		}
	}
}

// keyword tells whether token i starts a name of the code or PIN, and which token follows the name.
func (d *doc) keyword(i int) (kind Kind, end int) {
	t := &d.tokens[i]
	if t.kind != text || t.opaque {
		return 0, 0
	}
	switch r := t.word.role; {
	case r&codeWord != 0:
		if d.suffixTwo(i + 1) {
			return SecurityCode, i + 2 // cvv2
		}
		return SecurityCode, i + 1
	case r&pinWord != 0:
		return PIN, i + 1
	case r&(codeHead|cardWord) != 0 && i+1 < len(d.tokens) && d.tokens[i+1].gap == soft:
		head := r&codeHead != 0
		tail := d.tokens[i+1].word.role
		if head && tail&codeTail != 0 && !d.wordIs(i-1, "social") && (!d.wordIs(i, "verification") || d.cardNear(i)) ||
			!head && (d.wordIs(i+1, "code") || d.wordIs(i+1, "verification")) {
			return SecurityCode, i + 2
		}
	case r&backWord != 0 && d.cardNear(i):
		return SecurityCode, i + 1
	}
	return 0, 0
}

func (d *doc) suffixTwo(i int) bool {
	return i < len(d.tokens) && d.tokens[i].gap == joined && d.tokens[i].kind == group && d.tokens[i].n == 1
}

func (d *doc) wordIs(i int, w string) bool {
	if i < 0 || i >= len(d.tokens) || d.tokens[i].kind != text {
		return false
	}
	s := d.s[d.tokens[i].start:d.tokens[i].end]
	if len(s) != len(w) {
		return false
	}
	for k := range len(s) {
		if s[k]|0x20 != w[k] {
			return false
		}
	}
	return true
}

// cardNear tells whether a few tokens around i speak of a card or of its digits.
func (d *doc) cardNear(i int) bool {
	for k := max(i-6, 0); k < min(i+7, len(d.tokens)); k++ {
		t := &d.tokens[k]
		if k != i && (t.word.role&(cardWord|codeWord) != 0 || t.found == CardNumber || t.kind == masked && t.n > 0 ||
			d.wordIs(k, "digits") || d.wordIs(k, "code")) {
			return true
		}
	}
	return false
}

// codeAfter masks the code said after token i, and again after words that announce a correction. It reports whether
// there was one, masked before or now.
func (d *doc) codeAfter(kind Kind, i int) (found bool) {
	reach := codeReach
	if kind == PIN {
		reach = pinReach
	}
	for words, fixed := 0, true; i < len(d.tokens) && words <= reach; {
		t := &d.tokens[i]
		if t.kind == text {
			if k, _ := d.keyword(i); k != 0 && k != kind {
				return found
			}
			fixed = fixed || t.word.role&fixWord != 0
			words, i = words+1, i+1
			continue
		}
		if t.found == CardNumber || t.kind == masked && t.n > 0 {
			i++
			continue
		}
		if t.kind == masked || t.found != 0 {
			found, fixed, words, i = true, false, reach-3, i+1
			continue
		}
		if end := d.expiryEnd(i, len(d.tokens)-1); end >= 0 && kind == SecurityCode && d.tokens[i].n <= 2 && d.tokens[end].sep == '/' {
			i = end + 1
			continue
		}
		end, ok := d.code(kind, i)
		if ok && fixed {
			d.mark(kind, i, end, maskedCode)
			found, fixed, words = true, false, reach-3
		}
		words, i = words+1, end+1
	}
	return found
}

// codeBefore masks the code of "123 is my cvv".
func (d *doc) codeBefore(kind Kind, i int) {
	for k, words := i-1, 0; k >= 0 && words <= backReach; k-- {
		t := &d.tokens[k]
		if t.kind == text && t.word.role&(linkWord|codeTail) != 0 {
			words++
			continue
		}
		if t.kind != group || words == 0 {
			return
		}
		from := k
		for from > 0 && t.n <= 2 && d.tokens[from].gap == soft && d.open(from-1) && d.tokens[from-1].n <= 2 {
			from--
		}
		if from > 0 && d.tokens[from].gap == soft && d.tokens[from].sep != ' ' && d.tokens[from-1].kind == group {
			return // the end of a longer number
		}
		if end, ok := d.code(kind, from); ok && end == k {
			d.mark(kind, from, k, maskedCode)
		}
		return
	}
}

// code tells whether a code starts at token i: a group of its length, or smaller groups ("1 2 3", "one twenty three").
// end is the last token looked at.
func (d *doc) code(kind Kind, i int) (end int, ok bool) {
	least, most := 3, 4
	if kind == PIN {
		least, most = 4, 8
	}
	t := &d.tokens[i]
	free := t.kind == group && !t.opaque && t.found == 0 && !d.money(t.start)
	sum, end := t.n, i
	for end+1 < len(d.tokens) && d.open(end+1) && d.tokens[end+1].gap == soft {
		next := &d.tokens[end+1]
		if t.n > 2 && next.sep == ' ' || t.n <= 2 && next.n > 2 {
			break
		}
		end++
		sum += next.n
	}
	single := t.n > 2 && end == i
	return end, free && (single || t.n <= 2) && sum >= least && sum <= most
}

// money tells whether a currency sign stands before the offset.
func (d *doc) money(at int) bool {
	for _, sign := range []string{"$", "€", "£", "$ ", "€ ", "£ "} {
		if at >= len(sign) && d.s[at-len(sign):at] == sign {
			return true
		}
	}
	return false
}

// expiryEnd gives the last token of the expiry date at token i (12/27, 12 2027, 1227), -1 without one.
func (d *doc) expiryEnd(i, hi int) int {
	if i > hi || d.tokens[i].kind != group {
		return -1
	}
	t := &d.tokens[i]
	digits := d.digitsOf(i, i)
	switch {
	case t.n == 4 && month(digits[:2]):
		return i
	case t.n <= 2 && month(digits) && i < hi && d.tokens[i+1].kind == group && d.tokens[i+1].gap == soft &&
		(d.tokens[i+1].n == 2 || d.tokens[i+1].n == 4):
		return i + 1
	}
	return -1
}
