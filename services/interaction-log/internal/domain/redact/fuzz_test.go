package redact

import "testing"

func FuzzText(f *testing.F) {
	for _, s := range []string{"4111 1111 1111 1111 12/27 123", "cvv: 123", "my pin is one two three four", "００４１１１",
		"DE89 3704 0044 0532 0130 00", "4242424242424242 4242 4242 4242", ";4111111111111111=27121010000012300000?",
		"41111111-1111-1111-1111-111111111111", "forty-one eleven double one", "4\u200b1\xff1*** 411111******1111"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, findings := Text(in)
		checkInvariants(t, in, got, findings)
	})
}

func FuzzDigits(f *testing.F) {
	f.Add("4111*1111*1111*1111#1227#123#")
	f.Add("14111111111111111122712")
	f.Fuzz(func(t *testing.T, in string) {
		got, findings := Digits(in)
		checkSpans(t, in, got, findings, Digits)
	})
}

func FuzzField(f *testing.F) {
	f.Add("card_number", "4111 1111 1111 1112")
	f.Add("cvv", "12")
	f.Add("phone", "4915112345678")
	f.Fuzz(func(t *testing.T, name, in string) {
		got, findings := Field(name, in)
		checkSpans(t, in, got, findings, func(s string) (string, []Finding) { return Field(name, s) })
	})
}
