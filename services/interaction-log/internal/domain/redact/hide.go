package redact

import "strings"

// hiding says what to hide of one input: with has a flag for each of its digits.
type hiding struct {
	kind Kind
	with []bool
}

// hidden finds the numbers in all inputs, the last fresh ones of which are new.
func (q *Sequence) hidden(all []string, fresh int) []hiding {
	out := make([]hiding, len(all))
	starts := make([]int, len(all))
	var b strings.Builder
	for i, in := range all {
		if i > 0 {
			b.WriteByte(' ')
		}
		starts[i] = b.Len()
		if b.WriteString(in); in == "" {
			b.WriteByte('#')
		}
	}
	first := len(all) - fresh
	for _, h := range keypadHits(b.String()) {
		from, to := -1, 0
		for i, in := range all {
			if starts[i] < h.end && starts[i]+len(in) > h.start {
				if from < 0 {
					from = i
				}
				to = i
			}
		}
		if to < first {
			for i := from; i <= to && from >= 0; i++ {
				out[i].with = []bool{} // ends a run of keys
			}
			continue
		}
		if from == to && all[to] != "" && h.kind == CardNumber {
			continue // a number in one piece, which Digits masks
		}
		hideSpan(out, all, starts, from, to, first, h)
	}
	guard(out, all, first)
	return out
}

// hideSpan hides the digits of h in the inputs from to to, which begin at starts in the text that h was found in. When
// much of a number was stored before, its end is not shown.
func hideSpan(out []hiding, all []string, starts []int, from, to, first int, h hit) {
	inside := func(i, at int) bool { return starts[i]+at >= h.start && starts[i]+at < h.end }
	total, stored := 0, 0
	for i := from; i <= to; i++ {
		for at, r := range all[i] {
			if !isDigit(r) || !inside(i, at) {
				continue
			}
			if total++; i < first {
				stored++
			}
		}
	}
	nth := 0
	for i := from; i <= to; i++ {
		flags, some, k := out[i].with, false, 0
		if flags == nil {
			flags = make([]bool, countDigits(all[i]))
		}
		for at, r := range all[i] {
			if !isDigit(r) {
				continue
			}
			if inside(i, at) {
				shown := h.kind == CardNumber && (nth < shownPrefix || nth >= total-shownSuffix && stored <= shownPrefix)
				if !shown && k < len(flags) {
					flags[k], some = true, true
				}
				nth++
			}
			k++
		}
		if some {
			out[i].with = flags
			if out[i].kind == 0 {
				out[i].kind = h.kind
			}
		}
	}
}

// guard hides the keys after the sixth of a run of single keys that is still open and may become a card number.
func guard(out []hiding, all []string, first int) {
	start := len(all)
	for start > 0 && out[start-1].with == nil && singleKey(all[start-1]) {
		start--
	}
	run := all[start:]
	for len(run) > 0 && run[0] == maskedCode {
		run, start = run[1:], start+1
	}
	if len(run) <= shownPrefix || len(run) > maxCard || len(issuers[run[0][0]-'0']) == 0 {
		return
	}
	for i := start + 1; i < len(all); i++ {
		// Digits after masks are the end of a number masked before, except when the run was masked while open.
		if all[i-1] == maskedCode && all[i] != maskedCode && i != first {
			return
		}
	}
	for i := max(start+shownPrefix, first); i < len(all); i++ {
		if all[i] != maskedCode {
			out[i] = hiding{CardNumber, []bool{true}}
		}
	}
}

// singleKey tells whether the input is one digit, open or masked.
func singleKey(in string) bool {
	return in == maskedCode || len(in) == 1 && isDigit(rune(in[0]))
}

// blank replaces each run of hidden digits, at least three stars long so that it reads as a mask.
func blank(in string, hide []bool) string {
	var b strings.Builder
	k, stars := 0, 0
	flush := func() {
		if stars > 0 {
			b.WriteString(strings.Repeat("*", max(stars, len(maskedCode))))
		}
		stars = 0
	}
	for _, r := range in {
		if isDigit(r) {
			if k++; hide[k-1] {
				stars++
				continue
			}
		}
		flush()
		b.WriteRune(r)
	}
	flush()
	return b.String()
}

func isDigit(r rune) bool {
	_, ok := digitValue(r)
	return ok
}

func countDigits(in string) (n int) {
	for _, r := range in {
		if isDigit(r) {
			n++
		}
	}
	return n
}

func lastDigit(in string) int {
	end := 0
	for i, r := range in {
		if isDigit(r) {
			end = i + len(string(r))
		}
	}
	return end
}
