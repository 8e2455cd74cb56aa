package domain

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func passed1(method string, level VerificationLevel) VerificationAttempted {
	return VerificationAttempted{Method: method, Result: VerificationPassed, Level: level}
}

func withholds(r DecisionReason) brief3 { return brief3{Decision: DecisionWithhold, Reason: r} }

func TestPlanForAnAsker(t *testing.T) {
	open := slot("city")
	sensitive := slot("account").but(func(s *Slot) { s.Sensitivity = SensitivitySensitive })
	guarded := slot("balance").but(func(s *Slot) { s.MinVerification = VerificationMultiFactor })
	offers := slot("hobby").but(func(s *Slot) { s.ConsentPurpose = "marketing" })
	secret := slot("pin").but(func(s *Slot) { s.Sensitivity = SensitivitySecret })
	strong := slot("passphrase").but(func(s *Slot) { s.Sensitivity, s.MinVerification = SensitivitySecret, VerificationMultiFactor })
	slots := []Slot{
		open, sensitive, guarded, offers, secret, strong,
		slot("iban").but(linked("account", LinkUse)), slot("wealth").but(linked("balance", LinkUse)), slot("gift").but(linked("hobby", LinkConfirm)),
		slot("both").but(linked("balance", LinkUse)).but(func(s *Slot) { s.ConsentPurpose = "marketing" }),
	}
	grant := func(status ConsentStatus, until time.Time) func(*story) {
		return func(s *story) { s.add(ConsentChanged{Purpose: "marketing", Status: status, ExpireTime: until}) }
	}
	bot := Asker{Clearance: SensitivityPersonal}
	chat := Asker{Clearance: FullClearance, Channel: ChannelChat}
	inCall := func(s *story) {
		s.in("call-1", ChannelIVR, Actor{Kind: ActorIVR}).add(passed1("otp-sms", VerificationMultiFactor))
	}
	for _, tt := range []struct {
		name  string
		story func(*story)
		asker Asker
		ask   string
		later time.Duration
		want  brief3
	}{
		{name: "not above the clearance", asker: bot, ask: "city", want: use("Oslo")},
		{name: "above the clearance", asker: bot, ask: "account", want: withholds(ReasonNotCleared)},
		{name: "cleared", asker: Unrestricted, ask: "account", want: use("A-1")},
		{name: "above the clearance, but unknown", asker: bot, ask: "account", story: func(s *story) { s.add(FactRetracted{Slot: "account"}) }, want: asks(ReasonRetracted)},
		{name: "a link to a slot above the clearance", asker: bot, ask: "iban", want: withholds(ReasonNotCleared)},
		{name: "cleared for nothing", ask: "city", want: withholds(ReasonNotCleared)},
		{name: "a name without entry is personal", asker: Asker{Clearance: SensitivityInternal}, ask: "shoe size", want: withholds(ReasonNotCleared)},
		{name: "a name without entry for whom is cleared", asker: bot, ask: "shoe size", want: use("43")},

		{name: "not verified", asker: Unrestricted, ask: "balance", want: withholds(ReasonVerificationTooLow)},
		{name: "a link to a slot that demands verification", asker: Unrestricted, ask: "wealth", want: withholds(ReasonVerificationTooLow)},
		{name: "verified", asker: Unrestricted, ask: "balance", story: inCall, want: use("12")},
		{name: "verified, by a link", asker: Unrestricted, ask: "wealth", story: inCall, want: brief3{DecisionUse, ReasonLinked, "12", ""}},
		{name: "verified in another channel", asker: chat, ask: "balance", story: inCall, want: withholds(ReasonVerificationTooLow)},
		{name: "verified too long ago", asker: Unrestricted, ask: "balance", story: inCall, later: 13 * time.Hour, want: withholds(ReasonVerificationTooLow)},
		{
			name: "verified in another channel from where the customer was handed over", ask: "balance",
			asker: Asker{Clearance: FullClearance, Channel: ChannelChat, InteractionID: "chat-1"},
			story: func(s *story) {
				inCall(s)
				s.add(HandoffOffered{HandoffID: "h"}, HandoffAccepted{HandoffID: "h", InteractionID: "chat-1"})
			},
			want: use("12"),
		},

		{name: "no consent", asker: Unrestricted, ask: "hobby", want: withholds(ReasonConsentMissing)},
		{name: "consent", asker: Unrestricted, ask: "hobby", story: grant(ConsentGranted, time.Time{}), want: use("chess")},
		{name: "consent that has expired", asker: Unrestricted, ask: "hobby", story: grant(ConsentGranted, at(30)), later: time.Hour, want: withholds(ReasonConsentMissing)},
		{name: "consent revoked", asker: Unrestricted, ask: "hobby", story: grant(ConsentRevoked, time.Time{}), want: withholds(ReasonConsentMissing)},
		{name: "a link to a slot that demands consent", asker: Unrestricted, ask: "gift", want: withholds(ReasonConsentMissing)},
		{name: "consent before verification", asker: Unrestricted, ask: "both", want: withholds(ReasonConsentMissing)},
		{name: "consent, then verification", asker: Unrestricted, ask: "both", story: grant(ConsentGranted, time.Time{}), want: withholds(ReasonVerificationTooLow)},

		{name: "a purpose that was denied", asker: Asker{Clearance: FullClearance, Purpose: "marketing"}, ask: "city", story: grant(ConsentDenied, time.Time{}), want: withholds(ReasonConsentMissing)},
		{name: "a purpose of which nothing was said", asker: Asker{Clearance: FullClearance, Purpose: "marketing"}, ask: "city", want: use("Oslo")},
		{name: "a purpose for which consent has expired", asker: Asker{Clearance: FullClearance, Purpose: "marketing"}, ask: "city", story: grant(ConsentGranted, at(30)), later: time.Hour, want: withholds(ReasonConsentMissing)},
		{name: "a purpose that was denied, and nothing known", asker: Asker{Clearance: FullClearance, Purpose: "marketing"}, ask: "street", story: grant(ConsentDenied, time.Time{}), want: asks(ReasonUnknown)},

		{name: "a secret", asker: Unrestricted, ask: "pin", want: asks(ReasonSecret)},
		{name: "a secret, verified", asker: bot, ask: "pin", story: inCall, want: brief3{Decision: DecisionUse, Reason: ReasonVerified}},
		{name: "a secret, identified only", asker: Unrestricted, ask: "pin", story: func(s *story) { s.add(passed1("ani", VerificationIdentified)) }, want: asks(ReasonSecret)},
		{name: "a secret, verified in another channel, still enough", asker: chat, ask: "pin", story: inCall, want: brief3{Decision: DecisionUse, Reason: ReasonVerified}},
		{name: "a stronger secret, not enough any more", asker: chat, ask: "passphrase", story: inCall, want: asks(ReasonSecret)},
		{name: "a secret, and a purpose that was denied", asker: Asker{Clearance: FullClearance, Purpose: "marketing"}, ask: "pin", story: func(s *story) { inCall(s); grant(ConsentDenied, time.Time{})(s) }, want: asks(ReasonSecret)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tell(t).stated("", "city", "Oslo").stated("", "account", "A-1").stated("", "balance", "12").stated("", "hobby", "chess").stated("", "shoe size", "43")
			if tt.story != nil {
				tt.story(s)
			}
			v, now := s.view(slots...), s.now.Add(tt.later)
			p := Plan(v, tt.asker, now, []SlotRequest{{Slot: tt.ask}})[0]
			if got := inShort(p); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if (p.Reason == ReasonVerified) != (p.Verification != nil) || p.Explanation == "" {
				t.Errorf("verification %+v, explanation %q", p.Verification, p.Explanation)
			}
			_, repeat := DetectRepeat(v, Question{EventID: "q", Slot: tt.ask, Asker: tt.asker, OccurredAt: now})
			if want := p.Decision == DecisionUse && p.Verification == nil; repeat != want {
				t.Errorf("a repeat: %v, want %v", repeat, want)
			}
		})
	}
}

func TestWithheldFactsAreListedWithoutValue(t *testing.T) {
	sensitive := slot("account").but(func(s *Slot) { s.Sensitivity = SensitivitySensitive })
	name := slot("customer_name").but(func(s *Slot) { s.Type, s.MinVerification = SlotTypePersonName, VerificationSingleFactor })
	s := tell(t).stated("crm", "account", "A-1").stated("ivr", "account", "B-2").stated("", "customer_name", "Ada").stated("", "city", "Oslo")
	v := s.view(sensitive, name, slot("city"))
	c := BuildContext(v, Asker{Clearance: SensitivityPersonal}, ViewFull, s.now)
	got := map[string]string{}
	for _, f := range c.Facts {
		got[f.SlotID] = fmt.Sprintf("%s %d %d %d", f.Value, f.Status, f.Withheld, len(f.Alternatives))
	}
	want := map[string]string{
		"account":       fmt.Sprintf("*** %d %d 0", FactConflicting, ReasonNotCleared),
		"customer_name": fmt.Sprintf("*** %d %d 0", FactFresh, ReasonVerificationTooLow),
		"city":          fmt.Sprintf("Oslo %d 0 0", FactFresh),
	}
	for id, w := range want {
		if got[id] != w {
			t.Errorf("%s: got %s, want %s", id, got[id], w)
		}
	}
	if c.Identity.DisplayName != "" || len(c.DoNotAsk) != 1 || c.DoNotAsk[0].SlotID != "city" {
		t.Errorf("name %q, do not ask %+v", c.Identity.DisplayName, c.DoNotAsk)
	}
	if f, ok := KnownFact(v, Asker{Clearance: SensitivityPersonal}, s.now, s.now, "", "account"); !ok || f.Value != Mask || f.Withheld != ReasonNotCleared {
		t.Errorf("known fact %+v, %v", f, ok)
	}
}

func TestAVerifiedSecretIsNotToBeAsked(t *testing.T) {
	pin := slot("pin").but(func(s *Slot) { s.Sensitivity, s.DisplayName = SensitivitySecret, "PIN" })
	s := tell(t).add(passed1("pin", VerificationSingleFactor)).stated("", "city", "Oslo")
	c := BuildContext(s.view(pin, slot("city")), Unrestricted, ViewFull, s.now)
	if len(c.DoNotAsk) != 2 || c.DoNotAsk[1].DisplayName != "PIN" || !c.DoNotAsk[1].StatedTime.Equal(day0) || !c.DoNotAsk[1].UntilTime.Equal(day0.Add(DefaultMaxAge)) {
		t.Errorf("got %+v", c.DoNotAsk)
	}
	if later := BuildContext(s.view(pin), Unrestricted, ViewFull, day0.Add(DefaultMaxAge+time.Second)); len(later.DoNotAsk) != 1 {
		t.Errorf("after it has expired: %+v", later.DoNotAsk)
	}
}

// Nothing that an asker gets, in whatever part of an answer, may hold a value that is not for them. Each value names
// the slot that it was stated for, so a value that comes by a link is found, too.
func TestNothingLeaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := genHistory(80).Draw(t, "history")
		for i := range events {
			if p, ok := events[i].Payload.(FactStated); ok {
				p.Value = "value of " + FoldName(p.Slot) + " in " + FoldName(p.Scope) + "!"
				events[i].Payload = p
			}
		}
		s, d := mustApply(t, nil, events...), genDictionary().Draw(t, "dictionary")
		v, a, now := NewView(s, d), anyAsker().Draw(t, "asker"), genTime().Draw(t, "now")
		policy := d.Policy()
		level := s.Standing(&policy, a, now).Level
		var requests []SlotRequest
		for _, n := range fewNames {
			for _, scope := range fewScopes {
				requests = append(requests, SlotRequest{n, scope})
			}
		}
		told := fmt.Sprintf("%+v\n%+v", *BuildContext(v, a, ViewFull, now), Plan(v, a, now, requests))
		for _, f := range s.Facts {
			m := f.meaningIn(d)
			slot := undefinedEntry.slot
			if m.slot != nil {
				slot = m.slot.slot
			}
			allowed := slot.EffectiveSensitivity() <= a.Clearance && slot.Sensitivity != SensitivitySecret &&
				max(slot.MinVerification, VerificationNone) <= level &&
				(slot.ConsentPurpose == "" || s.consentTo(slot.ConsentPurpose, now) == ConsentGranted) &&
				(a.Purpose == "" || !s.refuses(a.Purpose, now))
			for _, value := range f.Values {
				if value.StatedRevision != 0 && !allowed && strings.Contains(told, value.Text) && strings.HasPrefix(value.Text, "value of") {
					t.Fatalf("%q of slot %+v is told to %+v", value.Text, slot, a)
				}
			}
		}
	})
}
