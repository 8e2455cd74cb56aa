package token

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

var testKey = Key{1, 2, 3}

// A token keeps to its promise of letters and digits, and its form never changes: tokens live in other systems.
func TestFormat(t *testing.T) {
	if Length > 48 {
		t.Errorf("a token has %d characters, more than promised", Length)
	}
	got := NewSigner(testKey).Token("acme", DeriveID("acme", "customer", "request-1"))
	if want := "tnyackt20j9x5tkc02b8n2f9mn2zda0hr2z8hh1wgmx7g"; got != want {
		t.Errorf("token %s, want %s as ever", got, want)
	}
	if !regexp.MustCompile(`^[a-z0-9]+$`).MatchString(got) || len(got) != Length {
		t.Errorf("token %q", got)
	}
}

func TestOpen(t *testing.T) {
	s := NewSigner(testKey)
	rapid.Check(t, func(t *rapid.T) {
		tenant := rapid.StringN(1, 20, -1).Draw(t, "tenant")
		id := DeriveID(rapid.String().Draw(t, "seed"))
		token := s.Token(tenant, id)
		if got, ok := s.Open(tenant, token); !ok || got != id {
			t.Fatalf("open: %q, %v", got, ok)
		}
		if _, ok := s.Open(tenant+"x", token); ok {
			t.Fatal("another tenant opened it")
		}
		if _, ok := NewSigner(Key{9}).Open(tenant, token); ok {
			t.Fatal("another key opened it")
		}
		at := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		other := rapid.Byte().Filter(func(b byte) bool { return b != token[at] }).Draw(t, "byte")
		if _, ok := s.Open(tenant, token[:at]+string([]byte{other})+token[at+1:]); ok {
			t.Fatalf("changed at %d to %q, it opened", at, other)
		}
		if _, ok := s.Open(tenant, token[:at]+token[at+1:]); ok {
			t.Fatalf("without character %d it opened", at)
		}
	})
}

// Every change of one character to any other is found out, the last one, with its spare bits, included.
func TestEveryCharacterCounts(t *testing.T) {
	s := NewSigner(testKey)
	token := s.Token("acme", DeriveID("x"))
	for i := range len(token) {
		for c := range len(alphabet) {
			changed := token[:i] + alphabet[c:c+1] + token[i+1:]
			if _, ok := s.Open("acme", changed); ok != (changed == token) {
				t.Errorf("character %d as %c: %v", i, alphabet[c], ok)
			}
		}
	}
}

func TestPartsDoNotRunTogether(t *testing.T) {
	if DeriveID("a", "bc") == DeriveID("ab", "c") || DeriveID("a") == DeriveID("a", "") {
		t.Error("different parts lead to one id")
	}
	if DeriveID("a", "b") != DeriveID("a", "b") {
		t.Error("the same parts lead to different ids")
	}
}

func TestNewID(t *testing.T) {
	a, err := NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewID(rand.Reader)
	if err != nil || a == b || len(a) != idLength || !Looks("t"+a+strings.Repeat("0", macLength)) {
		t.Errorf("ids %q and %q, %v", a, b, err)
	}
	if _, err := NewID(iotest.ErrReader(fmt.Errorf("dry"))); err == nil {
		t.Error("without randomness there is no id")
	}
}

func TestParseKey(t *testing.T) {
	raw := []byte(strings.Repeat("\xfb\x01", KeyBytes/2))
	for name, text := range map[string]string{
		"hex":                hex.EncodeToString(raw),
		"upper-case hex":     strings.ToUpper(hex.EncodeToString(raw)),
		"with a line's end":  hex.EncodeToString(raw) + "\r\n",
		"base64":             base64.StdEncoding.EncodeToString(raw),
		"unpadded base64":    base64.RawStdEncoding.EncodeToString(raw),
		"URL base64":         base64.URLEncoding.EncodeToString(raw),
		"unpadded URL":       base64.RawURLEncoding.EncodeToString(raw),
		"what Text has made": Key(raw).Text(),
	} {
		if k, err := ParseKey([]byte(text)); err != nil || !bytes.Equal(k[:], raw) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"empty":         "",
		"raw bytes":     string(raw),
		"31 bytes":      hex.EncodeToString(raw[1:]),
		"33 bytes":      hex.EncodeToString(append(raw, 7)),
		"two lines":     hex.EncodeToString(raw) + "\n" + hex.EncodeToString(raw),
		"a passphrase":  "correct horse battery staple",
		"all zeroes":    strings.Repeat("0", 64),
		"one character": strings.Repeat("k", 32),
	} {
		_, err := ParseKey([]byte(text))
		if err == nil {
			t.Errorf("%s was taken as a key", name)
		} else if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error quotes it: %v", name, err)
		}
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	k, err := NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{k, struct{ K Key }{k}} {
			if s := fmt.Sprintf(format, v); !strings.Contains(s, "(handoff key)") {
				t.Errorf("%s prints %s", format, s)
			}
		}
	}
}
