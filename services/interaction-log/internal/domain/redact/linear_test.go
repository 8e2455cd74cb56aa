package redact

import (
	"strings"
	"testing"
)

// TestHostileTextsEnd runs long repetitive texts, on which a quadratic search would be felt.
func TestHostileTextsEnd(t *testing.T) {
	for _, piece := range []string{"1", "1 ", "4 ", "42 ", "a1", "a1-", "cvv ", "cvv 1 ", "12/27 ", "4111111111111111 ", "pin 12 ", "*", "***",
		"4***", "\u200b1", "one ", "double ", "GB82 ", "1 is cvv ", "4242 ", "4111111111111111=", "on the back card ", "^1111111"} {
		in := strings.Repeat(piece, 50_000/len(piece))
		got, findings := Text(in)
		checkSpans(t, in, got, findings, Text)
		got, findings = Digits(in)
		checkSpans(t, in, got, findings, Digits)
	}
}
