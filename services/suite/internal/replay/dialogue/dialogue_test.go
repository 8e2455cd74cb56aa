package dialogue

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func packed(t *testing.T, text string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestLines(t *testing.T) {
	const text = "one\n\nthree\nfour"
	for name, r := range map[string]io.Reader{"plain": strings.NewReader(text), "gzip": packed(t, text)} {
		var got []string
		for line, err := range Lines("f", r) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, line.Errorf("%s", line.Text).Error())
		}
		if diff := cmp.Diff([]string{"f:1: one", "f:3: three", "f:4: four"}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestLinesEndWithTheFirstError(t *testing.T) {
	half := io.MultiReader(strings.NewReader("one\ntwo"), failing{})
	var got []string
	for line, err := range Lines("f", half) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, string(line.Text))
	}
	if diff := cmp.Diff([]string{"one", "two", "f:3: disk on fire"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for range Lines("f", strings.NewReader("")) {
		t.Error("a line of an empty file")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

func TestIDText(t *testing.T) {
	for in, want := range map[string]string{`12`: "12", `"8_00000"`: "8_00000", `1.5`: "", `null`: "", `{}`: "", ``: ""} {
		if got := IDText([]byte(in)); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

func TestWithhold(t *testing.T) {
	said := func(text string) *Item { return &Item{Utterance: &Utterance{Text: text}} }
	texts := map[string]bool{
		"it is 4711":           true,
		"it is 4 7-1.1 indeed": true,
		"REX the dog":          true,
		"my name is Ada":       false,
		"it is 4712":           false,
		"x":                    true,
		"extra":                false,
		"":                     false,
	}
	leg := &Leg{}
	var want []bool
	for text, secret := range texts {
		leg.Items, want = append(leg.Items, said(text)), append(want, secret)
	}
	leg.Items = append(leg.Items, &Item{
		Questions: []Question{{Prompt: "Is it Rex?"}, {Prompt: "Your name?"}},
		Facts: []Fact{
			{Scope: "bank", Slot: "Name", Value: "Ada"},
			{Scope: "bank", Slot: "PIN", Value: "4711", Secret: true},
			{Scope: "bank", Slot: "AccountNumber", Value: "4711"},
			{Scope: "bank", Slot: "Pet", Value: "Rex "},
			{Scope: "ship", Slot: "Initial", Value: "X", Secret: true},
		},
	})
	d := &Dialogue{Legs: []*Leg{leg}}
	if got := d.Withhold(func(_, slot string) bool { return slot == "Pet" }); got != 4 {
		t.Errorf("withheld %d facts, want 4", got)
	}
	last := leg.Items[len(leg.Items)-1]
	if diff := cmp.Diff([]Fact{{Scope: "bank", Slot: "Name", Value: "Ada"}}, last.Facts); diff != "" {
		t.Errorf("facts: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]Question{{}, {Prompt: "Your name?"}}, last.Questions); diff != "" {
		t.Errorf("questions: -want +got:\n%s", diff)
	}
	for i, w := range want {
		if u := leg.Items[i].Utterance; u.Secret != w {
			t.Errorf("%q: secret %v, want %v", u.Text, u.Secret, w)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		last := 0
		for line, err := range Lines("f", bytes.NewReader(text)) {
			if err == nil && line.Number <= last {
				t.Errorf("line %d after %d", line.Number, last)
			}
			last = line.Number
		}
	})
}
