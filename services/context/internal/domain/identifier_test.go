package domain

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestNormalise(t *testing.T) {
	for _, tt := range []struct {
		typ           IdentifierType
		value, region string
		want          string // the reason of a fault when it begins with "!"
	}{
		{IdentifierPhone, "+1 (202) 555-0123", "", "+12025550123"},
		{IdentifierPhone, "202-555-0123", "US", "+12025550123"},
		{IdentifierPhone, "(0)20 7946 0018", "GB", "+442079460018"},
		{IdentifierPhone, "00 44 20 7946 0018", "DE", "+442079460018"},
		{IdentifierPhone, "tel:+12025550123", "", "+12025550123"},
		{IdentifierPhone, "TEL:+1-202-555-0123;ext=5", "", "+12025550123"},
		{IdentifierPhone, "sip:+12025550123@gw.example.org;user=phone", "", "+12025550123"},
		{IdentifierPhone, `"Ada" <sip:+12025550123@gw.example.org>;tag=7`, "", "+12025550123"},
		{IdentifierPhone, "sip:2025550123@gw.example.org", "US", "+12025550123"},
		{IdentifierPhone, "sips:%2B12025550123@gw.example.org", "", "+12025550123"},
		{IdentifierPhone, "\u202a+12025550123\u202c", "", "+12025550123"},
		{IdentifierPhone, "+１２０２５５５０１２３", "", "+12025550123"},
		{IdentifierPhone, "202-555-0123", "", "!" + ReasonRegionRequired},
		{IdentifierPhone, "sip:2025550123@gw", "", "!" + ReasonRegionRequired},
		{IdentifierPhone, "202-555-0123", "XX", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "12", "US", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "+1", "", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "+999 1234567", "", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "anonymous", "US", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "Anonymous", "", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "sip:anonymous@anonymous.invalid", "", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "Restricted", "US", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "+266696687", "", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "266696687", "US", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "266 696 687", "PT", "+351266696687"},
		{IdentifierPhone, "7378742833", "US", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "+17378742833", "", "+17378742833"},
		{IdentifierPhone, "+86 282452253", "", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "0000000000", "US", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "sip:ada@example.org", "US", "!" + ReasonInvalidIdentifier},
		{IdentifierPhone, "1-800-FLOWERS", "US", "!" + ReasonInvalidIdentifier},

		{IdentifierEmail, " Ada.L+x@Example.ORG ", "", "ada.l+x@example.org"},
		{IdentifierEmail, "mailto:ada@example.org?subject=hi", "", "ada@example.org"},
		{IdentifierEmail, "ada@Bücher.example", "", "ada@xn--bcher-kva.example"},
		{IdentifierEmail, "ada@example.org.", "", "ada@example.org"},
		{IdentifierEmail, "ada", "", "!" + ReasonInvalidIdentifier},
		{IdentifierEmail, "ada@", "", "!" + ReasonInvalidIdentifier},
		{IdentifierEmail, "ada@localhost", "", "!" + ReasonInvalidIdentifier},
		{IdentifierEmail, "a@b@c.example", "", "!" + ReasonInvalidIdentifier},
		{IdentifierEmail, "Ada <ada@example.org>", "", "!" + ReasonInvalidIdentifier},
		{IdentifierEmail, ".ada@example.org", "", "!" + ReasonInvalidIdentifier},
		{IdentifierEmail, "ada@exa mple.org", "", "!" + ReasonInvalidIdentifier},
		{IdentifierEmail, strings.Repeat("a", 65) + "@example.org", "", "!" + ReasonInvalidIdentifier},

		{IdentifierCRMID, " AbC-1 ", "", "AbC-1"},
		{IdentifierAccount, "e\u0301-1", "", "é-1"},
		{IdentifierDevice, "d\x00x", "", "!" + ReasonInvalidIdentifier},
		{IdentifierWebVisitor, "\t\n", "", "!" + ReasonInvalidIdentifier},
		{IdentifierCRMID, "a\xffb", "", "!" + ReasonInvalidIdentifier},
		{IdentifierCRMID, strings.Repeat("a", 257), "", "!" + ReasonInvalidIdentifier},
		{IdentifierSocial, "Instagram: @Ada.L", "", "instagram:ada.l"},
		{IdentifierSocial, "whatsapp:+12025550123", "", "whatsapp:+12025550123"},
		{IdentifierSocial, "ada", "", "!" + ReasonInvalidIdentifier},
		{IdentifierSocial, "x:@", "", "!" + ReasonInvalidIdentifier},
		{IdentifierPlatformContact, "genesys:AbC", "", "genesys:AbC"},
		{IdentifierPlatformContact, "genesys", "", "!" + ReasonInvalidIdentifier},
		{IdentifierUnspecified, "x", "", "!" + ReasonInvalidIdentifier},
		{99, "x", "", "!" + ReasonInvalidIdentifier},
	} {
		got, err := Identifier{tt.typ, tt.value}.Normalise(tt.region)
		if reason, wantErr := strings.CutPrefix(tt.want, "!"); wantErr {
			if fault.ReasonOf(err) != reason || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v %q: got %v, %v, want %s", tt.typ, tt.value, got, err, reason)
			} else if len(tt.value) > 3 && strings.Contains(err.Error(), tt.value) {
				t.Errorf("%v: the fault repeats the value: %v", tt.typ, err)
			}
			continue
		}
		if err != nil || got != (Identifier{tt.typ, tt.want}) {
			t.Errorf("%v %q: got %v, %v, want %q", tt.typ, tt.value, got, err, tt.want)
		}
	}
}

// checkNormal checks what holds for every value that is accepted.
func checkNormal(t rapid.TB, id Identifier, region string) {
	got, err := id.Normalise(region)
	if err != nil {
		if r := fault.ReasonOf(err); r != ReasonInvalidIdentifier && (r != ReasonRegionRequired || region != "" || id.Type != IdentifierPhone) {
			t.Fatalf("%v %q in %q: %v", id.Type, id.Value, region, err)
		}
		return
	}
	if got.Value == "" || len(got.Value) > MaxIdentifierBytes || !utf8.ValidString(got.Value) || got.Type != id.Type {
		t.Fatalf("%v %q in %q: %q", id.Type, id.Value, region, got.Value)
	}
	for _, r := range []string{"", region} {
		if again, err := got.Normalise(r); err != nil || again != got {
			t.Fatalf("%v %q in %q: %q, and then %q, %v", id.Type, id.Value, region, got.Value, again.Value, err)
		}
	}
	if id.Type == IdentifierPhone && (!strings.HasPrefix(got.Value, "+") || !allDigits(got.Value[1:])) {
		t.Fatalf("%q is not E.164", got.Value)
	}
}

func TestNormaliseTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := Identifier{
			Type: IdentifierType(rapid.IntRange(1, int(IdentifierPlatformContact)).Draw(t, "type")),
			Value: rapid.OneOf(
				rapid.String(), rapid.StringMatching(`[+0-9 ()-]{5,18}`), rapid.StringMatching(`(sip|tel):[+0-9]{5,15}(@[a-z.]{1,9})?`),
				rapid.StringMatching(`[A-Za-z.]{1,9}@[A-Za-zäß.-]{1,20}`), rapid.StringMatching(`[A-Z]{1,5}: ?@?[A-Za-zſİ]{1,9}`),
			).Draw(t, "value"),
		}
		checkNormal(t, id, rapid.SampledFrom([]string{"", "US", "GB", "DE", "IT", "AR", "XX"}).Draw(t, "region"))
	})
}

func FuzzNormalise(f *testing.F) {
	for _, v := range []string{"+12025550123", "sip:+1202@x", "ada@Bücher.example", "Instagram: @Ada", "genesys:1", " x ", "00442079460018"} {
		f.Add(int32(1), v, "US")
		f.Add(int32(2), v, "")
		f.Add(int32(7), v, "DE")
	}
	f.Fuzz(func(t *testing.T, typ int32, value, region string) {
		if len(region) > 2 {
			region = ""
		}
		checkNormal(t, Identifier{Type: IdentifierType(typ), Value: value}, region)
	})
}

func TestNewCustomerID(t *testing.T) {
	got, err := NewCustomerID(bytes.NewReader(make([]byte, 16)))
	if want := strings.Repeat("0", 26); err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := NewCustomerID(iotest.ErrReader(errors.New("dry"))); err == nil {
		t.Error("an id without randomness")
	}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "random")
		id, err := NewCustomerID(bytes.NewReader(b))
		if err != nil || len(id) != 26 || strings.ContainsFunc(id, notInEventID) || strings.HasPrefix(id, "_") {
			t.Fatalf("%q, %v", id, err)
		}
	})
}

func TestContactInteractionID(t *testing.T) {
	for _, tt := range []struct{ platform, contact, want string }{
		{"genesys", "abc-1", "genesys:abc-1"},
		{"sip", "a84b4c76e66710@pc33.example.com", "sip:a84b4c76e66710@pc33.example.com"},
	} {
		if got := ContactInteractionID(tt.platform, tt.contact); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	for _, contact := range []string{"with space", strings.Repeat("x", 190), "ä"} {
		got := ContactInteractionID(strings.Repeat("p", 64), contact)
		if len(got) > 128 || strings.ContainsFunc(got, notInEventID) || got != ContactInteractionID(strings.Repeat("p", 64), contact) {
			t.Errorf("got %q", got)
		}
	}
	if ContactInteractionID("p", "a b") == ContactInteractionID("p", "a c") {
		t.Error("two contacts are one interaction")
	}
}
