package server

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

func TestEveryFieldHasItsSection(t *testing.T) {
	fields := (&contextv1.CustomerContext{}).ProtoReflect().Descriptor().Fields()
	used := map[contextv1.ContextSection]bool{0: true}
	for i := range fields.Len() {
		f := fields.Get(i)
		at, ok := sectionOf[f.Number()]
		if !ok {
			t.Errorf("field %s belongs to no section", f.Name())
		}
		used[at] = true
	}
	if len(sectionOf) != fields.Len() {
		t.Errorf("%d fields have a section, the context has %d", len(sectionOf), fields.Len())
	}
	for n := range contextv1.ContextSection_name {
		if !used[contextv1.ContextSection(n)] {
			t.Errorf("no field belongs to %s", contextv1.ContextSection(n))
		}
	}
}

func apart(t *testing.T, c *contextv1.CustomerContext) *sections {
	t.Helper()
	b, err := proto.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := takeApart(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOnlyWhatChangedIsSent(t *testing.T) {
	before := &contextv1.CustomerContext{
		Customer: "customers/1", Revision: 7,
		Facts: []*contextv1.Fact{{SlotId: "a", Value: "1"}, {SlotId: "b", Value: "2"}}, FactsTotal: 2,
		Brief:            &contextv1.Brief{Text: "once"},
		ResumeCandidates: []*contextv1.ResumeCandidate{{Case: "c1", Likelihood: 0.9}},
	}
	after := proto.CloneOf(before)
	after.Revision = 8
	after.Facts[1].Value = "3"
	after.Brief = nil
	after.ResumeCandidates[0].Likelihood = 0.8 // time has passed, nothing else
	a, b := apart(t, before), apart(t, after)
	changed := b.changedSince(&a.sums)
	want := []contextv1.ContextSection{contextv1.ContextSection_CONTEXT_SECTION_FACTS, contextv1.ContextSection_CONTEXT_SECTION_BRIEF}
	if !slices.Equal(changed, want) {
		t.Fatalf("changed %v, want %v", changed, want)
	}
	got := &contextv1.CustomerContext{}
	if err := proto.Unmarshal(b.with(changed), got); err != nil {
		t.Fatal(err)
	}
	only := &contextv1.CustomerContext{Customer: "customers/1", Revision: 8, Facts: after.Facts, FactsTotal: 2}
	if diff := cmp.Diff(only, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	after.ResumeCandidates[0].Case = "c2"
	if changed := apart(t, after).changedSince(&b.sums); !slices.Equal(changed, []contextv1.ContextSection{contextv1.ContextSection_CONTEXT_SECTION_CASES}) {
		t.Errorf("another candidate: %v", changed)
	}
	if changed := b.changedSince(&b.sums); len(changed) != 0 {
		t.Errorf("nothing changed, and yet %v", changed)
	}
	var none marks
	all := &contextv1.CustomerContext{}
	if err := proto.Unmarshal(b.with(b.changedSince(&none)), all); err != nil {
		t.Fatal(err)
	}
	after.ResumeCandidates[0].Case = "c1"
	if diff := cmp.Diff(after, all, protocmp.Transform()); diff != "" {
		t.Errorf("to a reader who has nothing, not everything is sent: %s", diff)
	}
}

func TestMarksSurviveTheToken(t *testing.T) {
	s := apart(t, &contextv1.CustomerContext{FactsTotal: 1, Brief: &contextv1.Brief{Text: "x"}})
	var back marks
	revision, ok := back.decode(s.sums.encode(1 << 40))
	if !ok || revision != 1<<40 || back != s.sums {
		t.Errorf("got %d, %v, %v", revision, ok, back)
	}
	b := s.sums.encode(3)
	for n := range b {
		if _, ok := back.decode(b[:n]); ok {
			t.Errorf("marks cut to %d bytes are read", n)
		}
	}
}

func FuzzTakeApart(f *testing.F) {
	b, err := proto.Marshal(&contextv1.CustomerContext{Customer: "customers/1", FactsTotal: 3, ResumeCandidates: []*contextv1.ResumeCandidate{{Case: "x"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(protowire.AppendTag(nil, resumeCandidates, protowire.VarintType))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := takeApart(b)
		if err != nil {
			return
		}
		var none marks
		if got := len(s.with(s.changedSince(&none))); got != len(b) {
			t.Errorf("%d bytes became %d", len(b), got)
		}
	})
}
