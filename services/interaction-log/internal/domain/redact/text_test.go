package redact

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "my card is 4111111111111111 ok", "my card is 411111******1111 ok"},
		{"fours", "4111 1111 1111 1111", "411111******1111"},
		{"dashes", "4111-1111-1111-1111.", "411111******1111."},
		{"dots and lines", "4111.1111\n1111\r\n1111", "411111******1111"},
		{"speech commas", "It's 4111, 1111, 1111, 1111.", "It's 411111******1111."},
		{"key by key", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "411111******1111"},
		{"pairs", "41 11 11 11 11 11 11 11", "411111******1111"},
		{"irregular", "card 41 111 11111 111111 thanks", "card 411111******1111 thanks"},
		{"amex", "3782 822463 10005", "378282*****0005"},
		{"diners", "3056 930902 5904", "305693****5904"},
		{"visa 13", "4222222222222", "*********2222"},
		{"maestro 12 with card", "maestro card 5018 0000 0009", "maestro card ********0009"},
		{"full width", "４１１１１１１１１１１１１１１１", "411111******1111"},
		{"arabic-indic", "٤١١١ ١١١١ ١١١١ ١١١١", "411111******1111"},
		{"zero width", "4111\u200b1111\u200d1111\ufeff1111", "411111******1111"},
		{"stars before", "***4111111111111111", "***411111******1111"},
		{"stars after", "4111111111111111***", "411111******1111***"},
		{"hidden digit before", "4\u200b4111111111111111", "4\u200b411111******1111"},
		{"code with zero width", "cvv 1\u200b2\u200b3", "cvv ***"},
		{"keycaps", "4\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e3111111111111", "411111******1111"},
		{"no-break spaces", "4111\u00a01111\u202f1111\u20091111", "411111******1111"},
		{"leading zeros", "00004111111111111111", "411111******1111"},
		{"expiry joined", "41111111111111111227123", "411111******1111"},
		{"letters", "ORD4111111111111111", "ORD411111******1111"},
		{"between others", "2026 4111 1111 1111 1111 17", "2026 411111******1111 17"},
		{"two", "4111111111111111,5555555555554444", "411111******1111,555555******4444"},
		{"repeated tail", "4242424242424242 4242 4242 4242", "424242******4242 4242 4242 4242"},
		{"spoken", "it's four one one one one one one one one one one one one one one one", "it's 411111******1111"},
		{"spoken doubles", "Four triple one, double one double one, uh, double one double one double one double one.", "411111******1111."},
		{"spoken double", "four triple one double one double one double one double one double one double one", "411111******1111"},
		{"spoken tens", "forty-one eleven eleven eleven eleven eleven eleven eleven", "411111******1111"},
		{"spoken oh", "six oh one one oh oh oh oh oh oh oh oh oh oh oh four", "601100******0004"},
		{"mixed", "4111 one one one one 1111 1111", "411111******1111"},
		{"stripe 2", ";4111111111111111=27121010000012300000?", ";411111******1111=***?"},
		{"stripe 1", "%B4111111111111111^DOE/JOHN^2712101000000?", "%B411111******1111^DOE/JOHN^***?"},

		{"code", "cvv: 123", "cvv: ***"},
		{"code no colon", "CVV2 1234", "CVV2 ***"},
		{"code joined", "cvc123", "cvc***"},
		{"code digit by digit", "my security code is 1 2 3", "my security code is ***"},
		{"code spoken", "my security code is one two three", "my security code is ***"},
		{"code twenty", "the security code is one twenty-three thanks", "the security code is *** thanks"},
		{"on the back", "the three digits on the back are 123", "the three digits on the back are ***"},
		{"on the back of", "the 3 digit code on the back of my card, it's 987", "the 3 digit code on the back of my card, it's ***"},
		{"before", "123 is my cvv", "*** is my cvv"},
		{"corrected", "cvv 123, sorry, 124", "cvv ***, sorry, ***"},
		{"not the amount", "cvv 123 for 450 dollars", "cvv *** for 450 dollars"},
		{"card verification", "the verification code of the card is 4321", "the verification code of the card is ***"},
		{"after expiry", "4111 1111 1111 1111 12/27 123", "411111******1111 12/27 ***"},
		{"after expiry words", "4111111111111111 expires 12/2027 and then 123 ok", "411111******1111 expires 12/2027 and then *** ok"},
		{"after expiry joined", "4111111111111111 1227 123", "411111******1111 1227 ***"},
		{"at once", "4111 1111 1111 1111 999", "411111******1111 ***"},
		{"after a mask", "411111******1111 12/27 123", "411111******1111 12/27 ***"},
		{"expiry before code", "expiry and cvv 12/27 123", "expiry and cvv 12/27 ***"},
		{"cvv with card between", "cvv for 4111111111111111 is 123", "cvv for 411111******1111 is ***"},
		{"pin", "my PIN is 4821", "my PIN is ***"},
		{"pin spoken", "pin number four eight two one", "pin number ***"},
		{"pin before", "4821 is my pin", "*** is my pin"},
		{"passcode", "passcode: 12345678", "passcode: ***"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, findings := Text(c.in)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Text(%q) -want +got:\n%s", c.in, diff)
			}
			if (got != c.in) != (len(findings) > 0) {
				t.Errorf("findings %v do not fit the change", findings)
			}
		})
	}
}

func TestTextLeavesAlone(t *testing.T) {
	for name, in := range map[string]string{
		"bad check digit":     "4111111111111112",
		"order number":        "order 9876543210987654",
		"uuid":                "41111111-1111-1111-1111-111111111111",
		"uuid mixed":          "id 714682ad-4111-1111-1111-111111111111.",
		"trace id":            "4111111111111111abcdef0123456789",
		"iban":                "DE89 3704 0044 0532 0130 00",
		"iban joined":         "GB82WEST12345698765432",
		"timestamp":           "2026-11-22T02:36:15.123456Z",
		"phone":               "+4915112345678",
		"phone in groups":     "+49 151 1234 5674",
		"phones":              "555-123-4567 415-555-1212",
		"inside a longer run": "94111111111111111",
		"account":             "84318931431",
		"long run":            "4111111111111111999999999",
		"masked":              "411111******1111 and ***",
		"social security":     "social security number 123",
		"amount with cvv":     "cvv *** and 450",
		"code is money":       "the security code costs $123",
		"otp":                 "your verification code is 123456",
		"pin without digits":  "pin it on the map",
		"back":                "I will be back 100 percent",
		"years":               "2014 2015 2016 2017",
		"empty":               "",
		"words":               "one for all, two at most, and no one else",
		"invalid bytes":       "4111\xff1111\xff1111\xff1111",
	} {
		t.Run(name, func(t *testing.T) {
			got, findings := Text(in)
			if got != in || len(findings) != 0 {
				t.Errorf("Text(%q) = %q, %v; want it unchanged", in, got, findings)
			}
		})
	}
}

func TestFindings(t *testing.T) {
	in := "card 4111 1111 1111 1111, cvv 123, pin 4821"
	_, got := Text(in)
	want := []Finding{{CardNumber, 5, 24}, {SecurityCode, 30, 33}, {PIN, 39, 43}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
