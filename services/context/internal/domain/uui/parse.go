// Package uui writes a handoff's token as other systems carry it, and finds it again in what they hand on: the values of
// SIP's User-to-User (RFC 7433) and Refer-To headers, plain headers, URLs.
package uui

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
)

// MaxTokens bounds what Tokens finds: as many User-to-User values as a request has room for, because a call that was
// transferred often may carry those of all its hops, the newest at the end.
const MaxTokens = 20

// maxEscapes is how often a value may have been percent-encoded: a header in a URI in a parameter.
const maxEscapes = 3

// Tokens returns what has the form of a token in a text, in the order in which it stands there; nothing when there is
// none.
//
// It knows no grammar on purpose. Between the one who writes a token and the one who reads it lie gateways that quote,
// escape and reorder, add parameters, put a protocol discriminator in front, or wrap it into elements of their own with
// length and type bytes. A token is told from all of that by its form, and a right one from a wrong one by its code. So
// every run of letters and digits is looked at, as it stands and as hexadecimal. Capitals are small ones: some pass on
// what a person read out, or what a system writes in capitals, and no two tokens differ in that only.
func Tokens(text string) []string {
	var found []string
	for range maxEscapes + 1 {
		for word := range strings.FieldsFuncSeq(text, notAlphanumeric) {
			for _, t := range inWord(word) {
				if len(found) < MaxTokens && !slices.Contains(found, t) {
					found = append(found, t)
				}
			}
		}
		plain := unescaped(text)
		if plain == text {
			break
		}
		text = plain
	}
	return found
}

// inWord returns the token that a word is, or those that it has in hexadecimal.
func inWord(word string) []string {
	if small := strings.ToLower(word); token.Looks(small) {
		return []string{small}
	}
	if len(word) < 2*token.Length || len(word)%2 != 0 {
		return nil
	}
	data, err := hex.DecodeString(word)
	if err != nil {
		return nil
	}
	var found []string
	for part := range strings.FieldsFuncSeq(string(data), notAlphanumeric) {
		if small := strings.ToLower(part); token.Looks(small) {
			found = append(found, small)
		}
	}
	return found
}

// notAlphanumeric reports what can be no part of a token, nor of a number in hexadecimal. Bytes that are no UTF-8, which
// gateways put in front, are among it.
func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// unescaped replaces %XX by what it stands for. What only looks like an escape stays.
func unescaped(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.WriteByte(c[0])
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
