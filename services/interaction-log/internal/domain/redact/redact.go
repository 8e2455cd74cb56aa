package redact

import "strings"

// Kind says what was found.
type Kind uint8

// The kinds of card data.
const (
	// CardNumber is a primary account number (PAN).
	CardNumber Kind = iota + 1
	// SecurityCode is a card verification code (CVV, CVC, CID, ...), or the magnetic stripe data that holds one.
	SecurityCode
	// PIN is a personal identification number or passcode.
	PIN
)

// String names the kind as events and metrics show it.
func (k Kind) String() string {
	switch k {
	case CardNumber:
		return "CARD_NUMBER"
	case SecurityCode:
		return "SECURITY_CODE"
	case PIN:
		return "PIN"
	}
	return "UNKNOWN"
}

// Finding is one piece of card data. It holds no part of the data itself, so it may be logged.
type Finding struct {
	Kind Kind
	// Start and End are byte offsets in the input: input[Start:End] was replaced.
	Start, End int
}

// The shortest and longest card numbers.
const (
	minCard = 12
	maxCard = 19
)

// Text masks the card data in free text: utterances, notes, transcripts. Without any it returns s itself and no
// findings, and for text with few digits it costs one pass over the bytes and no allocation.
func Text(s string) (clean string, findings []Finding) {
	if !suspicious(s) {
		return s, nil
	}
	return settle(s, func(s string) []hit { return textHits(s, false) })
}

// textHits finds the card data in free text. phone says that the text is known to be a phone number.
func textHits(s string, phone bool) []hit {
	d := newDoc(s)
	d.phone = phone
	d.findCards()
	d.findStripes()
	d.findCodesAfterCards()
	d.findKeywordCodes()
	return d.hits
}

// mask gives the replacement of a card number. Numbers of 12 and 13 digits would show too much with ten digits left,
// so these keep the last four only.
func mask(digits []byte) string {
	n := len(digits)
	keep := 6
	if n < 14 {
		keep = 0
	}
	var b strings.Builder
	for i, d := range digits {
		if i < keep || i >= n-4 {
			b.WriteByte('0' + d)
		} else {
			b.WriteByte('*')
		}
	}
	return b.String()
}

// maskedCode replaces security codes and PINs; it does not tell their length.
const maskedCode = "***"
