package intake

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/prototext"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/eventtest"
)

// The fast checks and protovalidate give the same verdict on every event.
func TestFastChecksAgreeWithProtovalidate(t *testing.T) {
	if !eventPlan.exact {
		t.Error("a rule of the contract is unknown to the fast checks: every event takes the slow way")
	}
	var s survey
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	good := 0
	for i := range 20_000 {
		ev := eventtest.Random(r, fmt.Sprintf("e%d", i))
		s.event(ev.ProtoReflect())
		fast := s.kept
		slow := protovalidate.Validate(ev)
		if fast != (slow == nil) {
			t.Fatalf("seed %d: fast checks say %v, protovalidate says %v:\n%s", seed, fast, slow, prototext.Format(ev))
		}
		if fast {
			good++
		}
	}
	if good < 2000 || good > 18_000 {
		t.Errorf("%d of 20000 events are good; the test needs both kinds", good)
	}
}

func TestEveryFullEventIsValid(t *testing.T) {
	for _, kind := range eventtest.Kinds() {
		if err := protovalidate.Validate(eventtest.Full(kind, "e1")); err != nil {
			t.Errorf("%s: %v", kind.Name(), err)
		}
	}
}

func TestPatternsTakeTheFastWay(t *testing.T) {
	texts := []string{"", "a", "customers/a", "customers/_a", "customers/-a", "customers/", "a\n", "EUR", "EURO", "é", "~:@/+=-._",
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "1.5", "-1.5"}
	for _, p := range []*plan{eventPlan} {
		for _, f := range p.strings {
			if f.rules.pattern == nil {
				continue
			}
			if f.rules.pattern.parts == nil {
				t.Errorf("%s: pattern %s goes to the regexp engine", f.path, f.rules.pattern.text)
			}
			re := regexp.MustCompile(f.rules.pattern.text)
			for _, s := range texts {
				if got, want := f.rules.pattern.match(s), re.MatchString(s); got != want {
					t.Errorf("%s matches %q: %v, want %v", f.rules.pattern.text, s, got, want)
				}
			}
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("customers/a")
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.Fuzz(func(t *testing.T, s string) {
		for _, field := range eventPlan.strings {
			p := field.rules.pattern
			if p != nil && p.match(s) != p.re.MatchString(s) {
				t.Errorf("%s matches %q: %v", p.text, s, p.match(s))
			}
		}
	})
}
