package dialogue

import (
	"strings"
	"unicode"
)

// IsSecret tells whether a slot's values prove who somebody is, so that they must never be stored.
type IsSecret func(scope, slot string) bool

// Withhold takes every secret out of the dialogue: the value of each secret fact, every other fact that holds the same
// value (a PIN typed into the wrong field), and marks the utterances that contain one. It returns how many facts were
// withheld.
//
// The recording has the secrets in clear, and only the recording knows them: a platform would not send them in the first
// place.
func (d *Dialogue) Withhold(isSecret IsSecret) int {
	values := d.secretValues(isSecret)
	withheld := 0
	for item := range d.items() {
		kept := item.Facts[:0]
		for _, f := range item.Facts {
			if f.Secret || isSecret(f.Scope, f.Slot) || values[normal(f.Value)] {
				withheld++
				continue
			}
			kept = append(kept, f)
		}
		clear(item.Facts[len(kept):])
		item.Facts = kept
		if u := item.Utterance; u != nil && contains(u.Text, values) {
			u.Secret = true
		}
		for i := range item.Questions {
			if contains(item.Questions[i].Prompt, values) {
				item.Questions[i].Prompt = ""
			}
		}
	}
	return withheld
}

func (d *Dialogue) items() func(yield func(*Item) bool) {
	return func(yield func(*Item) bool) {
		for _, leg := range d.Legs {
			for _, item := range leg.Items {
				if !yield(item) {
					return
				}
			}
		}
	}
}

// secretValues returns the secrets of the dialogue, normalised.
func (d *Dialogue) secretValues(isSecret IsSecret) map[string]bool {
	values := map[string]bool{}
	for item := range d.items() {
		for _, f := range item.Facts {
			if v := normal(f.Value); v != "" && (f.Secret || isSecret(f.Scope, f.Slot)) {
				values[v] = true
			}
		}
	}
	return values
}

// contains tells whether a text has one of the values in it, whatever the case and, for numbers, however it is spaced.
// Values of one or two characters have to stand alone: they would be found in every text.
func contains(text string, values map[string]bool) bool {
	if len(values) == 0 || text == "" {
		return false
	}
	lower := normal(text)
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.,/", r) {
			return -1
		}
		return r
	}, lower)
	words := strings.FieldsFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for v := range values {
		switch {
		case len(v) < 3:
			for _, w := range words {
				if w == v {
					return true
				}
			}
		case strings.Contains(lower, v), isNumber(v) && strings.Contains(digits, v):
			return true
		}
	}
	return false
}

func isNumber(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
}

// normal is a value in lower case with single spaces.
func normal(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }
