package redact

import (
	"slices"
	"strings"
	"unicode"
)

// Field masks the card data in a named value: a slot, form field or attribute. The value of a field for a security code
// or PIN is masked whatever it is. In a field for a card number any 12 to 19 digits are masked, a wrong check digit or
// not: callers mistype. In a field for a phone number 12 and 13 digits are none. Any other value is treated as text, or
// as keypad input when the name says so.
func Field(name, value string) (clean string, findings []Finding) {
	switch parts := nameParts(name); {
	case value == "":
		return value, nil
	case isAboutCode(parts):
		return Text(value)
	case isCodeName(parts):
		return maskWhole(SecurityCode, value)
	case slices.Contains(parts, "pin") || has(parts, "passcode", "pincode", "pinnumber", "pinblock", "cardpin", "atmpin"):
		return maskWhole(PIN, value)
	case isCardName(parts):
		return settle(value, cardFieldHits)
	case has(parts, "phone", "telephone", "tel", "mobile", "msisdn", "ani", "dnis", "cli", "fax", "whatsapp", "phonenumber", "callerid", "e164"):
		if !suspicious(value) {
			return value, nil
		}
		return settle(value, func(s string) []hit { return textHits(s, true) })
	case has(parts, "dtmf", "keypad", "digits"):
		return Digits(value)
	}
	return Text(value)
}

func maskWhole(kind Kind, value string) (string, []Finding) {
	if value == maskedCode {
		return value, nil
	}
	return maskedCode, []Finding{{Kind: kind, Start: 0, End: len(value)}}
}

// nameParts splits a name in snake, kebab, dotted or camel case into lower-case words.
func nameParts(name string) []string {
	var parts []string
	var part []rune
	flush := func() {
		if len(part) > 0 {
			parts = append(parts, string(part))
		}
		part = part[:0]
	}
	lower := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			lower = false
			continue
		}
		if lower && unicode.IsUpper(r) {
			flush()
		}
		lower = unicode.IsLower(r) || unicode.IsDigit(r)
		part = append(part, unicode.ToLower(r))
	}
	flush()
	return parts
}

func has(parts []string, words ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(words, p) })
}

// isAboutCode tells whether the field holds a fact about a code and not the code ("pin_verified").
func isAboutCode(parts []string) bool {
	return len(parts) > 1 && slices.Contains([]string{"verified", "attempts", "tries", "count", "status", "length", "required",
		"entered", "set", "result", "present", "blocked", "ok", "valid"}, parts[len(parts)-1])
}

func isCodeName(parts []string) bool {
	all := strings.Join(parts, "")
	for _, s := range []string{"cvv", "cvc", "cvn", "cav2", "securitycode", "securitynumber", "cardcode", "cardverification",
		"verificationvalue", "cardsecurity"} {
		// "socialsecuritynumber" is another matter.
		if strings.Contains(all, s) && !strings.Contains(all, "social") {
			return true
		}
	}
	return all == "cid" || all == "csc" || all == "verificationcode" ||
		has(parts, "csc", "cid") && has(parts, "card", "code", "cc", "amex")
}

func isCardName(parts []string) bool {
	all := strings.Join(parts, "")
	for _, s := range []string{"cardnumber", "cardno", "cardnum", "creditcard", "debitcard", "bankcard", "paymentcard",
		"ccnum", "ccno", "primaryaccountnumber", "kartennummer"} {
		if strings.Contains(all, s) {
			return true
		}
	}
	return has(parts, "pan", "ccn", "cc") || all == "card"
}

// cardFieldHits masks any number with the length of a card number, then what text would have masked.
func cardFieldHits(s string) []hit {
	d := newDoc(s)
	for i := 0; i < len(d.tokens); i++ {
		j := i
		for d.open(i) && j+1 < len(d.tokens) && d.open(j+1) && d.tokens[j+1].gap == soft {
			j++
		}
		if d.open(i) {
			if digits := d.digitsOf(i, j); len(digits) >= minCard && len(digits) <= maxCard {
				d.mark(CardNumber, i, j, mask(digits))
			}
		}
		i = j
	}
	if len(d.hits) > 0 {
		return d.hits
	}
	return textHits(s, false)
}
