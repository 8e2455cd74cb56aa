package redact

// issuer is one range of card number prefixes with the lengths in use there.
type issuer struct {
	lo, hi  int // inclusive, both of the same number of digits
	digits  int // how many leading digits lo and hi have
	lengths uint32
}

// from is the set of lengths from n to 19, the longest a card number may be.
func from(n int) uint32 { return uint32(1)<<20 - uint32(1)<<n }

// only is the set of the given lengths.
func only(ns ...int) uint32 {
	var m uint32
	for _, n := range ns {
		m |= 1 << n
	}
	return m
}

// issuers lists the ranges by first digit. Overlaps are harmless: any match counts.
var issuers = [10][]issuer{
	1: {{1, 1, 1, only(15)}}, // UATP
	2: {
		{2221, 2720, 4, only(16)}, // Mastercard
		{2200, 2204, 4, from(16)}, // Mir
		{2205, 2205, 4, only(16)}, // BORICA
	},
	3: {
		{34, 34, 2, only(15)}, {37, 37, 2, only(15)}, // American Express
		{300, 305, 3, from(14)}, {3095, 3095, 4, from(14)}, // Diners Club
		{36, 36, 2, from(14)}, {38, 39, 2, from(14)},
		{3528, 3589, 4, from(16)}, // JCB
	},
	4: {{4, 4, 1, only(13, 16, 19)}}, // Visa, Elo in part, Dankort
	5: {
		{51, 55, 2, only(16)},                        // Mastercard
		{50, 50, 2, from(12)}, {56, 58, 2, from(12)}, // Maestro; Elo, RuPay 508, Verve, Dankort 5019
	},
	6: {
		// Maestro covers all of 6. Discover, UnionPay, RuPay, Elo, Hipercard, Verve and InterPayment share its lengths
		// above 15.
		{6, 6, 1, from(12)},
	},
	8: {{81, 82, 2, from(16)}},     // RuPay, UnionPay
	9: {{9792, 9792, 4, only(16)}}, // Troy
}

// issued tells whether some issuer gives out numbers with this prefix and length. digits are values 0 to 9.
func issued(digits []byte) bool {
	n := len(digits)
	if n < minCard || n > maxCard {
		return false
	}
	for _, r := range issuers[digits[0]] {
		if r.lengths>>n&1 == 0 {
			continue
		}
		p := 0
		for _, d := range digits[:r.digits] {
			p = p*10 + int(d)
		}
		if r.lo <= p && p <= r.hi {
			return true
		}
	}
	return false
}

// short tells whether the number is as short as a phone number, and of an issuer whose short numbers are hardly ever
// seen (Maestro).
func short(digits []byte) (phoneLike, rare bool) {
	phoneLike = len(digits) <= 13
	return phoneLike, phoneLike && digits[0] != 4
}

// luhn is the check digit test of ISO/IEC 7812. digits are values 0 to 9.
func luhn(digits []byte) bool {
	sum := 0
	for i, double := len(digits)-1, false; i >= 0; i, double = i-1, !double {
		d := int(digits[i])
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// isCard is the test that every card number must pass.
func isCard(digits []byte) bool { return issued(digits) && luhn(digits) }
