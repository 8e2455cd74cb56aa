package aip_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

var (
	customers = aip.MustPattern("customers/{customer}")
	cases     = aip.MustPattern("customers/{customer}/cases/{case}")
)

func TestParse(t *testing.T) {
	for name, want := range map[string][]string{
		"customers/a/cases/b":                                {"a", "b"},
		"customers/A-1_b.c~d/cases/0":                        {"A-1_b.c~d", "0"},
		"customers/_slots/cases/x":                           {"_slots", "x"},
		"customers/" + strings.Repeat("x", 128) + "/cases/y": {strings.Repeat("x", 128), "y"},
		"customers/" + strings.Repeat("x", 129) + "/cases/y": nil,
		"customers/a/cases/":                                 nil,
		"customers//cases/b":                                 nil,
		"customers/a/cases/b/":                               nil,
		"customers/a/cases/b/c":                              nil,
		"customers/a":                                        nil,
		"/customers/a/cases/b":                               nil,
		"Customers/a/cases/b":                                nil,
		"customers/a b/cases/b":                              nil,
		"customers/ä/cases/b":                                nil,
		"customers/../cases/b":                               nil,
		"customers/./cases/b":                                nil,
		"customers/a:b/cases/b":                              {"a:b", "b"},
		"customers/a%2fb/cases/b":                            nil,
		"customers/-/cases/b":                                nil,
		"customers/a/cases/.b":                               nil,
		"":                                                   nil,
		"customers/\x00/cases/b":                             nil,
		"customers/a/cases/b\n":                              nil,
		"customers/a/cases/" + strings.Repeat("b/", 1000) + "b": nil,
	} {
		got, err := cases.Parse("name", name)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
		if f, ok := fault.As(err); want == nil && (!ok || f.Reason != fault.InvalidRequest || f.Fields[0].Path != "name") {
			t.Errorf("%q: %v", name, err)
		}
		if want != nil && cases.Format(want...) != name {
			t.Errorf("%q formats as %q", name, cases.Format(want...))
		}
	}
}

func TestParseOne(t *testing.T) {
	if id, err := customers.ParseOne("customer", "customers/42"); id != "42" || err != nil {
		t.Errorf("got %q, %v", id, err)
	}
	if _, err := customers.ParseOne("customer", "42"); err == nil || !strings.Contains(err.Error(), "customers/{customer}") {
		t.Errorf("the fault must show the form: %v", err)
	}
}

func TestMistakesInPatternsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"empty segment": func() { aip.MustPattern("a//b") },
		"open brace":    func() { aip.MustPattern("a/{b") },
		"empty brace":   func() { aip.MustPattern("a/{}") },
		"too few ids":   func() { cases.Format("a") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestReservedID(t *testing.T) {
	if !aip.ReservedID("_slots") || aip.ReservedID("slots_") || aip.ReservedID("") {
		t.Error("reserved ids start with an underscore")
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("customers/a/cases/b")
	f.Add("customers//cases/")
	f.Fuzz(func(t *testing.T, name string) {
		ids, err := cases.Parse("name", name)
		if err == nil && cases.Format(ids...) != name {
			t.Errorf("%q has the ids %q", name, ids)
		}
	})
}
