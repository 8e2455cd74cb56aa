package redact

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDigits(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"4111111111111111#", "411111******1111#"},
		{"4111*1111*1111*1111#", "411111******1111#"},
		{"4111111111111111#1227#123#", "411111******1111#1227#***#"},
		{"4111111111111111#123#", "411111******1111#***#"},
		{"14111111111111111", "411111******1111"},
		{"411111111111111112271234", "411111******1111"},
		{"1", "1"},
		{"84318931431#", "84318931431#"},
		{"4111111111111112#", "4111111111111112#"},
		{"411111******1111#1227#***#", "411111******1111#1227#***#"},
	} {
		if got, _ := Digits(c.in); got != c.want {
			t.Errorf("Digits(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestField(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"cvv", "12", "***"}, {"CVV2", "abc", "***"}, {"securityCode", "9", "***"}, {"card_verification_value", "1", "***"},
		{"cid", "1234", "***"}, {"pin", "0000", "***"}, {"user_pin", "x", "***"}, {"cvc", "***", "***"}, {"cvv", "", ""},
		{"pin_verified", "true", "true"}, {"shipping", "box 1234", "box 1234"}, {"opinion", "1234", "1234"},
		{"social_security_number", "078-05-1120", "078-05-1120"},
		{"card_number", "4111 1111 1111 1112", "411111******1112"}, {"creditCard", "123456789012", "********9012"},
		{"card_number", "1111", "1111"}, {"pan", "4111111111111111", "411111******1111"},
		{"account_number", "84318931431", "84318931431"}, {"note", "4111111111111111", "411111******1111"},
		{"phone", "4222222222222", "4222222222222"}, {"phone", "4111111111111111", "411111******1111"},
		{"dtmf", "4111*1111*1111*1111", "411111******1111"},
	} {
		if got, _ := Field(c.name, c.in); got != c.want {
			t.Errorf("Field(%q, %q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestSequence(t *testing.T) {
	keys := strings.Split("4111111111111111", "")
	masked := []string{"4", "1", "1", "1", "1", "1", "***", "***", "***", "***", "***", "***", "1", "1", "1", "1"}
	for _, c := range []struct {
		name          string
		batches, want [][]string
	}{
		{"pieces", [][]string{{"1", "4111", "1111", "1111", "1111", "2"}}, [][]string{{"1", "4111", "11***", "****", "1111", "2"}}},
		{"keys", [][]string{append([]string{"2", "#"}, keys...)}, [][]string{append([]string{"2", "#"}, masked...)}},
		{"one piece", [][]string{{"4111111111111111#", "1227", "123"}}, [][]string{{"411111******1111#", "1227", "***"}}},
		{"code in the last piece", [][]string{{"4111", "1111", "1111", "1111#123"}}, [][]string{{"4111", "11***", "****", "1111#***"}}},
		{"whole and part", [][]string{{"378282246310005#4111", "1111", "1111", "1111"}},
			[][]string{{"378282*****0005#***", "11***", "****", "1111"}}},
		{"whole after part", [][]string{{"4111", "1111", "1111", "1111#378282246310005"}},
			[][]string{{"4111", "11***", "****", "1111#378282*****0005"}}},
		{"two batches", [][]string{{"4111", "1111"}, {"1111", "1111", "1227", "123"}}, [][]string{{"4111", "1111"}, {"****", "****", "1227", "***"}}},
		{"open run", [][]string{keys[:9], keys[9:]}, [][]string{masked[:9],
			{"***", "***", "***", "***", "***", "***", "***"}}},
		{"menu after a card", [][]string{keys, {"2", "3"}}, [][]string{masked, {"2", "3"}}},
		{"menu", [][]string{{"1", "2", "#", "84318931431", "9"}}, [][]string{{"1", "2", "#", "84318931431", "9"}}},
		{"menu with prompts", [][]string{{"4", "1", "", "1", "3", "2", "", "2", "1"}}, [][]string{{"4", "1", "", "1", "3", "2", "", "2", "1"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q Sequence
			var stored []string
			for i, batch := range c.batches {
				resumed := NewSequence(stored...)
				got, _ := q.Push(batch...)
				if diff := cmp.Diff(c.want[i], got); diff != "" {
					t.Errorf("batch %d -want +got:\n%s", i, diff)
				}
				if again, more := resumed.Push(got...); !cmp.Equal(got, again) || len(more) > 0 {
					t.Errorf("batch %d not stable: %q -> %q", i, got, again)
				}
				stored = append(stored, got...)
			}
		})
	}
}

func TestSequenceKeyByKey(t *testing.T) {
	// Every key in a batch of its own, resumed from what was stored: no more than the first six are kept.
	var stored []string
	for _, key := range strings.Split("5555555555554444", "") {
		got, _ := NewSequence(stored...).Push(key)
		stored = append(stored, got...)
	}
	if got := plain(strings.Join(stored, "")); got != "555555" {
		t.Errorf("stored %q", stored)
	}
}

func TestSequenceAnySplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card := genCard(t)
		if len(card) < 14 {
			t.Skip()
		}
		var pieces []string
		for rest := card; rest != ""; {
			n := min(rapid.IntRange(1, 6).Draw(t, "piece"), len(rest))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		var q Sequence
		got, findings := q.Push(pieces...)
		if left := plain(strings.Join(got, "")); len(left) > 10 || len(findings) == 0 || len(got) != len(pieces) {
			t.Fatalf("Push(%q) = %q, %v", pieces, got, findings)
		}
		for _, f := range findings {
			if in := pieces[f.Input]; f.Start < 0 || f.End > len(in) || f.Start >= f.End {
				t.Fatalf("bad finding %v in %q", f, in)
			}
		}
	})
}

func FuzzSequence(f *testing.F) {
	f.Add("4111 1111 1111 1111 1227 123", "4 1 1 *** # 9")
	f.Fuzz(func(t *testing.T, earlier, now string) {
		in := strings.Split(now, " ")
		got, findings := NewSequence(strings.Split(earlier, " ")...).Push(in...)
		for _, f := range findings {
			if s := in[f.Input]; f.Start < 0 || f.End > len(s) || f.Start >= f.End {
				t.Fatalf("bad finding %v in %q", f, s)
			}
		}
		if len(got) != len(in) {
			t.Fatalf("%q -> %q", in, got)
		}
	})
}
