package domain

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDetectRepeat(t *testing.T) {
	city := slot("city", "Town")
	for _, tt := range []struct {
		name  string
		story func(*story)
		q     Question
		early bool // asked before the story began
		want  bool
	}{
		{name: "known from another channel", q: Question{Slot: "town", Scope: "agent"}, want: true},
		{name: "to collect", q: Question{Slot: "town", Purpose: PurposeCollect}, want: true},
		{name: "to confirm", q: Question{Slot: "town", Purpose: PurposeConfirm}},
		{name: "to verify", q: Question{Slot: "town", Purpose: PurposeVerify}},
		{name: "unknown", q: Question{Slot: "street"}},
		{name: "asked before it was said, reported later", q: Question{Slot: "town"}, early: true},
		{name: "withdrawn", story: func(s *story) { s.add(FactRetracted{Slot: "city"}) }, q: Question{Slot: "town"}},
		{
			name: "asked before it was said again, but after it was said first",
			story: func(s *story) {
				s.stated("", "city", "oslo")
				s.now = at(1)
			},
			q: Question{Slot: "town"}, want: true,
		},
		{name: "same interaction", q: Question{Slot: "city"}, want: true},
		{
			name: "name without entry, other scope", story: func(s *story) { s.stated("ivr", "seat", "1") },
			q: Question{Slot: "seat", Scope: "bot"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tell(t).stated("ivr", "city", "Oslo")
			if tt.story != nil {
				tt.story(s)
			}
			tt.q.EventID, tt.q.Asker, tt.q.OccurredAt = "q", Unrestricted, s.now
			if tt.early {
				tt.q.OccurredAt = at(-1)
			}
			if _, got := DetectRepeat(s.view(city), tt.q); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDetectRepeatTellsWhatWasKnown(t *testing.T) {
	s := tell(t).in("call-1", ChannelIVR, Actor{}).stated("ivr", "city", "Oslo")
	got, ok := DetectRepeat(s.view(slot("city")), Question{EventID: "q1", Slot: "CITY", Scope: "agent", Asker: Unrestricted, OccurredAt: at(9)})
	want := Repeat{
		QuestionEventID: "q1", Slot: "CITY", Scope: "agent", SlotID: "city", FactEventID: "e1", FactChannel: ChannelIVR,
		FactInteractionID: "call-1", FactTime: day0,
	}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("%v, -want +got\n%s", ok, diff)
	}
}

func TestKnownFact(t *testing.T) {
	s := tell(t).stated("ivr", "city", "Oslo").stated("ivr", "size", "large")
	v := s.view(slot("city"), slot("size").but(func(s *Slot) { s.Type = SlotTypeNumber }))
	if f, ok := KnownFact(v, Unrestricted, s.now, s.now, "", "city"); !ok || f.Value != "Oslo" || f.Status != FactFresh {
		t.Errorf("got %+v, %v", f, ok)
	}
	if f, ok := KnownFact(v, Unrestricted, s.now, s.now, "", "size"); !ok || f.Status != FactInvalid {
		t.Errorf("got %+v, %v", f, ok)
	}
	if f, ok := KnownFact(v, Unrestricted, s.now, s.now, "", "street"); ok {
		t.Errorf("got %+v", f)
	}
}

func TestRepeatEventID(t *testing.T) {
	a, b := RepeatEventID("q1"), RepeatEventID("q2")
	if a == b || a != RepeatEventID("q1") || len(a) > 128 {
		t.Errorf("got %q and %q", a, b)
	}
	for _, r := range a {
		if notInEventID(r) {
			t.Errorf("%q has the character %q", a, r)
		}
	}
}
