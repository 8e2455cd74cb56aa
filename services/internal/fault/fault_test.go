package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestError(t *testing.T) {
	base := fault.New(fault.Invalid, "R", "no %s", "x")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"plain":         {base, "R: no x"},
		"no message":    {fault.New(fault.Invalid, "R", ""), "R"},
		"fields":        {base.WithField("a", "bad").WithField("b.c", "worse"), "R: no x (a: bad, b.c: worse)"},
		"cause":         {base.WithCause(io.EOF), "R: no x: EOF"},
		"wrapped cause": {fault.New(fault.Invalid, "R", "read: %w", io.EOF), "R: read: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.err.Error(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCopiesLeaveTheOriginal(t *testing.T) {
	base := fault.New(fault.Conflict, "R", "m").With("a", "1").WithField("f", "1")
	one := base.With("b", "2").WithField("g", "2").WithCause(io.EOF)
	two := base.With("b", "3").WithField("h", "3")
	want := &fault.Error{Kind: fault.Conflict, Reason: "R", Msg: "m", Meta: map[string]string{"a": "1"}, Fields: []fault.Field{{Path: "f", Msg: "1"}}}
	if diff := cmp.Diff(want, base); diff != "" {
		t.Errorf("the original changed (-want +got):\n%s", diff)
	}
	if one.Fields[1].Path != "g" || two.Fields[1].Path != "h" || one.Meta["b"] != "2" || two.Meta["b"] != "3" {
		t.Errorf("copies share state: %v, %v", one, two)
	}
}

func TestChain(t *testing.T) {
	inner := fault.New(fault.NotFound, "GONE", "gone").WithCause(io.EOF)
	err := fmt.Errorf("outer: %w", inner)
	if !errors.Is(err, io.EOF) || !errors.Is(err, fault.New(fault.NotFound, "GONE", "other words")) {
		t.Error("cause and reason must be found")
	}
	if errors.Is(err, fault.New(fault.NotFound, "ELSE", "")) || errors.Is(err, fault.New(fault.Invalid, "GONE", "")) {
		t.Error("another reason or kind must not match")
	}
	if f, ok := fault.As(err); !ok || f != inner {
		t.Errorf("As: %v, %v", f, ok)
	}
	if fault.KindOf(err) != fault.NotFound || fault.ReasonOf(err) != "GONE" {
		t.Error("KindOf and ReasonOf look through wrapping")
	}
	if fault.KindOf(io.EOF) != fault.Internal || fault.ReasonOf(io.EOF) != "" {
		t.Error("any other error is internal, without a reason")
	}
}

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range fault.Kinds() {
		if s := k.String(); s == "" || seen[s] {
			t.Errorf("kind %d: name %q", k, s)
		} else {
			seen[s] = true
		}
	}
	if fault.Kind(200).String() != "internal" {
		t.Error("an unknown kind counts as internal")
	}
}
