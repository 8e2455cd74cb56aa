package redact

// speak turns number words into digit groups: "double four" and "forty four" become one group "44". Words that only
// fill pauses between groups are dropped. Digits are written anew because groups must lie in text order.
func (d *doc) speak() {
	in := d.tokens
	if !anyNumberWord(in) {
		return
	}
	out := make([]token, 0, len(in))
	digits := make([]byte, 0, len(d.digits)+16)
	for i := 0; i < len(in); {
		t := in[i]
		switch {
		case t.kind == group:
			t.d = len(digits)
			digits = append(digits, d.digitsOf(i, i)...)
			i++
		case t.kind == text && !glued(in, i):
			value, used := spelled(in, i, d)
			if used == 0 {
				if t.word.role&fillerWord != 0 && len(out) > 0 && out[len(out)-1].kind == group && t.gap == soft && i+1 < len(in) {
					in[i+1].gap = max(in[i+1].gap, soft)
					in[i+1].sep = ' '
					i++
					continue
				}
				i++
				break
			}
			t.kind, t.spoken, t.end = group, true, in[i+used-1].end
			t.d, t.n = len(digits), len(value)
			digits = append(digits, value...)
			i += used
		default:
			i++
		}
		out = append(out, t)
	}
	d.tokens, d.digits = out, digits
}

func anyNumberWord(tokens []token) bool {
	for _, t := range tokens {
		if t.word.role&(unitWord|teenWord|tensWord) != 0 {
			return true
		}
	}
	return false
}

// glued tells whether token i touches a digit group or a mask, so that it is no word of its own.
func glued(in []token, i int) bool {
	return in[i].gap == joined && i > 0 || i+1 < len(in) && in[i+1].gap == joined
}

// spelled reads one number said as a unit at token i: its digits and how many tokens it took.
func spelled(in []token, i int, d *doc) (value []byte, used int) {
	next := func(j int) (token, bool) {
		if j < len(in) && in[j].gap == soft && !in[j].opaque && (in[j].sep == ' ' || in[j].sep == '-') {
			return in[j], true
		}
		return token{}, false
	}
	w := in[i].word
	switch {
	case w.role&repeatWord != 0:
		t, ok := next(i + 1)
		one := t.word.digits
		if ok && t.kind == group && t.n == 1 {
			one = string(d.digits[t.d : t.d+1])
		} else if !ok || t.word.role&unitWord == 0 {
			return nil, 0
		}
		for range w.digits {
			value = append(value, one...)
		}
		return value, 2
	case w.role&unitWord != 0:
		if in[i].end-in[i].start == 1 && !besideNumber(in, i) {
			return nil, 0 // the letter o
		}
		value, used = []byte(w.digits), 1
	case w.role&teenWord != 0:
		value, used = []byte(w.digits), 1
	case w.role&tensWord != 0:
		value, used = []byte(w.digits), 1
		if t, ok := next(i + 1); ok && t.word.role&unitWord != 0 && t.word.digits != "\x00" && !glued(in, i+1) {
			value, used = []byte{w.digits[0], t.word.digits[0]}, 2
		}
	default:
		return nil, 0
	}
	if t, ok := next(i + used); ok && t.word.role&zerosWord != 0 && value[0] != 0 {
		value, used = append(value, t.word.digits...), used+1
	}
	return value, used
}

// besideNumber tells whether the word i stands next to a number.
func besideNumber(in []token, i int) bool {
	number := func(t token) bool { return t.kind == group || t.word.role&(unitWord|teenWord|tensWord|repeatWord) != 0 }
	return i > 0 && in[i].gap == soft && number(in[i-1]) ||
		i+1 < len(in) && in[i+1].gap == soft && number(in[i+1])
}
