package server

import "testing"

func TestHoldsCardNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"4111111111111111":                     true,
		"4111 1111 1111 1111":                  true,
		"card 4111-1111-1111-1111!":            true,
		"ORD4111111111111111":                  true,
		"378282246310005":                      true,
		"4111111111111112":                     false, // wrong check digit
		"9111111111111116":                     false, // no card scheme
		"411111111111":                         false,
		"":                                     false,
		"call-1":                               false,
		"550e8400-e29b-41d4-a716-446655440000": false,
		"1700000000.123":                       false,
		"a4222222222222":                       false, // 13 digits among letters
		"41111111111111111111111111":           false, // too long
	} {
		if got := holdsCardNumber(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzHoldsCardNumber(f *testing.F) {
	f.Add("4111 1111-1111 1111")
	f.Add("ä4\x00 - -")
	f.Fuzz(func(_ *testing.T, text string) { holdsCardNumber(text) })
}
