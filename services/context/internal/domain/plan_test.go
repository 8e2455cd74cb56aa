package domain

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func linked(from string, action LinkAction) func(*Slot) {
	return func(s *Slot) { s.Links = append(s.Links, Link{FromSlot: from, Action: action}) }
}

// brief3 is a plan in short: decision, reason, value.
type brief3 struct {
	Decision Decision
	Reason   DecisionReason
	Value    string
	Others   string
}

func inShort(p SlotPlan) brief3 {
	var others []string
	for _, a := range p.Alternatives {
		others = append(others, a.Value)
	}
	return brief3{p.Decision, p.Reason, p.Value, strings.Join(others, "|")}
}

func use(value string) brief3 {
	return brief3{Decision: DecisionUse, Reason: ReasonKnown, Value: value}
}
func asks(r DecisionReason) brief3 { return brief3{Decision: DecisionAsk, Reason: r} }
func confirms(r DecisionReason, value string, others ...string) brief3 {
	return brief3{DecisionConfirm, r, value, strings.Join(others, "|")}
}

func TestPlan(t *testing.T) {
	city := slot("city", "Town")
	day := 24 * time.Hour
	for _, tt := range []struct {
		name  string
		story func(*story)
		slots []Slot
		ask   SlotRequest
		later time.Duration // after the story's last event
		want  brief3
	}{
		{name: "nothing is known", ask: SlotRequest{Slot: "city"}, slots: []Slot{city}, want: asks(ReasonUnknown)},
		{name: "nothing is known of a name without entry", ask: SlotRequest{Slot: "x", Scope: "ivr"}, want: asks(ReasonUnknown)},
		{
			name: "another system's name", slots: []Slot{city},
			story: func(s *story) { s.stated("crm", "town", "Oslo") },
			ask:   SlotRequest{Slot: "CITY", Scope: "ivr"}, want: use("Oslo"),
		},
		{
			name: "the newest value counts, by revision and not by the clock", slots: []Slot{city.but(func(s *Slot) { s.OnConflict = ConflictLatest })},
			story: func(s *story) { s.stated("", "city", "Oslo").wait(-day).stated("crm", "town", "Bergen") },
			ask:   SlotRequest{Slot: "city"}, want: use("Bergen"),
		},
		{
			name: "a scope's own meaning", slots: []Slot{scoped("restaurant", Alias{"Name", "food"}), scoped("hotel", Alias{"Name", "hotel"})},
			story: func(s *story) { s.stated("food", "Name", "Noma").stated("hotel", "Name", "Ritz") },
			ask:   SlotRequest{Slot: "name", Scope: "food"}, want: use("Noma"),
		},
		{
			name: "a name that means something else there is not offered", slots: []Slot{scoped("hotel", Alias{"Name", "hotel"})},
			story: func(s *story) { s.stated("hotel", "Name", "Ritz") },
			ask:   SlotRequest{Slot: "Name", Scope: "taxi"}, want: asks(ReasonUnknown),
		},
		{
			name:  "a name without entry, same scope",
			story: func(s *story) { s.stated("ivr", "seat_no", "12a") },
			ask:   SlotRequest{Slot: "SeatNo", Scope: "IVR"}, want: use("12a"),
		},
		{
			name:  "a name without entry, no scope at all",
			story: func(s *story) { s.stated("", "seat", "12a") },
			ask:   SlotRequest{Slot: "seat"}, want: use("12a"),
		},
		{
			name:  "a name without entry, another scope",
			story: func(s *story) { s.stated("ivr", "seat", "12a") },
			ask:   SlotRequest{Slot: "seat", Scope: "bot"}, want: confirms(ReasonUndefinedInScope, "12a"),
		},
		{
			name:  "a name without entry: the own value stays when another scope has a newer one",
			story: func(s *story) { s.stated("bot", "seat", "1").stated("ivr", "seat", "2") },
			ask:   SlotRequest{Slot: "seat", Scope: "bot"}, want: use("1"),
		},
		{
			name: "a name without entry: refused here, so not offered here again",
			story: func(s *story) {
				s.stated("ivr", "seat", "2").add(FactRetracted{Slot: "seat", Scope: "bot", Value: "2"})
			},
			ask: SlotRequest{Slot: "seat", Scope: "bot"}, want: asks(ReasonUnknown),
		},
		{
			name: "stale", slots: []Slot{city.but(func(s *Slot) { s.MaxAge = time.Hour })},
			story: func(s *story) { s.stated("", "city", "Oslo") }, later: time.Hour,
			ask: SlotRequest{Slot: "city"}, want: confirms(ReasonStale, "Oslo"),
		},
		{
			name: "at max_age still fresh", slots: []Slot{city.but(func(s *Slot) { s.MaxAge = time.Hour })},
			story: func(s *story) { s.stated("", "city", "Oslo") }, later: time.Hour - time.Minute,
			ask: SlotRequest{Slot: "city"}, want: use("Oslo"),
		},
		{
			name: "said again, fresh again, even when the newer report is of an older time", slots: []Slot{city.but(func(s *Slot) { s.MaxAge = time.Hour })},
			story: func(s *story) { s.stated("", "city", "Oslo").wait(-day).stated("", "town", "oslo").wait(day) },
			ask:   SlotRequest{Slot: "city"}, want: use("oslo"),
		},
		{
			name: "confirmed, so fresh again", slots: []Slot{city.but(func(s *Slot) { s.MaxAge = time.Hour })},
			story: func(s *story) {
				s.stated("", "city", "Oslo").wait(2 * time.Hour).add(FactConfirmed{Slot: "town", Scope: "crm", Value: "Oslo"})
			},
			ask: SlotRequest{Slot: "city"}, want: use("Oslo"),
		},
		{
			name: "expired by the slot", slots: []Slot{city.but(func(s *Slot) { s.ExpireAfter = time.Hour })},
			story: func(s *story) { s.stated("", "city", "Oslo") }, later: day,
			ask: SlotRequest{Slot: "city"}, want: asks(ReasonExpired),
		},
		{
			name: "expired by itself; the older value is not dug out", slots: []Slot{city},
			story: func(s *story) {
				s.stated("", "city", "Oslo").add(FactStated{Slot: "city", Value: "Rome", ExpireTime: day0.Add(time.Hour)})
			},
			later: day, ask: SlotRequest{Slot: "city"}, want: asks(ReasonExpired),
		},
		{
			name: "unsure", slots: []Slot{city.but(func(s *Slot) { s.MinConfidence = 0.8 })},
			story: func(s *story) { s.add(FactStated{Slot: "city", Value: "Oslo", Confidence: 0.5}) },
			ask:   SlotRequest{Slot: "city"}, want: confirms(ReasonUnsure, "Oslo"),
		},
		{
			name: "unsure, then confirmed under another name", slots: []Slot{city.but(func(s *Slot) { s.MinConfidence = 0.8 })},
			story: func(s *story) {
				s.add(FactStated{Slot: "city", Value: "Oslo", Confidence: 0.5}, FactConfirmed{Slot: "town", Value: "oslo"})
			},
			ask: SlotRequest{Slot: "city"}, want: use("oslo"),
		},
		{
			name: "confirmed once, an equal value is certain", slots: []Slot{city.but(func(s *Slot) { s.MinConfidence = 0.8 })},
			story: func(s *story) {
				s.add(FactConfirmed{Slot: "city", Value: "Oslo"}, FactStated{Slot: "town", Value: "OSLO", Confidence: 0.2})
			},
			ask: SlotRequest{Slot: "city"}, want: use("OSLO"),
		},
		{
			name: "one system, another interaction: people change their minds", slots: []Slot{city},
			story: func(s *story) {
				s.stated("ivr", "city", "Oslo").in("i2", ChannelIVR, Actor{}).stated("ivr", "town", "Rome")
			},
			ask: SlotRequest{Slot: "city"}, want: use("Rome"),
		},
		{
			name: "two systems conflict, the newest first", slots: []Slot{city},
			story: func(s *story) { s.stated("ivr", "city", "Oslo").stated("crm", "town", "Rome") },
			ask:   SlotRequest{Slot: "city"}, want: confirms(ReasonConflicting, "Rome", "Oslo"),
		},
		{
			name: "two systems, but the latest counts", slots: []Slot{city.but(func(s *Slot) { s.OnConflict = ConflictLatest })},
			story: func(s *story) { s.stated("ivr", "city", "Oslo").stated("crm", "town", "Rome") },
			ask:   SlotRequest{Slot: "city"}, want: use("Rome"),
		},
		{
			name: "two systems, a day and a minute apart", slots: []Slot{city},
			story: func(s *story) { s.stated("ivr", "city", "Oslo").wait(day).stated("crm", "town", "Rome") },
			ask:   SlotRequest{Slot: "city"}, want: use("Rome"),
		},
		{
			name: "two systems agree in their last words", slots: []Slot{city},
			story: func(s *story) {
				s.stated("ivr", "city", "Oslo").stated("ivr", "city", "Rome").stated("crm", "town", "rome")
			},
			ask: SlotRequest{Slot: "city"}, want: use("rome"),
		},
		{
			name: "a system that took its word back does not conflict", slots: []Slot{city},
			story: func(s *story) {
				s.stated("ivr", "city", "Oslo").add(FactRetracted{Slot: "city", Scope: "ivr", Value: "Oslo"}).stated("crm", "town", "Rome")
			},
			ask: SlotRequest{Slot: "city"}, want: use("Rome"),
		},
		{
			name: "a conflict that the customer settled", slots: []Slot{city},
			story: func(s *story) {
				s.stated("ivr", "city", "Oslo").stated("crm", "town", "Rome").add(FactConfirmed{Slot: "city", Value: "Rome"})
			},
			ask: SlotRequest{Slot: "city"}, want: use("Rome"),
		},
		{
			name: "another system contradicts what was confirmed", slots: []Slot{city},
			story: func(s *story) { s.add(FactConfirmed{Slot: "city", Value: "Rome"}).stated("crm", "town", "Oslo") },
			ask:   SlotRequest{Slot: "city"}, want: confirms(ReasonConflicting, "Oslo", "Rome"),
		},
		{
			name: "a linked slot's system conflicts with the own one", slots: []Slot{slot("to").but(linked("hotel_city", LinkUse)), slot("hotel_city")},
			story: func(s *story) { s.stated("air", "to", "Oslo").stated("hotel", "hotel_city", "Rome") },
			ask:   SlotRequest{Slot: "to"}, want: confirms(ReasonConflicting, "Rome", "Oslo"),
		},
		{
			name: "withdrawn", slots: []Slot{city},
			story: func(s *story) { s.stated("", "city", "Oslo").add(FactRetracted{Slot: "city", Value: "oslo"}) },
			ask:   SlotRequest{Slot: "town"}, want: asks(ReasonRetracted),
		},
		{
			name: "withdrawn under another name of the slot", slots: []Slot{city},
			story: func(s *story) { s.stated("ivr", "city", "Oslo").add(FactRetracted{Slot: "Town", Scope: "crm"}) },
			ask:   SlotRequest{Slot: "city"}, want: asks(ReasonRetracted),
		},
		{
			name: "an older value withdrawn", slots: []Slot{city.but(func(s *Slot) { s.MaxAge = time.Minute })},
			story: func(s *story) {
				s.stated("", "city", "Oslo").stated("", "city", "Rome").add(FactRetracted{Slot: "city", Value: "Oslo"})
			},
			ask: SlotRequest{Slot: "city"}, later: time.Hour, want: confirms(ReasonStale, "Rome"),
		},
		{
			name: "withdrawn and stated again", slots: []Slot{city},
			story: func(s *story) {
				s.stated("", "city", "Oslo").add(FactRetracted{Slot: "city"}).stated("", "city", "Oslo")
			},
			ask: SlotRequest{Slot: "city"}, want: use("Oslo"),
		},
		{
			name: "secret", slots: []Slot{slot("pin").but(func(s *Slot) { s.Sensitivity = SensitivitySecret })},
			story: func(s *story) { s.stated("", "pin", "1234") },
			ask:   SlotRequest{Slot: "PIN"}, want: asks(ReasonSecret),
		},
		{
			name: "masked by the log", slots: []Slot{slot("card")},
			story: func(s *story) { s.stated("", "card", "411111******1111") },
			ask:   SlotRequest{Slot: "card"}, want: asks(ReasonSecret),
		},
		{
			name: "not valid", slots: []Slot{slot("size").but(func(s *Slot) { s.Type = SlotTypeInteger })},
			story: func(s *story) { s.stated("", "size", "large") },
			ask:   SlotRequest{Slot: "size"}, want: confirms(ReasonInvalid, "large"),
		},
		{
			name: "a link that says USE", slots: []Slot{slot("to").but(linked("hotel_city", LinkUse)), slot("hotel_city")},
			story: func(s *story) { s.stated("", "hotel_city", "Oslo") },
			ask:   SlotRequest{Slot: "to"}, want: brief3{Decision: DecisionUse, Reason: ReasonLinked, Value: "Oslo"},
		},
		{
			name: "links have a direction", slots: []Slot{slot("to").but(linked("hotel_city", LinkUse)), slot("hotel_city")},
			story: func(s *story) { s.stated("", "to", "Oslo") },
			ask:   SlotRequest{Slot: "hotel_city"}, want: asks(ReasonUnknown),
		},
		{
			name: "links go one step", slots: []Slot{slot("a").but(linked("b", LinkUse)), slot("b").but(linked("c", LinkUse)), slot("c")},
			story: func(s *story) { s.stated("", "c", "Oslo") },
			ask:   SlotRequest{Slot: "a"}, want: asks(ReasonUnknown),
		},
		{
			name: "the newest of own and linked wins: linked", slots: []Slot{slot("to").but(linked("hotel_city", LinkUse)), slot("hotel_city")},
			story: func(s *story) { s.stated("", "to", "Oslo").stated("", "hotel_city", "Rome") },
			ask:   SlotRequest{Slot: "to"}, want: brief3{Decision: DecisionUse, Reason: ReasonLinked, Value: "Rome"},
		},
		{
			name: "the newest of own and linked wins: own", slots: []Slot{slot("to").but(linked("hotel_city", LinkUse)), slot("hotel_city")},
			story: func(s *story) { s.stated("", "hotel_city", "Rome").stated("", "to", "Oslo") },
			ask:   SlotRequest{Slot: "to"}, want: use("Oslo"),
		},
		{
			name: "a link that says CONFIRM", slots: []Slot{slot("to").but(linked("hotel_city", LinkConfirm)), slot("hotel_city")},
			story: func(s *story) { s.stated("", "hotel_city", "Rome") },
			ask:   SlotRequest{Slot: "to"}, want: confirms(ReasonLinked, "Rome"),
		},
		{
			name: "a newer link that says CONFIRM, own value differs", slots: []Slot{slot("to").but(linked("hotel_city", LinkConfirm)), slot("hotel_city")},
			story: func(s *story) { s.stated("", "to", "Oslo").stated("", "hotel_city", "Rome") },
			ask:   SlotRequest{Slot: "to"}, want: confirms(ReasonLinked, "Rome", "Oslo"),
		},
		{
			name: "a newer link that says CONFIRM, own value equal", slots: []Slot{slot("to").but(linked("hotel_city", LinkConfirm)), slot("hotel_city")},
			story: func(s *story) { s.stated("", "to", "Oslo").stated("", "hotel_city", "oslo") },
			ask:   SlotRequest{Slot: "to"}, want: use("oslo"),
		},
		{
			name: "a linked value has to be as fresh as its own slot demands", slots: []Slot{
				slot("to").but(linked("hotel_city", LinkUse)), slot("hotel_city").but(func(s *Slot) { s.MaxAge = time.Hour }),
			},
			story: func(s *story) { s.stated("", "hotel_city", "Rome") }, later: day,
			ask: SlotRequest{Slot: "to"}, want: confirms(ReasonStale, "Rome"),
		},
		{
			name: "an expired linked value leaves the field to the own one", slots: []Slot{
				slot("to").but(linked("hotel_city", LinkUse)), slot("hotel_city").but(func(s *Slot) { s.ExpireAfter = time.Hour }),
			},
			story: func(s *story) { s.stated("", "to", "Oslo").stated("", "hotel_city", "Rome") }, later: day,
			ask: SlotRequest{Slot: "to"}, want: use("Oslo"),
		},
		{
			name: "a link to a secret says nothing", slots: []Slot{
				slot("to").but(linked("code", LinkUse)), slot("code").but(func(s *Slot) { s.Sensitivity = SensitivitySecret }),
			},
			story: func(s *story) { s.stated("", "code", "77") },
			ask:   SlotRequest{Slot: "to"}, want: asks(ReasonUnknown),
		},
		{
			name: "the linked slot's value was withdrawn there", slots: []Slot{slot("to").but(linked("hotel_city", LinkUse)), slot("hotel_city")},
			story: func(s *story) {
				s.stated("", "to", "Oslo").stated("", "hotel_city", "Rome").add(FactRetracted{Slot: "hotel_city"})
			},
			ask: SlotRequest{Slot: "to"}, want: use("Oslo"),
		},
		{
			name: "the linked slot's value was withdrawn here", slots: []Slot{slot("to").but(linked("hotel_city", LinkUse)), slot("hotel_city")},
			story: func(s *story) { s.stated("", "hotel_city", "Rome").add(FactRetracted{Slot: "to", Value: "rome"}) },
			ask:   SlotRequest{Slot: "to"}, want: asks(ReasonRetracted),
		},
		{
			name: "numbers written differently do not conflict", slots: []Slot{slot("phone").but(func(s *Slot) { s.Type = SlotTypePhone })},
			story: func(s *story) { s.stated("crm", "phone", "+1 (202) 555-0123").stated("ivr", "phone", "202 555 0123") },
			ask:   SlotRequest{Slot: "phone"}, want: use("202 555 0123"),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tell(t)
			if tt.story != nil {
				tt.story(s)
			}
			got := Plan(s.view(tt.slots...), Unrestricted, s.now.Add(tt.later), []SlotRequest{tt.ask})[0]
			if diff := cmp.Diff(tt.want, inShort(got)); diff != "" {
				t.Errorf("-want +got\n%s\n%s", diff, got.Explanation)
			}
			if got.Slot != tt.ask.Slot || got.Scope != tt.ask.Scope || got.Explanation == "" {
				t.Errorf("the plan does not repeat the request, or does not explain itself: %+v", got)
			}
		})
	}
}

func TestPlanTellsWhereAValueComesFrom(t *testing.T) {
	s := tell(t).in("call-1", ChannelIVR, Actor{Kind: ActorIVR, ID: "main"})
	s.add(FactStated{Slot: "acct", Scope: "ivr", Value: "A-1", Confidence: 0.7, Origin: FactOriginCustomer, Verification: VerificationSingleFactor})
	s.in("chat-1", ChannelChat, Actor{Kind: ActorBot}).add(FactConfirmed{Slot: "account_number", Value: "a1", FactEventID: "e1"})
	v := s.view(slot("account_number", "acct").but(func(s *Slot) { s.Type, s.Sensitivity = SlotTypeID, SensitivitySensitive }))
	got := Plan(v, Unrestricted, s.now, []SlotRequest{{Slot: "ACCT", Scope: "agent"}})[0]
	want := SlotPlan{
		Slot: "ACCT", Scope: "agent", SlotID: "account_number", Decision: DecisionUse, Reason: ReasonKnown, Value: "a1",
		Sensitivity: SensitivitySensitive,
		Provenance: &Provenance{
			EventID: "e1", Slot: "acct", Scope: "ivr", Channel: ChannelIVR, InteractionID: "call-1",
			Actor: Actor{Kind: ActorIVR, ID: "main"}, Time: at(1), Confidence: 1, Verification: VerificationSingleFactor,
			Confirmed: true, Origin: FactOriginCustomer,
		},
		Explanation: "Known: stated in IVR 2026-03-01 10:01 UTC as acct of ivr, and confirmed by the customer.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestPlanAgreesWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := mustApply(t, nil, genHistory(60).Draw(t, "history")...)
		d := genDictionary().Draw(t, "dictionary")
		v, now, a := NewView(s, d), genTime().Draw(t, "now"), anyAsker().Draw(t, "asker")
		var requests []SlotRequest
		for _, scope := range fewScopes {
			for _, name := range fewNames {
				requests = append(requests, SlotRequest{Slot: name, Scope: scope})
			}
		}
		plans := Plan(v, a, now, requests)
		if diff := cmp.Diff(plans, Plan(NewView(through(t, s), d), a, now, requests)); diff != "" {
			t.Fatalf("a restored state answers differently:\n%s", diff)
		}
		if diff := cmp.Diff(plans, Plan(v, s.Essential(a, now), now, requests)); diff != "" {
			t.Fatalf("what makes no difference makes one:\n%s", diff)
		}
		all := Plan(v, Unrestricted, now, requests)
		then := genTime().Draw(t, "then")
		if then.After(now) {
			then = now
		}
		past := PlanBack(v, a, then, now, requests)
		for i, p := range plans {
			if before := past[i]; before.Value != "" && before.Value != p.Value || before.Verification != nil && p.Verification == nil {
				t.Fatalf("%+v is revived as %+v", p, before)
			}
			known := (p.Decision == DecisionUse || p.Decision == DecisionConfirm) && p.Reason != ReasonVerified
			// Who may see everything sees what is withheld, unless the customer has to do something first.
			if p.Decision == DecisionWithhold && p.Reason == ReasonNotCleared && (all[i].Decision == DecisionAsk || p.Sensitivity <= a.Clearance) ||
				p.Decision == DecisionAsk && all[i].Decision != DecisionAsk && all[i].Reason != ReasonVerified {
				t.Fatalf("%+v, but without restrictions %+v", p, all[i])
			}
			if known != (p.Value != "") || known != (p.Provenance != nil) || p.Decision != DecisionConfirm && p.Alternatives != nil ||
				len(p.Alternatives) > maxAlternatives {
				t.Fatalf("%+v contradicts itself", p)
			}
			if slot, ok := d.Resolve(p.Scope, p.Slot); ok != (p.SlotID != "") || slot.ID != p.SlotID ||
				slot.Sensitivity == SensitivitySecret && p.Decision != DecisionAsk && (p.Reason != ReasonVerified || p.Verification == nil) {
				t.Fatalf("%+v for slot %+v", p, slot)
			}
			if p.Decision == DecisionUse && Masked(p.Value) {
				t.Fatalf("a masked value is used: %+v", p)
			}
			q := Question{EventID: "q", Slot: requests[i].Slot, Scope: requests[i].Scope, Asker: a, OccurredAt: now}
			if _, repeat := DetectRepeat(v, q); repeat && (p.Decision != DecisionUse || p.Verification != nil) {
				t.Fatalf("a repeat, but the plan was %+v", p)
			}
		}
	})
}
