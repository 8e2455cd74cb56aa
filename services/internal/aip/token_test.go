package aip_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestTokenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant := rapid.String().Draw(t, "tenant")
		p := aip.Position{
			Customer: rapid.StringMatching(`[A-Za-z0-9_.~-]{1,128}`).Draw(t, "customer"),
			Revision: rapid.Int64Range(0, math.MaxInt64).Draw(t, "revision"),
		}
		token := aip.EncodeToken(tenant, p)
		if len(token) > aip.MaxToken {
			t.Fatalf("%d characters", len(token))
		}
		if got, err := aip.DecodeToken(tenant, token); err != nil || got != p {
			t.Fatalf("got %v, %v", got, err)
		}
		if rev, err := aip.DecodeTokenFor(tenant, p.Customer, token); err != nil || rev != p.Revision {
			t.Fatalf("got %d, %v", rev, err)
		}
		if _, err := aip.DecodeToken(tenant+"x", token); fault.ReasonOf(err) != fault.InvalidConsistencyToken {
			t.Fatalf("another tenant: %v", err)
		}
	})
}

func TestTokenIsRefused(t *testing.T) {
	good := aip.EncodeToken("t", aip.Position{Customer: "c", Revision: 5})
	for name, token := range map[string]string{
		"cut":          good[:len(good)-2],
		"changed":      good[:4] + "x" + good[5:],
		"a page token": aip.EncodePage([]byte("k"), "t", "c"),
		"too long":     strings.Repeat("A", aip.MaxToken+4),
		"no token":     "hello",
		"other one's":  aip.EncodeToken("t", aip.Position{Customer: "d", Revision: 5}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := aip.DecodeTokenFor("t", "c", token)
			if f, ok := fault.As(err); !ok || f.Reason != fault.InvalidConsistencyToken || f.Kind != fault.Invalid {
				t.Errorf("got %v", err)
			}
		})
	}
	if rev, err := aip.DecodeTokenFor("t", "c", ""); rev != 0 || err != nil {
		t.Errorf("no token asks for nothing: %d, %v", rev, err)
	}
}

func FuzzDecodeToken(f *testing.F) {
	f.Add("t", aip.EncodeToken("t", aip.Position{Customer: "c", Revision: 5}))
	f.Add("t", "")
	f.Fuzz(func(t *testing.T, tenant, token string) {
		p, err := aip.DecodeToken(tenant, token)
		if err != nil {
			if fault.ReasonOf(err) != fault.InvalidConsistencyToken {
				t.Errorf("reason of %v", err)
			}
			return
		}
		if p.Revision < 0 {
			t.Errorf("revision %d", p.Revision)
		}
	})
}
