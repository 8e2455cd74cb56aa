package domain

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func flatten(v *View, a Asker, now int, plans []NamedPlan) *Flat {
	return Flatten("customers/c", BuildContext(v, a, ViewFull, at(now)), a, plans)
}

func TestFlatten(t *testing.T) {
	s := fullStory(t)
	s.in("call-9", ChannelIVR, Actor{}).add(InteractionStarted{})
	v := s.view(append([]Slot{slot("pin").but(func(s *Slot) { s.Sensitivity = SensitivitySecret })}, fullSlots...)...)
	a := Asker{Clearance: SensitivityPersonal, InteractionID: "call-9"}
	got := flatten(v, a, 100, PlanKnown(v, a, "ivr", at(100)))
	want := map[string]string{
		"customer": "customers/c", "name": "Ada", "verified": "single_factor", "verified_until": "2026-03-01T22:02:00Z",
		"interactions": "3", "open_cases": "1", "case_id": "c1", "case_subject": "A lost parcel", "case_priority": "normal",
		"promise": "call back", "promise_overdue": "false", "handoff_id": "h2", "handoff_from": "IVR main",
		"resume": "A lost parcel", "resume_case_id": "c1", "resume_interaction_id": "call-1", "resume_likelihood": "0.74",
		"persona": "p", "stage": "s", "mood": "positive", "last_channel": "chat", "last_contact_time": "2026-03-01T10:25:00Z",
		"repeats": "0", "next_step": "Accept the handoff from IVR main.",
		"slot_customer_name": "Ada", "decision_customer_name": "use", "slot_city": "Rome", "decision_city": "confirm", "decision_pin": "use",
	}
	if diff := cmp.Diff(want, got.Values); diff != "" || got.Truncated {
		t.Errorf("truncated %v, -want +got\n%s", got.Truncated, diff)
	}

	asked := Plan(v, a, at(100), []SlotRequest{{Slot: "account"}, {Slot: "shoe size"}, {Slot: "shoe_size"}, {Slot: "größe"}})
	got = flatten(v, a, 100, NamePlans(asked))
	for key, want := range map[string]string{
		"decision_account": "withhold", "decision_shoe_size": "ask", "decision_shoe_size_2": "ask", "decision_gr__e": "ask", "slot_account": "", "slot_city": "",
	} {
		if got.Values[key] != want {
			t.Errorf("%s: got %q, want %q", key, got.Values[key], want)
		}
	}

	admin := Asker{Clearance: SensitivityInternal}
	if got := flatten(v, admin, 100, nil); got.Values["name"] != "" || got.Values["case_subject"] != "" || got.Values["case_id"] != "c1" {
		t.Errorf("what is masked is told: %v", got.Values)
	}
	s.add(ConsentChanged{Purpose: "marketing", Status: ConsentDenied})
	refused := Asker{Clearance: FullClearance, Purpose: "marketing"}
	v = s.view(fullSlots...)
	want = map[string]string{"customer": "customers/c", "decision_city": "withhold"}
	if diff := cmp.Diff(want, flatten(v, refused, 100, NamePlans(Plan(v, refused, at(100), []SlotRequest{{Slot: "city"}}))).Values); diff != "" {
		t.Errorf("a refused purpose: %s", diff)
	}
}

func TestFlatLeavesOutTheLeastImportant(t *testing.T) {
	s := tell(t)
	for i := range 60 {
		s.stated("", "slot_"+strconv.Itoa(i), strings.Repeat("ä", 600)+strconv.Itoa(i))
	}
	v := s.view()
	got := flatten(v, Unrestricted, 100, PlanKnown(v, Unrestricted, "", at(100)))
	total := 0
	for k, x := range got.Values {
		total += len(k) + len(x)
	}
	if !got.Truncated || total > MaxFlatBytes || total < MaxFlatBytes-1200 {
		t.Errorf("truncated %v, %d bytes", got.Truncated, total)
	}
	for i := range 60 {
		n := strconv.Itoa(i)
		value, decision := got.Values["slot_slot_"+n], got.Values["decision_slot_"+n]
		if newest := i >= 60-(len(got.Values)-7)/2; newest != (value != "") || newest != (decision != "") {
			t.Errorf("slot %d: value of %d bytes, decision %q, %d values", i, len(value), decision, len(got.Values))
		}
		if len(value) > MaxFlatValueBytes || !utf8.ValidString(value) {
			t.Errorf("slot %d: %d bytes", i, len(value))
		}
	}
}

func TestFlatIsDeterministicAndBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := genHistory(100).Draw(t, "history")
		for i := range events {
			if p, ok := events[i].Payload.(FactStated); ok && rapid.IntRange(0, 3).Draw(t, "odd") == 0 {
				p.Slot = rapid.StringN(1, 20, 128).Draw(t, "slot")
				p.Value = strings.Repeat(rapid.StringN(1, 3, 12).Draw(t, "value"), rapid.IntRange(1, 900).Draw(t, "times"))
				events[i].Payload = p
			}
		}
		s, d := mustApply(t, nil, events...), genDictionary().Draw(t, "dictionary")
		a, now, scope := genAsker().Draw(t, "asker"), genTime().Draw(t, "now"), rapid.SampledFrom(fewScopes).Draw(t, "scope")
		of := func(v *View) (*Flat, []NamedPlan) {
			plans := PlanKnown(v, a, scope, now)
			return Flatten("customers/c", BuildContext(v, a, ViewFull, now), a, plans), plans
		}
		f, plans := of(NewView(s, d))
		if again, _ := of(NewView(s, d)); !reflect.DeepEqual(f, again) {
			t.Fatalf("two answers: %v\n%v", f, again)
		}
		total := 0
		for k, x := range f.Values {
			total += len(k) + len(x)
			if k != flatKey(k) || x == "" || len(x) > MaxFlatValueBytes || !utf8.ValidString(x) || x == Mask {
				t.Fatalf("%q: %q", k, x)
			}
		}
		if total > MaxFlatBytes {
			t.Fatalf("%d bytes", total)
		}
		keys := map[string]bool{}
		for _, p := range plans {
			if keys[p.Key] {
				t.Fatalf("two slots have the key %q", p.Key)
			}
			keys[p.Key] = true
			if p.Plan.Decision != DecisionUse && p.Plan.Decision != DecisionConfirm {
				t.Fatalf("%+v is not known", p)
			}
			want := Plan(NewView(s, d), a, now, []SlotRequest{{Slot: p.Plan.Slot, Scope: p.Plan.Scope}})[0]
			if p.Plan.SlotID == "" && inShort(want) != inShort(p.Plan) {
				t.Fatalf("%+v, but asked by name %+v", p.Plan, want)
			}
		}
		if !slices.IsSortedFunc(plans, func(x, y NamedPlan) int { return y.Plan.since().Compare(x.Plan.since()) }) {
			t.Fatal("not newest first")
		}
	})
}
