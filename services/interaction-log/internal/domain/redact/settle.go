package redact

import (
	"slices"
	"strings"
)

// hit is a finding with its replacement.
type hit struct {
	kind       Kind
	start, end int
	with       string
}

// maxPasses bounds settle. One pass nearly always suffices, and the second only proves it.
const maxPasses = 6

// settle applies find until nothing more is found, so that the result is stable by construction: masking one number can
// make what is left of its surroundings a bounded number of its own. Findings are in offsets of s.
func settle(s string, find func(string) []hit) (string, []Finding) {
	var done []hit // in offsets of s
	clean := s
	for range maxPasses {
		hits := find(clean)
		if len(hits) == 0 {
			return clean, findingsOf(done)
		}
		done = compose(done, hits)
		clean = apply(s, done)
	}
	// A text built to keep this going: give up its digits rather than its card numbers.
	done = compose(done, allDigits(clean))
	return apply(s, done), findingsOf(done)
}

// apply replaces the hits, which are sorted and do not overlap.
func apply(s string, hits []hit) string {
	var b strings.Builder
	b.Grow(len(s))
	at := 0
	for _, h := range hits {
		b.WriteString(s[at:h.start])
		b.WriteString(h.with)
		at = h.end
	}
	b.WriteString(s[at:])
	return b.String()
}

// compose merges hits found in the text that done produced into done, in offsets of the original text.
func compose(done, hits []hit) []hit {
	slices.SortFunc(hits, func(a, b hit) int { return a.start - b.start })
	if len(done) == 0 {
		return hits
	}
	out := make([]hit, 0, len(done)+len(hits))
	shift, i := 0, 0 // original offset = offset + shift, as long as no earlier hit is pending
	pass := func() {
		shift += done[i].end - done[i].start - len(done[i].with)
		i++
	}
	// newStart is where the replacement of done[i] begins in the produced text.
	newStart := func() int { return done[i].start - shift }
	for _, h := range hits {
		for i < len(done) && newStart()+len(done[i].with) <= h.start {
			out = append(out, done[i])
			pass()
		}
		m := hit{kind: h.kind, with: h.with, start: h.start + shift}
		if i < len(done) && newStart() <= h.start {
			m.start = done[i].start
		}
		m.end = h.end + shift
		for i < len(done) && newStart() < h.end { // swallowed by the new hit
			inside := newStart()+len(done[i].with) >= h.end
			m.end = done[i].end
			pass()
			if !inside {
				m.end = h.end + shift
			}
		}
		out = append(out, m)
	}
	return append(out, done[i:]...)
}

func findingsOf(hits []hit) []Finding {
	if len(hits) == 0 {
		return nil
	}
	out := make([]Finding, len(hits))
	for i, h := range hits {
		out[i] = Finding{Kind: h.kind, Start: h.start, End: h.end}
	}
	return out
}

// allDigits hits every digit run of s.
func allDigits(s string) []hit {
	var hits []hit
	for _, t := range newDoc(s).tokens {
		if t.kind == group || t.kind == masked && t.n > 0 {
			hits = append(hits, hit{kind: CardNumber, start: t.start, end: t.end, with: maskedCode})
		}
	}
	return hits
}
