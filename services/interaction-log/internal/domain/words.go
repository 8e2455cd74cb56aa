package domain

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSnippet bounds a snippet, in bytes.
const maxSnippet = 200

// words are the words of a query, folded. The last is a prefix.
type words []string

// find reports whether the text has all of the words, and where the first of
// them that it has begins.
func (w words) find(text string) (at int, found bool) {
	missing := len(w)
	got := make([]bool, len(w))
	at = -1
	for word, pos := range wordsOf(text) {
		folded := ""
		for i, want := range w {
			if got[i] {
				continue
			}
			if folded == "" {
				folded = fold(word)
			}
			if folded != want && (i != len(w)-1 || !strings.HasPrefix(folded, want)) {
				continue
			}
			got[i] = true
			missing--
			if at < 0 {
				at = pos
			}
		}
		if missing == 0 {
			return at, true
		}
	}
	return -1, false
}

// wordsOf yields the words of a text, which are runs of letters, marks and
// digits, with the byte at which each begins.
func wordsOf(text string) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		start := -1
		for i, r := range text {
			in := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
			switch {
			case in && start < 0:
				start = i
			case !in && start >= 0:
				if !yield(text[start:i], start) {
					return
				}
				start = -1
			}
		}
		if start >= 0 {
			yield(text[start:], start)
		}
	}
}

// snippet returns at most maxSnippet bytes of the text around the byte at, cut
// between characters, with dots where something was left out.
func snippet(text string, at int) string {
	if len(text) <= maxSnippet {
		return text
	}
	const dots = "..."
	room := maxSnippet - 2*len(dots)
	start := max(0, min(at-room/4, len(text)-room))
	end := start + room
	for start > 0 && start < at && !utf8.RuneStart(text[start]) {
		start++
	}
	for end < len(text) && end > start && !utf8.RuneStart(text[end]) {
		end--
	}
	out := text[start:end]
	if start > 0 {
		out = dots + out
	}
	if end < len(text) {
		out += dots
	}
	return out
}
