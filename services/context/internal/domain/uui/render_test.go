package uui

import (
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

var (
	aToken  = token.NewSigner(token.Key{1, 2, 3}).Token("acme", token.DeriveID("a"))
	bToken  = token.NewSigner(token.Key{1, 2, 3}).Token("acme", token.DeriveID("b"))
	hexOfA  = hex.EncodeToString([]byte(aToken))
	hexOfB  = hex.EncodeToString([]byte(bToken))
	asQuery = "User-to-User=" + hexOfA + "%3Bencoding%3Dhex"
)

func TestRender(t *testing.T) {
	got, err := Render(aToken, "sip:agent@example.com", "https://shop.example/help?lang=de#chat")
	if err != nil {
		t.Fatal(err)
	}
	want := Renderings{
		UserToUser: hexOfA + ";encoding=hex",
		ReferTo:    "<sip:agent@example.com?" + asQuery + ">",
		Header:     aToken,
		URL:        "https://shop.example/help?lang=de&handoff=" + aToken + "#chat",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(got.UserToUser); n > 128 {
		t.Errorf("the User-to-User value has %d octets: too many for ISDN", n)
	}
	if len(hexOfA) > 96 {
		t.Errorf("the hex part has %d characters, more than promised", len(hexOfA))
	}
	if got, err := Render(aToken, "", ""); err != nil || got.ReferTo != "" || got.URL != "" {
		t.Errorf("without URIs: %+v, %v", got, err)
	}
}

func TestReferTo(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:example.com":                            "sip:example.com?",
		"SIPS:agent@example.com:5061":                "SIPS:agent@example.com:5061?",
		"sip:+12025550123@10.0.0.1;user=phone":       "sip:+12025550123@10.0.0.1;user=phone?",
		"sip:a:pw@[2001:db8::1]:5060;transport=tls":  "sip:a:pw@[2001:db8::1]:5060;transport=tls?",
		"sip:a@[2001:db8::1]":                        "sip:a@[2001:db8::1]?",
		"sip:a@b.c;lr?Priority=urgent&Subject=a%20b": "sip:a@b.c;lr?Priority=urgent&Subject=a%20b&",
		"sip:a@b.c?":    "sip:a@b.c?",
		"sip:what?@b.c": "sip:what?@b.c?",
		"sip:a@b.c?User-to-User=00ff%3Bencoding%3Dhex": "sip:a@b.c?User-to-User=00ff%3Bencoding%3Dhex&",
	} {
		got, err := Render(aToken, uri, "")
		if err != nil || got.ReferTo != "<"+want+asQuery+">" {
			t.Errorf("%s: %s, %v", uri, got.ReferTo, err)
		}
	}
}

func TestURL(t *testing.T) {
	for landing, want := range map[string]string{
		"https://a.example":                "https://a.example?handoff=" + aToken,
		"https://a.example:8443/":          "https://a.example:8443/?handoff=" + aToken,
		"HTTPS://a.example/x?":             "HTTPS://a.example/x?handoff=" + aToken,
		"https://a.example/x?a=1&":         "https://a.example/x?a=1&handoff=" + aToken,
		"https://a.example/x?a=1&a=%26#?b": "https://a.example/x?a=1&a=%26&handoff=" + aToken + "#?b",
		"https://[::1]/#handoff=x":         "https://[::1]/?handoff=" + aToken + "#handoff=x",
	} {
		got, err := Render(aToken, "", landing)
		if err != nil || got.URL != want {
			t.Errorf("%s: %s, %v", landing, got.URL, err)
			continue
		}
		u, err := url.Parse(got.URL)
		if err != nil || u.Query().Get("handoff") != aToken {
			t.Errorf("%s: a receiver finds %q, %v", got.URL, u.Query().Get("handoff"), err)
		}
	}
}

// Nobody can smuggle a header, or the end of one, into what is written into SIP messages and documents.
func TestWhatCannotCarryAToken(t *testing.T) {
	for _, uri := range []string{
		"agent@example.com", "tel:+12025550123", "https://example.com", "sip:", "sip:@example.com", "sip:a@", "sip:a@b@c",
		"sip:a@b.c>\r\nX-Evil: 1", "sip:a@b.c\nX: 1", "sip:a@b.c<sip:d@e.f>", "sip:a b@c.d", "sip:a@b.c?Subject=x%0D%0AX-Evil:1",
		"sip:a@b.c?Subject=x%0a", "sip:a@b.c?Subject=%", "sip:a@b.c?Subject=%4", "sip:a@b.c?Subject=%zz", "sip:a@b.c?=x", "sip:a@b.c?x",
		"sip:a@b.c?a=1&&b=2", "sip:a@b.c?a=1;b=2", "sip:a@b.c,sip:d@e.f", "sip:a@b.c:0", "sip:a@b.c:70000", "sip:a@b.c:x", "sip:a@[::1",
		"sip:a@[1.2.3.4]", "sip:a@-_!.c", "sip:a@b..c", "sip:ä@b.c", "sip:a@b.c\x00", "sip:a@b.c\x7f", "sip:[x]@b.c", "sip:a@b.c#x", "sip::pw@b.c",
	} {
		_, err := Render(aToken, uri, "")
		wantInvalid(t, uri, err, "refer_to_uri")
	}
	for _, landing := range []string{
		"http://a.example", "a.example", "//a.example", "https:", "https:///x", "https:a.example", "https://user@a.example/",
		"https://a.example/ b", "https://a.example/\r\nx", "https://a.example/<x>", `https://a.example/"`, "https://a.example/?q=%0d%0a",
		"https://a.example/?handoff=x", "https://a.example/?a=1&handoff=", "https://a.example/?a;b", "https://a.example/%", "https://ä.example",
		"https://a.example:x/", "javascript:alert(1)", "https://a.example/{x}",
	} {
		_, err := Render(aToken, "", landing)
		wantInvalid(t, landing, err, "landing_url")
	}
	if err := Check("sip:a@b.c", "https://a.example"); err != nil {
		t.Error(err)
	}
	wantInvalid(t, "check", Check("x", ""), "refer_to_uri")
}

func wantInvalid(t *testing.T, input string, err error, field string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Reason != domain.ReasonInvalidHandoff || len(f.Fields) != 1 || f.Fields[0].Path != field {
		t.Errorf("%q: %v", input, err)
	} else if len(input) > 6 && strings.Contains(f.Error(), input) {
		t.Errorf("%q is quoted: %v", input, err)
	}
}
