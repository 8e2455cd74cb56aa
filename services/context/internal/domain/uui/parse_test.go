package uui

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
)

func TestTokens(t *testing.T) {
	bytes := func(prefix string) string { return hex.EncodeToString([]byte(prefix + aToken)) }
	for name, text := range map[string]string{
		"plain":                          aToken,
		"in capitals":                    strings.ToUpper(aToken),
		"hex of capitals":                hex.EncodeToString([]byte(strings.ToUpper(aToken))) + ";encoding=hex",
		"with spaces":                    " \t" + aToken + "\r\n",
		"quoted":                         `"` + aToken + `"`,
		"hex":                            hexOfA,
		"upper-case hex":                 strings.ToUpper(hexOfA),
		"Amazon and Azure":               hexOfA + ";encoding=hex",
		"spaces around parameters":       hexOfA + " ; encoding = hex",
		"ISDN":                           hexOfA + ";purpose=isdn-uui;content=isdn-uui;encoding=hex",
		"encoding first":                 hexOfA + ";encoding=HEX;purpose=ccctx;content=ccctx",
		"quoted hex":                     `"` + hexOfA + `";encoding=hex`,
		"text":                           aToken + ";encoding=text",
		"AudioCodes":                     bytes("\x04") + ";encoding=hex",
		"AudioCodes, Q.931":              bytes("\x08") + ";encoding=hex",
		"Genesys":                        "00" + hexOfA + ";encoding=hex;purpose=isdn-uui;content=isdn-uui",
		"discriminator as a parameter":   hexOfA + ";pd=04;encoding=hex",
		"Avaya, shared":                  "00C8" + fmt.Sprintf("%02X", len(aToken)) + strings.ToUpper(hexOfA) + "FA080019001038F725B3;encoding=hex",
		"text with escapes":              "%00%04" + aToken + ";encoding=text",
		"with the header's name":         "User-to-User: " + hexOfA + ";encoding=hex",
		"second of several":              "00FA080019001038F725B3;encoding=hex, " + hexOfA + ";encoding=hex",
		"Refer-To":                       "<sip:agent@example.com?User-to-User=" + hexOfA + "%3Bencoding%3Dhex>",
		"Refer-To with a name":           `"Agent" <sip:agent@example.com;transport=tcp?Priority=urgent&User-to-User=` + hexOfA + "%3bencoding%3dhex>;x=y",
		"Refer-To, escaped twice":        "sip%3Aagent%40example.com%3FUser-to-User%3D" + hexOfA + "%253Bencoding%253Dhex",
		"Refer-To, quoted and escaped":   "<sip:a@b.c?User-to-User=%22" + hexOfA + "%22%3Bencoding%3Dhex>",
		"URL":                            "https://a.example/x?b=1&handoff=" + aToken + "#c",
		"URL in a URL":                   "https://a.example/?to=" + url.QueryEscape("https://b.example/?handoff="+aToken),
		"URL, its token percent-encoded": "https://a.example/?handoff=%" + fmt.Sprintf("%02x", aToken[0]) + aToken[1:],
	} {
		if diff := cmp.Diff([]string{aToken}, Tokens(text)); diff != "" {
			t.Errorf("%s: %s: %s", name, text, diff)
		}
	}
	several := hexOfA + ";encoding=hex," + hexOfB + ";encoding=hex," + hexOfA
	if diff := cmp.Diff([]string{aToken, bToken}, Tokens(several)); diff != "" {
		t.Errorf("several: %s", diff)
	}
}

func TestNoToken(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":              "",
		"spaces":               "   ",
		"words":                "the customer wants to talk to somebody",
		"an id":                aToken[1:21],
		"a character too few":  aToken[:len(aToken)-1],
		"a character too many": aToken + "0",
		"two in a row":         aToken + bToken,
		"another alphabet":     aToken[:5] + "u" + aToken[6:],
		"half a hex digit":     hexOfA[:len(hexOfA)-1],
		"cut hex":              hexOfA[:len(hexOfA)-2],
		"hex of hex":           hex.EncodeToString([]byte(hexOfA)),
		"broken in two":        aToken[:20] + " " + aToken[20:],
		"Avaya's own":          "00FA080019001038F725B3;encoding=hex",
	} {
		if got := Tokens(text); len(got) != 0 {
			t.Errorf("%s: found %v", name, got)
		}
	}
	hops := ""
	for i := range MaxTokens {
		next := hops + UserToUser(token.NewSigner(token.Key{9}).Token("acme", token.DeriveID(fmt.Sprint(i)))) + ","
		if len(next) > 2048 { // what a request takes
			break
		}
		hops = next
	}
	if got, want := len(Tokens(hops)), strings.Count(hops, ","); got != want || want == MaxTokens {
		t.Errorf("found %d of the tokens of %d hops", got, want)
	}
	var many strings.Builder
	for i := range 3 * MaxTokens {
		many.WriteString(token.NewSigner(token.Key{9}).Token("acme", token.DeriveID(fmt.Sprint(i))) + " ")
	}
	if got := len(Tokens(many.String())); got != MaxTokens {
		t.Errorf("found %d of many, want %d", got, MaxTokens)
	}
}

// Whatever Render writes, Tokens reads.
func TestRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[a-z0-9]{1,9}`)
	rapid.Check(t, func(t *rapid.T) {
		want := token.NewSigner(token.Key(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))).
			Token(rapid.String().Draw(t, "tenant"), token.DeriveID(rapid.String().Draw(t, "seed")))
		host := word.Draw(t, "host") + ".example"
		referTo := rapid.SampledFrom([]string{"sip:", "sips:", "SIP:"}).Draw(t, "scheme") + word.Draw(t, "user") + "@" + host +
			rapid.SampledFrom([]string{"", ":5060", ";transport=tcp", "?Subject=a%20b", ";x?a=b&c=d"}).Draw(t, "rest")
		landing := "https://" + host + rapid.SampledFrom([]string{"", "/", "/x?", "/x?a=%20b", "/?a&b#c", "#d"}).Draw(t, "tail")
		r, err := Render(want, referTo, landing)
		if err != nil {
			t.Fatal(err)
		}
		discriminator := rapid.SampledFrom([]string{"", "00", "04", "08"}).Draw(t, "discriminator")
		for _, text := range []string{
			r.UserToUser, discriminator + r.UserToUser, r.ReferTo, r.Header, r.URL, url.QueryEscape(r.ReferTo), url.PathEscape(r.URL),
			strings.ToUpper(r.UserToUser), strings.ToUpper(r.URL), " " + r.Header + " ", r.UserToUser + "," + r.UserToUser,
		} {
			if got := Tokens(text); !slices.Equal(got, []string{want}) {
				t.Fatalf("%s: found %v, want %s", text, got, want)
			}
		}
	})
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{aToken, hexOfA + ";encoding=hex", "<sip:a@b?" + asQuery + ">", "%", "%4", "%zz", "\xc8\x2d" + aToken, "04" + hexOfA} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Tokens(text)
		if len(got) > MaxTokens {
			t.Fatalf("%d tokens", len(got))
		}
		for _, s := range got {
			if !token.Looks(s) {
				t.Fatalf("%q is no token", s)
			}
		}
		if again := Tokens(strings.Join(got, ",")); !slices.Equal(again, got) {
			t.Fatalf("found %v, then %v", got, again)
		}
	})
}

func FuzzRender(f *testing.F) {
	f.Add("sip:a@b.c?x=y", "https://a.example/?q#f")
	f.Add("sip:a@[::1]:5060;lr", "https://a.example/%20")
	f.Fuzz(func(t *testing.T, referTo, landing string) {
		if r, err := Render(aToken, referTo, ""); err == nil && referTo != "" {
			if strings.ContainsAny(r.ReferTo[1:len(r.ReferTo)-1], "<>\r\n\x00 \"") || !slices.Contains(Tokens(r.ReferTo), aToken) {
				t.Fatalf("%q", r.ReferTo)
			}
		}
		if r, err := Render(aToken, "", landing); err == nil && landing != "" {
			u, err := url.Parse(r.URL)
			if err != nil || u.Scheme != "https" || u.Query().Get("handoff") != aToken || strings.ContainsAny(r.URL, "<>\r\n\x00 \"") {
				t.Fatalf("%q: %v", r.URL, err)
			}
		}
	})
}
