package redact

// role is what a word can mean for the detectors; a word may have several.
type role uint16

const (
	unitWord   role = 1 << iota // zero to nine
	teenWord                    // ten to nineteen
	tensWord                    // twenty to ninety: takes a unit
	zerosWord                   // hundred, thousand: adds zeros
	repeatWord                  // double, triple
	fillerWord                  // said between the groups of a number
	codeWord                    // a name of the card security code
	pinWord
	codeHead  // security, verification: with a codeTail it names the code
	codeTail  // code, number, digits, value
	cardWord  // says that a card is the topic
	phoneWord // says that a phone number follows
	fixWord   // announces a correction
	linkWord  // may stand between a code and its name after it: "123 is my cvv"
	backWord  // back, reverse: where the code is printed
)

// word is an entry of the vocabulary. digits is the value of a number word; for repeatWord its length is the count.
type word struct {
	role   role
	digits string
}

const maxWord = 24 // longer words are in no list

var vocabulary = map[string]word{
	"zero": {unitWord, "\x00"}, "oh": {unitWord, "\x00"}, "o": {unitWord, "\x00"}, "nought": {unitWord, "\x00"},
	"one": {unitWord, "\x01"}, "two": {unitWord, "\x02"}, "three": {unitWord, "\x03"}, "four": {unitWord, "\x04"},
	"five": {unitWord, "\x05"}, "six": {unitWord, "\x06"}, "seven": {unitWord, "\x07"}, "eight": {unitWord, "\x08"},
	"nine": {unitWord, "\x09"}, "niner": {unitWord, "\x09"},
	"ten": {teenWord, "\x01\x00"}, "eleven": {teenWord, "\x01\x01"}, "twelve": {teenWord, "\x01\x02"},
	"thirteen": {teenWord, "\x01\x03"}, "fourteen": {teenWord, "\x01\x04"}, "fifteen": {teenWord, "\x01\x05"},
	"sixteen": {teenWord, "\x01\x06"}, "seventeen": {teenWord, "\x01\x07"}, "eighteen": {teenWord, "\x01\x08"},
	"nineteen": {teenWord, "\x01\x09"},
	"twenty":   {tensWord, "\x02\x00"}, "thirty": {tensWord, "\x03\x00"}, "forty": {tensWord, "\x04\x00"},
	"fourty": {tensWord, "\x04\x00"}, //nolint:misspell // transcripts spell it so
	"fifty":  {tensWord, "\x05\x00"}, "sixty": {tensWord, "\x06\x00"},
	"seventy": {tensWord, "\x07\x00"}, "eighty": {tensWord, "\x08\x00"}, "ninety": {tensWord, "\x09\x00"},
	"hundred": {zerosWord, "\x00\x00"}, "thousand": {zerosWord, "\x00\x00\x00"},
	"double": {repeatWord, "xx"}, "triple": {repeatWord, "xxx"}, "treble": {repeatWord, "xxx"}, "quadruple": {repeatWord, "xxxx"},

	"um": {role: fillerWord}, "uh": {role: fillerWord}, "uhm": {role: fillerWord}, "er": {role: fillerWord}, "erm": {role: fillerWord},
	"dash": {role: fillerWord}, "hyphen": {role: fillerWord}, "space": {role: fillerWord}, "dot": {role: fillerWord},
	"slash": {role: fillerWord}, "comma": {role: fillerWord},

	"cvv": {role: codeWord | cardWord}, "cvc": {role: codeWord | cardWord}, "cvn": {role: codeWord}, "csc": {role: codeWord},
	"cid": {role: codeWord}, "cav": {role: codeWord}, "cvd": {role: codeWord}, "cvx": {role: codeWord},
	"securitycode": {role: codeWord}, "sicherheitscode": {role: codeWord}, "prüfnummer": {role: codeWord},
	"prüfziffer": {role: codeWord}, "kartenprüfnummer": {role: codeWord}, "kartenprüfziffer": {role: codeWord},
	"cryptogramme": {role: codeWord},
	"pin":          {role: pinWord}, "pincode": {role: pinWord}, "passcode": {role: pinWord}, "geheimzahl": {role: pinWord},
	"security": {role: codeHead}, "verification": {role: codeHead}, "validation": {role: codeHead}, "seguridad": {role: codeHead},
	"code": {role: codeTail}, "codes": {role: codeTail}, "number": {role: codeTail}, "numbers": {role: codeTail},
	"digits": {role: codeTail}, "digit": {role: codeTail}, "value": {role: codeTail}, "código": {role: codeTail},
	"back": {role: backWord}, "reverse": {role: backWord}, "rear": {role: backWord},

	"card": {role: cardWord | linkWord}, "cards": {role: cardWord}, "pan": {role: cardWord}, "maestro": {role: cardWord},
	"visa": {role: cardWord}, "mastercard": {role: cardWord}, "amex": {role: cardWord}, "debit": {role: cardWord},
	"credit": {role: cardWord}, "karte": {role: cardWord}, "kreditkarte": {role: cardWord}, "tarjeta": {role: cardWord},
	"carte": {role: cardWord}, "cardnumber": {role: cardWord},
	"phone": {role: phoneWord}, "telephone": {role: phoneWord}, "tel": {role: phoneWord}, "mobile": {role: phoneWord},
	"cell": {role: phoneWord}, "call": {role: phoneWord}, "fax": {role: phoneWord}, "whatsapp": {role: phoneWord},
	"msisdn": {role: phoneWord}, "handy": {role: phoneWord}, "telefon": {role: phoneWord},

	"sorry": {role: fixWord}, "no": {role: fixWord}, "mean": {role: fixWord}, "actually": {role: fixWord},
	"rather": {role: fixWord}, "wait": {role: fixWord}, "correction": {role: fixWord},
	"is": {role: linkWord}, "are": {role: linkWord}, "as": {role: linkWord}, "was": {role: linkWord}, "for": {role: linkWord},
	"my": {role: linkWord}, "the": {role: linkWord}, "your": {role: linkWord}, "a": {role: linkWord}, "s": {role: linkWord},
}

// lookUp finds a word whatever its case. Only ASCII is folded: no other letter of the list has two cases in use.
func lookUp(s string) word {
	if len(s) > maxWord {
		return word{}
	}
	var buf [maxWord]byte
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	return vocabulary[string(buf[:len(s)])]
}

// numberWordWeight tells how many digits the number word at the start of s can stand for, 0 without one. It must be
// cheap and may be too high, never too low.
func numberWordWeight(s string) int {
	if len(s) < 3 {
		if len(s) > 0 && s[0]|0x20 == 'o' {
			return 1
		}
		return 0
	}
	switch a, b, c := s[0]|0x20, s[1]|0x20, s[2]|0x20; a {
	case 'z':
		return weigh(b == 'e' && c == 'r', 1)
	case 'o':
		// "oh", "o", "one", but not "of" or "on".
		return weigh(b == 'h' && byteProps[s[2]]&isBreak != 0 || b == 'n' && c == 'e' || byteProps[s[1]]&isBreak != 0, 1)
	case 't':
		switch b {
		case 'w':
			return weigh(c == 'o' || c == 'e', 2)
		case 'h':
			return weigh(c == 'r' || c == 'i' && len(s) > 3 && s[3]|0x20 == 'r' || c == 'o' && len(s) > 3 && s[3]|0x20 == 'u', 3)
		case 'e':
			return weigh(c == 'n', 2)
		case 'r':
			return weigh(c == 'i' || c == 'e', 3)
		}
	case 'f':
		return weigh(b == 'o' && c == 'u' || b == 'i' && (c == 'v' || c == 'f') || b == 'o' && c == 'r' && len(s) > 3 && s[3]|0x20 == 't', 2)
	case 's':
		return weigh(b == 'i' && c == 'x' || b == 'e' && c == 'v', 2)
	case 'e':
		return weigh(b == 'i' && c == 'g' || b == 'l' && c == 'e', 2)
	case 'n':
		return weigh(b == 'i' && c == 'n' || b == 'o' && c == 'u', 2)
	case 'd':
		return weigh(b == 'o' && c == 'u', 2)
	case 'q':
		return weigh(b == 'u' && c == 'a', 3)
	case 'h':
		return weigh(b == 'u' && c == 'n', 2)
	}
	return 0
}

func weigh(is bool, digits int) int {
	if is {
		return digits
	}
	return 0
}
