package aip_test

import (
	"bytes"
	"testing"

	"github.com/throughline-cx/throughline/services/internal/aip"
)

func TestResume(t *testing.T) {
	body := bytes.Repeat([]byte{0, 7, 255}, 40)
	token := aip.EncodeResume(body, "acme", "c1", "view")
	if len(token) > aip.MaxResume {
		t.Errorf("%d characters", len(token))
	}
	if got, ok := aip.DecodeResume(token, "acme", "c1", "view"); !ok || !bytes.Equal(got, body) {
		t.Errorf("got %v, %v", got, ok)
	}
	for name, binding := range map[string][]string{
		"another tenant": {"other", "c1", "view"}, "another customer": {"acme", "c2", "view"}, "shifted": {"acme", "c1vi", "ew"},
	} {
		if _, ok := aip.DecodeResume(token, binding...); ok {
			t.Errorf("%s can read it", name)
		}
	}
	for i := range token {
		mutant := []byte(token)
		mutant[i] ^= 1
		if _, ok := aip.DecodeResume(string(mutant), "acme", "c1", "view"); ok {
			t.Errorf("a token with character %d changed is read", i)
		}
	}
	if _, ok := aip.DecodeResume(token[:len(token)-1], "acme", "c1", "view"); ok {
		t.Error("a token cut off is read")
	}
}
