package redact

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// brands gives a prefix and the lengths for each brand, written apart from the table under test.
var brands = []struct {
	name    string
	prefix  []string
	lengths []int
}{
	{"visa", []string{"4"}, []int{13, 16, 19}},
	{"mastercard", []string{"51", "55", "2221", "2500", "2720"}, []int{16}},
	{"amex", []string{"34", "37"}, []int{15}},
	{"discover", []string{"6011", "622126", "644", "65"}, []int{16, 19}},
	{"diners", []string{"300", "305", "3095", "36", "38", "39"}, []int{14, 16, 19}},
	{"jcb", []string{"3528", "3589"}, []int{16, 19}},
	{"unionpay", []string{"62", "81"}, []int{16, 17, 18, 19}},
	{"maestro", []string{"50", "56", "58", "63", "67"}, []int{14, 16, 18, 19}},
	{"mir", []string{"2200", "2204"}, []int{16, 19}},
	{"rupay", []string{"60", "82", "508"}, []int{16}},
	{"uatp", []string{"1"}, []int{15}},
}

func genCard(t *rapid.T) string {
	b := brands[rapid.IntRange(0, len(brands)-1).Draw(t, "brand")]
	n := rapid.SampledFrom(b.lengths).Draw(t, "length")
	digits := make([]byte, n)
	prefix := rapid.SampledFrom(b.prefix).Draw(t, "prefix")
	for i := range digits {
		if digits[i] = byte(rapid.IntRange(0, 9).Draw(t, "digit")); i < len(prefix) {
			digits[i] = prefix[i] - '0'
		}
	}
	for d := range byte(10) {
		if digits[n-1] = d; luhn(digits) {
			break
		}
	}
	for i := range digits {
		digits[i] += '0'
	}
	return string(digits)
}

var spelling = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}

// genFormat writes a card number in one of the ways people and systems do.
func genFormat(t *rapid.T, card string) string {
	sep := rapid.SampledFrom([]string{" ", "-", ".", " - ", "/", "\n", "\u00a0", "\u2009", "\u2013", ", ", "  "}).Draw(t, "separator")
	split := func(size int) string {
		var parts []string
		for rest := card; rest != ""; {
			n := min(size, len(rest))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		return strings.Join(parts, sep)
	}
	each := func(f func(d byte) string, sep string) string {
		parts := make([]string, len(card))
		for i := range parts {
			parts[i] = f(card[i] - '0')
		}
		return strings.Join(parts, sep)
	}
	way := rapid.IntRange(0, 7).Draw(t, "format")
	if len(card) < 14 && way != 1 && way < 5 {
		way = 0 // grouped otherwise these are phone numbers
	}
	switch way {
	case 1:
		return split(4)
	case 2:
		return split(1)
	case 3:
		return split(rapid.SampledFrom([]int{2, 3, 5, 8}).Draw(t, "size"))
	case 4:
		return each(func(d byte) string { return spelling[d] }, " ")
	case 5:
		return each(func(d byte) string { return string(rune(0xFF10) + rune(d)) }, "")
	case 6:
		return each(func(d byte) string { return string(rune(0x660) + rune(d)) }, "")
	case 7:
		return each(func(d byte) string { return string(rune('0' + d)) }, "\u200b")
	}
	return card
}

func TestPlantedCardsAreGone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card := genCard(t)
		// The text around may hold anything but digits and words that turn a short number into a phone number.
		around := rapid.StringMatching(`([a-zA-Zäß語,.;:!?()"'-]{1,12} ){0,5}`)
		before, after := around.Draw(t, "before"), around.Draw(t, "after")
		if strings.HasSuffix(strings.TrimSpace(before), "+") {
			t.Skip()
		}
		in := before + "it: " + genFormat(t, card) + " ok " + after
		got, findings := Text(in)
		if strings.Contains(plain(got), card) || len(findings) == 0 || findings[0].Kind != CardNumber {
			t.Fatalf("Text(%q) = %q, %v", in, got, findings)
		}
		if keep := mask(values(card)); !strings.Contains(got, keep) {
			t.Fatalf("Text(%q) = %q, want %q in it", in, got, keep)
		}
		checkInvariants(t, in, got, findings)
	})
}

func TestTextWithoutDigitsIsUnchanged(t *testing.T) {
	numbers := regexp.MustCompile(`\p{Nd}`)
	rapid.Check(t, func(t *rapid.T) {
		in := numbers.ReplaceAllString(rapid.String().Draw(t, "text"), "")
		if got, findings := Text(in); got != in || findings != nil {
			t.Fatalf("Text(%q) = %q, %v", in, got, findings)
		}
	})
}

func TestNoiseKeepsInvariants(t *testing.T) {
	piece := rapid.SampledFrom([]string{"4", "1", "4242", "4111111111111111", "1227", "12/27", "123", "*", "***", "#", " ", "-", ". ", "+",
		"cvv", "pin", "security code", "one", "double", "forty", "hundred", "card", "on the back", "is", "=", "^", "a", "\u200b", "０", "378282246310005"})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(t, "glue"))
		got, findings := Text(in)
		checkInvariants(t, in, got, findings)
		got, findings = Digits(in)
		checkSpans(t, in, got, findings, Digits)
	})
}

func TestDecimalDigitsOfUnicode(t *testing.T) {
	for zero, r := rune(-1), rune(0); r <= utf8.MaxRune; r++ {
		v, ok := digitValue(r)
		switch {
		case !ok:
			zero = -1
		case v == 0:
			zero = r
		case zero < 0 || rune(v) != r-zero:
			t.Fatalf("digitValue(%U) = %d, zero at %U", r, v, zero)
		}
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// plainCard finds unbroken or conventionally grouped numbers, independently of the code under test.
var plainCard = regexp.MustCompile(`(^|[^\p{Nd}A-Za-z+*])([0-9]{14,19}|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4})($|[^\p{Nd}A-Za-z*])`)

func checkInvariants(t fataler, in, got string, findings []Finding) {
	t.Helper()
	checkSpans(t, in, got, findings, Text)
	for _, m := range plainCard.FindAllStringSubmatch(got, -1) {
		if isCard(values(plain(m[2]))) && !strings.Contains(got, "-"+m[2]) {
			t.Fatalf("Text(%q) = %q still holds %q", in, got, m[2])
		}
	}
}

func checkSpans(t fataler, in, got string, findings []Finding, redact func(string) (string, []Finding)) {
	t.Helper()
	if again, more := redact(got); again != got || len(more) != 0 {
		t.Fatalf("not stable: %q -> %q -> %q", in, got, again)
	}
	if utf8.ValidString(in) && !utf8.ValidString(got) {
		t.Fatalf("%q -> invalid UTF-8 %q", in, got)
	}
	at, kept := 0, 0
	for _, f := range findings {
		if f.Start < at || f.End <= f.Start || f.End > len(in) || f.Kind == 0 {
			t.Fatalf("bad findings %v in %q", findings, in)
		}
		// What stands between findings is kept as it is.
		text := in[at:f.Start]
		i := strings.Index(got[kept:], text)
		if i < 0 {
			t.Fatalf("%q -> %q lost %q", in, got, text)
		}
		kept += i + len(text)
		at = f.End
	}
	if !strings.HasSuffix(got, in[at:]) {
		t.Fatalf("%q -> %q lost its end %q", in, got, in[at:])
	}
}

// plain keeps the ASCII digits.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func values(card string) []byte {
	out := []byte(card)
	for i := range out {
		out[i] -= '0'
	}
	return out
}
