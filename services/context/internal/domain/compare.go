package domain

import (
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// canonical returns the form in which values of a type are compared: two values are the same when their canonical
// forms are. What cannot be read as its type is compared as text.
func canonical(t SlotType, value string) string {
	text := FoldText(value)
	switch t {
	case SlotTypeNumber, SlotTypeInteger:
		if n, ok := decimal(text); ok {
			return n
		}
	case SlotTypeBoolean:
		if yes, ok := boolean(text); ok {
			if yes {
				return "yes"
			}
			return "no"
		}
	case SlotTypePhone:
		if n, ok := phoneValue(value); ok {
			return n
		}
	case SlotTypeEmail:
		if local, host, ok := mailParts(strings.TrimSpace(value)); ok {
			return local + "@" + host
		}
	case SlotTypeMoney:
		if currency, amount, ok := money(strings.TrimSpace(value)); ok {
			return currency + " " + amount
		}
	case SlotTypeTime:
		if clock, ok := timeOfDay(text); ok {
			return clock
		}
	case SlotTypeID:
		if id := lettersAndDigits(text); id != "" {
			return id
		}
	case SlotTypePersonName, SlotTypeAddress, SlotTypePlace:
		if words := onlyWords(text); words != "" {
			return words
		}
	case SlotTypeUnspecified, SlotTypeText, SlotTypeDate, SlotTypeDateTime, SlotTypeEnum:
	}
	return text
}

// sameValue reports whether two canonical forms mean the same. A telephone number without country code is the same as
// one with it that ends alike.
func sameValue(t SlotType, a, b string) bool {
	if a == b || t != SlotTypePhone {
		return a == b
	}
	if strings.HasPrefix(b, "+") {
		a, b = b, a
	}
	national := strings.TrimLeft(b, "0")
	return strings.HasPrefix(a, "+") && !strings.HasPrefix(b, "+") && len(national) >= 7 && strings.HasSuffix(a, national)
}

// decimal reads a decimal number and returns its shortest form.
func decimal(s string) (string, bool) {
	negative := strings.HasPrefix(s, "-")
	whole, fraction, dotted := strings.Cut(strings.TrimLeft(s, "+-"), ".")
	if len(s)-len(strings.TrimLeft(s, "+-")) > 1 || whole == "" || dotted && fraction == "" ||
		!allDigits(whole) || !allDigits(fraction) {
		return "", false
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	if negative && whole != "0" {
		whole = "-" + whole
	}
	return whole, true
}

func allDigits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// boolean reads yes or no.
func boolean(s string) (yes, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "y", "1", "t":
		return true, true
	case "false", "no", "n", "0", "f":
		return false, true
	}
	return false, false
}

// phoneValue returns a telephone number in E.164 when it has a country code, and its digits when it has none: facts
// come without a region.
func phoneValue(value string) (string, bool) {
	number := bareNumber(trimmed(value))
	if isWithheld(number) || strings.ContainsFunc(number, unicode.IsLetter) {
		return "", false
	}
	if parsed, err := phonenumbers.Parse(number, ""); err == nil && phonenumbers.IsPossibleNumber(parsed) {
		return phonenumbers.Format(parsed, phonenumbers.E164), true
	}
	digits := lettersAndDigits(number)
	if len(digits) < 3 || len(digits) > 15 || strings.HasPrefix(number, "+") || !allDigits(digits) ||
		strings.ContainsFunc(number, func(r rune) bool { return !unicode.IsDigit(r) && !strings.ContainsRune(" .-/()", r) }) {
		return "", false
	}
	return digits, true
}

// currencySymbols are the symbols that people put before or after an amount.
var currencySymbols = map[string]string{"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR"}

// money reads an amount with or without a currency: "EUR 12.50", "12.50 eur", "$1,200".
func money(value string) (currency, amount string, ok bool) {
	isAmount := func(r rune) bool { return '0' <= r && r <= '9' || strings.ContainsRune(".,+-'", r) }
	first, last := strings.IndexFunc(value, isAmount), strings.LastIndexFunc(value, isAmount)
	if first < 0 {
		return "", "", false
	}
	before, after := strings.TrimSpace(value[:first]), strings.TrimSpace(value[last+1:])
	if before != "" && after != "" {
		return "", "", false
	}
	currency = before + after
	switch code := currencySymbols[currency]; {
	case code != "":
		currency = code
	case currency != "":
		currency = strings.ToUpper(currency)
		if len(currency) != 3 || strings.ContainsFunc(currency, func(r rune) bool { return r < 'A' || r > 'Z' }) {
			return "", "", false
		}
	}
	amount, ok = decimal(withoutThousands(value[first : last+1]))
	return currency, amount, ok
}

// withoutThousands drops separators of thousands, when every group after the first has three digits.
func withoutThousands(s string) string {
	for _, sep := range []string{",", "'"} {
		whole, fraction, dotted := strings.Cut(s, ".")
		groups := strings.Split(whole, sep)
		grouped := len(groups) > 1 && groups[0] != ""
		for _, g := range groups[1:] {
			grouped = grouped && len(g) == 3
		}
		if grouped {
			s = strings.Join(groups, "")
			if dotted {
				s += "." + fraction
			}
		}
	}
	return s
}

// timeOfDay reads the usual ways to write a time of day, in lower case, and returns it as HH:MM.
func timeOfDay(s string) (string, bool) {
	s = strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), " ", "")
	for _, layout := range []string{"15:04", "15:04:05", "3:04pm", "3pm"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("15:04"), true
		}
	}
	return "", false
}

// lettersAndDigits drops everything else.
func lettersAndDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) {
			return r
		}
		return -1
	}, s)
}

// onlyWords returns the words of s without punctuation: "12, Main St." is "12 main st".
func onlyWords(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	}), " ")
}
