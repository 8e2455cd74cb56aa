package domain

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDetectDoubleVerification(t *testing.T) {
	const (
		none, identified, single, multi = VerificationNone, VerificationIdentified, VerificationSingleFactor, VerificationMultiFactor
	)
	for _, tt := range []struct {
		name   string
		story  func(*story) // after a PIN in the IVR, good for everything
		policy VerificationPolicy
		a      Attempt // in the chat of the story unless it says otherwise
		wait   time.Duration
		want   bool
	}{
		{name: "the same level, handed over", story: handedToChat, a: Attempt{Level: single}, want: true},
		{name: "a lower level", story: handedToChat, a: Attempt{Level: identified}, want: true},
		{name: "no level stated counts as single factor", story: handedToChat, want: true},
		{name: "a failed check states NONE as reached", story: handedToChat, a: Attempt{Result: VerificationFailed, Level: none}, want: true},
		{name: "failed", story: handedToChat, a: Attempt{Result: VerificationFailed, Level: single}, want: true},
		{name: "given up", story: handedToChat, a: Attempt{Result: VerificationAbandoned}, want: true},
		{name: "no result stated", story: handedToChat, a: Attempt{Result: VerificationResultUnspecified}, want: true},
		{name: "could not be made", story: handedToChat, a: Attempt{Result: VerificationUnavailable}},
		{name: "a step up", story: handedToChat, a: Attempt{Level: multi}},
		{name: "a step up that failed", story: handedToChat, a: Attempt{Result: VerificationFailed, RequiredLevel: multi}},
		{name: "the first factor of a step up", story: handedToChat, a: Attempt{Level: single, RequiredLevel: multi}},
		{name: "more was reached than wanted", story: handedToChat, a: Attempt{Level: multi, RequiredLevel: single}, want: true},
		{name: "no level is wanted, more is reached", story: handedToChat, a: Attempt{Level: multi, RequiredLevel: none}},
		{name: "not handed over", a: Attempt{Level: single}},
		{name: "not handed over, but identified is enough", a: Attempt{RequiredLevel: identified}, want: true},
		{
			name: "not handed over, where the policy keeps", policy: VerificationPolicy{OnChannelChange: ChannelChangeKeep},
			a: Attempt{Level: single}, want: true,
		},
		{name: "another interaction in the same channel", a: Attempt{Level: single, Channel: ChannelIVR, InteractionID: "call-2"}},
		{
			name:   "another interaction in the same channel, where the policy keeps",
			policy: VerificationPolicy{OnNewInteraction: ChannelChangeKeep},
			a:      Attempt{Level: single, Channel: ChannelIVR, InteractionID: "call-2"}, want: true,
		},
		{name: "the same interaction", a: Attempt{Level: single, Channel: ChannelIVR, InteractionID: "call"}, want: true},
		{name: "no channel stated", a: Attempt{Level: single}, want: true},
		{
			name: "the method is good for less", story: handedToChat, policy: VerificationPolicy{MethodRules: []MethodRule{{"pin", identified}}},
			a: Attempt{Level: single},
		},
		{name: "to the last moment", story: handedToChat, a: Attempt{Level: single}, wait: DefaultMaxAge, want: true},
		{name: "expired", story: handedToChat, a: Attempt{Level: single}, wait: DefaultMaxAge + 1},
		{name: "made before the passport, reported later", story: handedToChat, a: Attempt{Level: single}, wait: -1},
		{name: "for one scope", story: handedToChat, a: Attempt{Level: single, Scopes: []string{"payments"}}, want: true},
		{
			name: "for scopes that the passport has", story: scopedPassport, wait: time.Minute,
			a: Attempt{Level: multi, Scopes: []string{"payments", "address"}}, want: true,
		},
		{name: "for another scope", story: scopedPassport, wait: time.Minute, a: Attempt{Level: multi, Scopes: []string{"payments", "loans"}}},
		{name: "for everything, the passport for something", story: scopedPassport, wait: time.Minute, a: Attempt{Level: multi}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tell(t).in("call", ChannelIVR, Actor{Kind: ActorIVR}).verified("pin", single)
			if tt.story != nil {
				tt.story(s)
			}
			a := tt.a
			a.EventID, a.Method, a.OccurredAt = "again", "kba", day0.Add(tt.wait)
			if tt.a.Result == VerificationResultUnspecified && tt.name != "no result stated" {
				a.Result = VerificationPassed
			}
			if a.Channel == ChannelUnspecified && tt.name != "no channel stated" {
				a.Channel, a.InteractionID = ChannelChat, "chat"
			}
			dict := (*Dictionary)(nil).Apply(Event{Revision: 1, Payload: PolicyChanged{Policy{Verification: tt.policy}}})
			d, got := DetectDoubleVerification(NewView(s.state(), dict), a)
			if got != tt.want {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			if got && (d.VerificationEventID != "again" || d.Method != "kba" || d.Passport.Effective < a.Wanted()) {
				t.Errorf("%+v", d)
			}
		})
	}
}

func handedToChat(s *story) { s.handedOver("h1", "chat", ChannelChat) }

func scopedPassport(s *story) {
	s.handedOver("h1", "chat", ChannelChat)
	s.events[1].OccurredAt = day0
	s.verified("otp", VerificationMultiFactor, "address", "payments", "orders")
	s.events[len(s.events)-1].OccurredAt = day0
}

// Each try is judged by itself: those while nothing is valid are none, the one after it was passed is.
func TestRetriesAreNoDoubleVerification(t *testing.T) {
	s := tell(t)
	var doubles []bool
	try := func(result VerificationResult) {
		p := VerificationAttempted{Method: "pin", Result: result, Level: VerificationSingleFactor}
		view := s.view()
		s.add(p)
		_, double := DetectDoubleVerification(view, AttemptOf(&s.events[len(s.events)-1], p))
		doubles = append(doubles, double)
	}
	for _, r := range []VerificationResult{
		VerificationFailed, VerificationUnavailable, VerificationFailed, VerificationPassed, VerificationFailed, VerificationPassed,
	} {
		try(r)
	}
	if diff := cmp.Diff([]bool{false, false, false, false, true, true}, doubles); diff != "" {
		t.Error(diff)
	}
}

// Double is what CheckVerification would have called enough.
func TestDoubleVerificationAgreesWithTheCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := genVerifications().Draw(t, "state")
		policy := genPolicy().Draw(t, "policy")
		dict := (*Dictionary)(nil).Apply(Event{Revision: 1, Payload: PolicyChanged{policy}})
		asker := genAsker().Draw(t, "asker")
		a := Attempt{
			Result: VerificationPassed, Level: VerificationLevel(rapid.IntRange(0, 5).Draw(t, "level")),
			Scopes:     rapid.SampledFrom([][]string{{"payments"}, {"address"}}).Draw(t, "scopes"),
			OccurredAt: at(6000), Channel: asker.Channel, InteractionID: asker.InteractionID,
		}
		_, double := DetectDoubleVerification(NewView(state, dict), a)
		enough := CheckVerification(state.Standing(&policy, asker, a.OccurredAt), Requirement{MinLevel: a.Wanted(), Scope: a.Scopes[0]}, a.OccurredAt)
		if double != enough.Sufficient {
			t.Fatalf("double %v, but the check says %+v", double, enough)
		}
	})
}

func TestDoubleVerificationEventID(t *testing.T) {
	a, b := DoubleVerificationEventID("v1"), DoubleVerificationEventID("v2")
	if a == b || a != DoubleVerificationEventID("v1") || a == RepeatEventID("v1") || len(a) > 128 {
		t.Errorf("got %q and %q", a, b)
	}
}
