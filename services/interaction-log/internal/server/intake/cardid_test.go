package intake

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The quick looks at an id say what looking at it as a text says.
func TestQuickLooksAtIDsAgreeWithText(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 3))
	cards := []string{"4111111111111111", "501800000009", "676770010006", "4222222222222", "5555-5555-5555-4444"}
	parts := []string{"load", "chat", "evt", "Event", "four", "one", "two", "double", "oh", "msg", "card", "phone", "cvv", "a", "x", "ten"}
	marks := []string{"", "-", "-", ".", "_", "~", ":", "/", "@", "+", "="}
	cardsFound := 0
	for range 60_000 {
		var b strings.Builder
		for range 1 + r.IntN(4) {
			switch r.IntN(5) {
			case 0, 1:
				b.WriteString(parts[r.IntN(len(parts))])
			case 2:
				b.WriteString(cards[r.IntN(len(cards))])
			default:
				for range []int{1, 3, 4, 6, 12, 13}[r.IntN(6)] {
					b.WriteByte(byte('0' + r.IntN(10)))
				}
			}
			b.WriteString(marks[r.IntN(len(marks))])
		}
		id := b.String()
		want := textHoldsCard(id)
		if want {
			cardsFound++
		}
		if count(id) >= minCard && isCard(id) != want {
			t.Fatalf("seed %d: %q: %v, looked at as a text %v", seed, id, !want, want)
		}
	}
	if cardsFound < 500 {
		t.Errorf("only %d ids hold card numbers", cardsFound)
	}
}

func count(id string) (digits int) {
	for _, c := range id {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	return digits
}

func TestUUIDsAreNoCards(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 4))
	for i := range 10_000 {
		letters := []string{"0123456789abcdef", "0123456789", "4a1"}[i%3]
		b := make([]byte, 32)
		for j := range b {
			b[j] = letters[r.IntN(len(letters))]
		}
		id := fmt.Sprintf("%s-%s-%s-%s-%s", b[:8], b[8:12], b[12:16], b[16:20], b[20:])
		for _, id := range []string{id, strings.ToUpper(id), customerPrefix + id} {
			if isCard(id) || textHoldsCard(id) {
				t.Fatalf("seed %d: %s: %v, looked at as a text %v", seed, id, isCard(id), textHoldsCard(id))
			}
		}
	}
	for _, id := range []string{"41111111-1111-1111", "4111111111111111-aaaa-aaaa-aaaa-aaaa", "x/41111111-1111-1111-1111-11111111111"} {
		if isCard(id) != textHoldsCard(id) {
			t.Errorf("%s: %v", id, isCard(id))
		}
	}
}
