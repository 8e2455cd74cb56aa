package redact

// Digits masks the card data in keypad input such as "4111111111111111#" or "4111*1111*1111*1111#1227#123#". "#" ends an
// entry; "*", spaces and other separators only divide one. Keypad input is short and holds nothing but numbers, so it
// is searched harder than text: any grouping counts, and a run too long for one number is masked whole when a card
// number of 15 or more digits lies anywhere in it.
func Digits(s string) (clean string, findings []Finding) {
	if !suspicious(s) {
		return s, nil
	}
	return settle(s, keypadHits)
}

func keypadHits(s string) []hit {
	d := &doc{s: s, keypad: true}
	d.tokenise()
	d.findCards()
	d.findStripes()
	d.findCodesAfterCards()
	return d.hits
}

// typed accepts an unbroken run that is or holds a card number, and any groups that make one up.
func (d *doc) typed(i, j int) bool {
	if i == j {
		return typedCard(d.digitsOf(i, i)) != nil
	}
	digits := d.digitsOf(i, j)
	return (len(digits) >= 14 || d.printedSizes(i, j)) && isCard(digits)
}

// typedCard gives the card number in an unbroken run of keys, nil without one.
func typedCard(digits []byte) []byte {
	if number := card(digits); number != nil {
		return number
	}
	if len(digits) <= 16 {
		return nil
	}
	for i := range digits {
		for n := min(maxCard, len(digits)-i); n >= 15; n-- {
			if isCard(digits[i : i+n]) {
				return digits[i : i+n]
			}
		}
	}
	return nil
}
