package domain

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// verified adds a check that was passed.
func (s *story) verified(method string, level VerificationLevel, scopes ...string) *story {
	return s.add(VerificationAttempted{Method: method, Result: VerificationPassed, Level: level, Scopes: scopes})
}

// handedOver moves the customer on to another interaction, by a handoff.
func (s *story) handedOver(handoff, to string, c Channel) *story {
	s.add(HandoffOffered{HandoffID: handoff})
	s.channel = c
	s.add(HandoffAccepted{HandoffID: handoff, InteractionID: to})
	s.interaction = to
	return s
}

func TestStanding(t *testing.T) {
	const (
		none, identified, single, multi, person = VerificationNone, VerificationIdentified, VerificationSingleFactor,
			VerificationMultiFactor, VerificationInPerson
	)
	ivr := func(t *testing.T) *story { return tell(t).in("call", ChannelIVR, Actor{Kind: ActorIVR}) }
	chat := Asker{Channel: ChannelChat, InteractionID: "chat"}
	again := Asker{Channel: ChannelIVR, InteractionID: "call-2"}
	for _, tt := range []struct {
		name   string
		story  func(*story)
		policy VerificationPolicy
		asker  Asker
		wait   time.Duration
		want   VerificationLevel
		why    LoweredBy
		says   string
	}{
		{name: "in its own interaction", asker: Asker{Channel: ChannelIVR, InteractionID: "call"}, want: multi},
		{name: "in its own channel, no interaction stated", asker: Asker{Channel: ChannelIVR}, want: multi},
		{
			name: "another interaction in its own channel", asker: again, want: single, why: LoweredByInteraction,
			says: "It was passed in another interaction and counts as single factor here.",
		},
		{
			name: "another interaction, no channel stated", asker: Asker{InteractionID: "call-2"}, want: single, why: LoweredByInteraction,
			says: "It was passed in another interaction and counts as single factor here.",
		},
		{
			name: "another interaction, whatever the policy says of other channels", asker: again, want: single, why: LoweredByInteraction,
			policy: VerificationPolicy{OnChannelChange: ChannelChangeKeep, ChannelRules: []ChannelRule{{Change: ChannelChangeKeep}}},
			says:   "It was passed in another interaction and counts as single factor here.",
		},
		{name: "another interaction, kept", policy: VerificationPolicy{OnNewInteraction: ChannelChangeKeep}, asker: again, want: multi},
		{
			name: "another interaction, dropped in this channel", asker: again, want: identified, why: LoweredByInteraction,
			policy: VerificationPolicy{
				OnNewInteraction: ChannelChangeKeep, ChannelRules: []ChannelRule{{ChannelIVR, ChannelIVR, ChannelChangeDrop}},
			},
			says: "It was passed in another interaction and counts as identified here.",
		},
		{
			name: "handed over to another call", story: func(s *story) { s.handedOver("h1", "call-2", ChannelIVR) }, asker: again, want: multi,
		},
		{name: "nowhere in particular", want: multi},
		{
			name: "another channel", asker: chat, want: single, why: LoweredByChannel,
			says: "It was passed in another channel (IVR) and counts as single factor here.",
		},
		{name: "the same interaction in another channel", asker: Asker{Channel: ChannelVoice, InteractionID: "call"}, want: multi},
		{name: "another channel, kept", policy: VerificationPolicy{OnChannelChange: ChannelChangeKeep}, asker: chat, want: multi},
		{
			name: "another channel, dropped", policy: VerificationPolicy{OnChannelChange: ChannelChangeDrop}, asker: chat,
			want: identified, why: LoweredByChannel, says: "It was passed in another channel (IVR) and counts as identified here.",
		},
		{
			name: "lowered no further than identified", story: func(s *story) { s.events = nil; s.verified("ani", identified) },
			asker: chat, want: identified,
		},
		{
			name: "the first rule that fits", asker: chat, want: multi,
			policy: VerificationPolicy{ChannelRules: []ChannelRule{
				{From: ChannelIVR, To: ChannelVoice, Change: ChannelChangeDrop}, {From: ChannelIVR, Change: ChannelChangeKeep},
				{From: ChannelIVR, To: ChannelChat, Change: ChannelChangeDrop},
			}},
		},
		{
			name: "a rule for every channel", asker: chat, want: identified, why: LoweredByChannel,
			policy: VerificationPolicy{
				OnChannelChange: ChannelChangeKeep, ChannelRules: []ChannelRule{{To: ChannelChat, Change: ChannelChangeDrop}},
			},
			says: "It was passed in another channel (IVR) and counts as identified here.",
		},
		{name: "handed over", story: func(s *story) { s.handedOver("h1", "chat", ChannelChat) }, asker: chat, want: multi},
		{
			name: "handed over in two steps",
			story: func(s *story) {
				s.handedOver("h1", "agent", ChannelVoice).handedOver("h2", "chat", ChannelChat)
			},
			asker: chat, want: multi,
		},
		{
			name: "two handoffs to one interaction, the other one newer",
			story: func(s *story) {
				s.handedOver("h1", "chat", ChannelChat).in("third", ChannelEmail, Actor{}).handedOver("h2", "chat", ChannelChat)
			},
			asker: chat, want: multi,
		},
		{
			name: "handed over and completed",
			story: func(s *story) {
				s.handedOver("h1", "chat", ChannelChat).add(HandoffCompleted{HandoffID: "h1"})
			},
			asker: chat, want: multi,
		},
		{
			name: "offered only", story: func(s *story) { s.add(HandoffOffered{HandoffID: "h1"}) }, asker: chat,
			want: single, why: LoweredByChannel, says: "It was passed in another channel (IVR) and counts as single factor here.",
		},
		{
			name: "taken and withdrawn",
			story: func(s *story) {
				s.handedOver("h1", "chat", ChannelChat).add(HandoffCancelled{HandoffID: "h1"})
			},
			asker: chat, want: single, why: LoweredByChannel,
			says: "It was passed in another channel (IVR) and counts as single factor here.",
		},
		{
			name: "handed over to somebody else", story: func(s *story) { s.handedOver("h1", "chat-2", ChannelChat) }, asker: chat,
			want: single, why: LoweredByChannel, says: "It was passed in another channel (IVR) and counts as single factor here.",
		},
		{
			name: "in a circle",
			story: func(s *story) {
				s.in("b", ChannelVoice, Actor{}).handedOver("h1", "chat", ChannelChat).handedOver("h2", "b", ChannelVoice)
			},
			asker: chat, want: single, why: LoweredByChannel,
			says: "It was passed in another channel (IVR) and counts as single factor here.",
		},
		{
			name: "the method is good for less", policy: VerificationPolicy{MethodRules: []MethodRule{{"otp", single}}}, want: single,
			why: LoweredByMethod, says: "By the policy, otp counts as single factor at the most.",
		},
		{
			name: "the method, then the channel", policy: VerificationPolicy{MethodRules: []MethodRule{{"otp", single}}}, asker: chat,
			want: identified, why: LoweredByChannel,
			says: "By the policy, otp counts as single factor at the most. It was passed in another channel (IVR) and counts as identified here.",
		},
		{
			name: "the method is good for nothing", policy: VerificationPolicy{MethodRules: []MethodRule{{"otp", none}}}, want: none,
			why: LoweredByMethod, says: "By the policy, otp counts as not verified at the most.",
		},
		{name: "to its last moment", wait: DefaultMaxAge, want: multi},
		{
			name: "expired", wait: DefaultMaxAge + 1, want: none, why: LoweredByAge,
			says: "It has expired: it was valid until 2026-03-01 22:00 UTC.",
		},
		{
			name: "expired by a rule for its level", wait: time.Hour + 1, want: none, why: LoweredByAge,
			policy: VerificationPolicy{LevelRules: []LevelRule{{single, 20 * time.Hour}, {multi, time.Hour}}},
			says:   "It has expired: it was valid until 2026-03-01 11:00 UTC.",
		},
		{
			name: "valid for longer by a rule for its level", wait: 100 * time.Hour, want: multi,
			policy: VerificationPolicy{LevelRules: []LevelRule{{multi, 100 * time.Hour}}},
		},
		{
			name: "its own expiry comes first", wait: time.Hour, want: none, why: LoweredByAge,
			story: func(s *story) {
				s.events[0].Payload = VerificationAttempted{Method: "otp", Result: VerificationPassed, Level: multi, ExpireTime: at(30)}
			},
			says: "It has expired: it was valid until 2026-03-01 10:30 UTC.",
		},
		{
			name: "never beyond the policy", wait: 13 * time.Hour, want: none, why: LoweredByAge,
			story: func(s *story) {
				s.events[0].Payload = VerificationAttempted{Method: "otp", Result: VerificationPassed, Level: multi, ExpireTime: at(9999)}
			},
			says: "It has expired: it was valid until 2026-03-01 22:00 UTC.",
		},
		{
			name: "a clock that is ahead", wait: DefaultMaxAge + 2*time.Second, want: none, why: LoweredByAge,
			story: func(s *story) { s.events[0].OccurredAt = at(600) }, // recorded a second after the story's beginning
			says:  "It has expired: it was valid until 2026-03-01 22:00 UTC.",
		},
		{name: "a higher level comes later", story: func(s *story) { s.verified("branch", person) }, want: person},
		{name: "a lower level comes later", story: func(s *story) { s.verified("pin", single) }, want: multi},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ivr(t).verified("otp", multi)
			if tt.story != nil {
				tt.story(s)
			}
			st := s.state().Standing(&Policy{Verification: tt.policy}, tt.asker, day0.Add(tt.wait))
			if st.Level != tt.want {
				t.Errorf("level %v, want %v", st.Level, tt.want)
			}
			j := st.Passports[len(st.Passports)-1]
			if j.Valid != (tt.why != LoweredByAge) || !j.Valid && j.Effective != none {
				t.Errorf("valid %v, worth %v", j.Valid, j.Effective)
			}
			if j.LoweredBy != tt.why || j.Explain() != tt.says {
				t.Errorf("lowered by %v: %q\nwant %v: %q", j.LoweredBy, j.Explain(), tt.why, tt.says)
			}
		})
	}
}

func TestStandingHoldsAsLongAsTheLastOfItsLevel(t *testing.T) {
	s := tell(t).verified("pin", VerificationSingleFactor).wait(time.Hour).verified("otp", VerificationSingleFactor)
	s.add(VerificationAttempted{Method: "kba", Result: VerificationPassed, Level: VerificationIdentified})
	policy := &Policy{Verification: VerificationPolicy{LevelRules: []LevelRule{{VerificationIdentified, 700 * time.Hour}}}}
	st := s.state().Standing(policy, Asker{}, s.now)
	if want := at(61).Add(DefaultMaxAge); st.Level != VerificationSingleFactor || !st.ValidUntil.Equal(want) {
		t.Errorf("%v until %v, want until %v", st.Level, st.ValidUntil, want)
	}
	// Valid ones first, newest first.
	st = s.state().Standing(policy, Asker{}, at(30).Add(DefaultMaxAge))
	var methods []string
	for _, j := range st.Passports {
		methods = append(methods, j.Method)
	}
	if len(methods) != 3 || methods[0] != "kba" || methods[1] != "otp" || methods[2] != "pin" || st.Passports[2].Valid {
		t.Errorf("in the order %v", methods)
	}
}

// A check that was passed and showed nothing may stand in the log, written there by others.
func TestPassedWithoutLevelIsHarmless(t *testing.T) {
	for _, level := range []VerificationLevel{-1, VerificationUnspecified, VerificationNone} {
		s := tell(t).verified("pin", VerificationSingleFactor).add(VerificationAttempted{Method: "otp", Result: VerificationFailed})
		for range MaxPassports + 1 {
			s.verified("nothing", level)
		}
		state := s.state()
		st := state.Standing(&Policy{}, Asker{}, s.now)
		if st.Level != VerificationSingleFactor || len(st.Passports) != 1 || state.FailedChecks.Count != 1 || state.Verifications != MaxPassports+3 {
			t.Errorf("level %d: %+v, %+v", level, st, state.FailedChecks)
		}
		// And a state that has one all the same, made otherwise.
		state.Passports = append(state.Passports, &Passport{Method: "nothing", Level: level, Time: s.now})
		st = state.Standing(&Policy{}, Asker{}, s.now)
		if j := st.Passports[1]; j.Valid || j.Effective != VerificationNone || j.LoweredBy != NotLowered || j.Explain() != "" {
			t.Errorf("level %d: %+v", level, j)
		}
	}
}

func genPolicy() *rapid.Generator[Policy] {
	level := rapid.Custom(func(t *rapid.T) VerificationLevel { return VerificationLevel(rapid.IntRange(0, 5).Draw(t, "level")) })
	channel := rapid.Custom(func(t *rapid.T) Channel { return Channel(rapid.IntRange(0, 5).Draw(t, "channel")) })
	change := rapid.Custom(func(t *rapid.T) ChannelChange { return ChannelChange(rapid.IntRange(0, 3).Draw(t, "change")) })
	return rapid.Custom(func(t *rapid.T) Policy {
		p := Policy{Verification: VerificationPolicy{
			OnChannelChange: change.Draw(t, "on change"), OnNewInteraction: change.Draw(t, "on another interaction"),
		}}
		for range rapid.IntRange(0, 3).Draw(t, "rules") {
			p.Verification.ChannelRules = append(p.Verification.ChannelRules, ChannelRule{
				From: channel.Draw(t, "from"), To: channel.Draw(t, "to"), Change: change.Draw(t, "change"),
			})
			p.Verification.LevelRules = append(p.Verification.LevelRules, LevelRule{
				Level: level.Draw(t, "of"), MaxAge: time.Duration(rapid.IntRange(0, 9000).Draw(t, "age")) * time.Minute,
			})
			p.Verification.MethodRules = append(p.Verification.MethodRules, MethodRule{
				Method: rapid.SampledFrom([]string{"pin", "otp-sms"}).Draw(t, "method"), MaxLevel: level.Draw(t, "most"),
			})
		}
		return p
	})
}

// genVerifications returns histories of verifications and handoffs, from few interactions.
func genVerifications() *rapid.Generator[*State] {
	return rapid.Custom(func(t *rapid.T) *State {
		events := make([]Event, rapid.IntRange(0, 20).Draw(t, "events"))
		pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, what) }
		for i := range events {
			e := &events[i]
			*e = Event{
				EventID: "e" + strconv.Itoa(i+1), Revision: int64(i + 1), OccurredAt: genTime().Draw(t, "occurred"), RecordedAt: at(30 * i),
				Channel: Channel(rapid.IntRange(0, 5).Draw(t, "channel")), InteractionID: pick("interaction", fewIDs...),
			}
			handoff := pick("handoff", "h1", "h2", "h3")
			switch rapid.IntRange(0, 4).Draw(t, "event") {
			case 0:
				e.Payload = HandoffOffered{HandoffID: handoff}
			case 1:
				e.Payload = HandoffAccepted{HandoffID: handoff, InteractionID: pick("receiver", fewIDs...)}
			default:
				v := VerificationAttempted{
					Method: pick("method", "pin", "otp-sms"), Result: VerificationResult(rapid.IntRange(0, 4).Draw(t, "result")),
					Level:  VerificationLevel(rapid.IntRange(0, 5).Draw(t, "level")),
					Scopes: rapid.SampledFrom([][]string{nil, {"payments"}}).Draw(t, "scopes"),
				}
				if rapid.Bool().Draw(t, "passed") {
					v.Result = VerificationPassed
				}
				if rapid.IntRange(0, 3).Draw(t, "expires") == 0 {
					v.ExpireTime = genTime().Draw(t, "expiry")
				}
				e.Payload = v
			}
		}
		return mustApply(t, nil, events...)
	})
}

func genAsker() *rapid.Generator[Asker] {
	return rapid.Custom(func(t *rapid.T) Asker {
		return Asker{
			Channel:       Channel(rapid.IntRange(0, 5).Draw(t, "channel")),
			InteractionID: rapid.SampledFrom(fewIDs).Draw(t, "interaction"),
		}
	})
}

// Whatever the history, the policy and the asker, even handoffs in circles: what a verification is worth never exceeds
// what was reached, and never rises as time passes.
func TestWorthOfVerifications(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := genVerifications().Draw(t, "state")
		policy, asker := genPolicy().Draw(t, "policy"), genAsker().Draw(t, "asker")
		now := genTime().Draw(t, "now")
		later := now.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "later")) * time.Second)
		st, aged := state.Standing(&policy, asker, now), state.Standing(&policy, asker, later)
		home := map[string]VerificationLevel{}
		for _, j := range state.Standing(&policy, Asker{}, now).Passports {
			home[j.EventID] = j.Effective
		}
		worth, best := map[string]VerificationLevel{}, VerificationNone
		for _, j := range st.Passports {
			worth[j.EventID] = j.Effective
			best = max(best, j.Effective)
			switch {
			case j.Effective > j.OwnLevel || j.OwnLevel > j.Level || j.Effective < VerificationNone:
				t.Fatalf("worth %v, own %v, reached %v", j.Effective, j.OwnLevel, j.Level)
			case j.Effective > home[j.EventID]:
				t.Fatalf("worth %v elsewhere and %v in its own channel", j.Effective, home[j.EventID])
			case !j.Valid && j.Effective != VerificationNone:
				t.Fatalf("worth %v though not valid", j.Effective)
			case (j.Effective < j.Level) != (j.LoweredBy != NotLowered) || (j.LoweredBy != NotLowered) != (j.Explain() != ""):
				t.Fatalf("worth %v of %v, lowered by %v: %q", j.Effective, j.Level, j.LoweredBy, j.Explain())
			}
		}
		for _, j := range aged.Passports {
			if j.Effective > worth[j.EventID] {
				t.Fatalf("worth %v now and %v later", worth[j.EventID], j.Effective)
			}
		}
		if st.Level != best || aged.Level > st.Level {
			t.Fatalf("the standing is %v and later %v; the best passport has %v", st.Level, aged.Level, best)
		}
		if !st.ValidUntil.IsZero() && st.Level > VerificationNone {
			if got := state.Standing(&policy, asker, st.ValidUntil).Level; got != st.Level && !st.ValidUntil.Before(now) {
				t.Fatalf("%v until %v, but then %v", st.Level, st.ValidUntil, got)
			}
			if got := state.Standing(&policy, asker, st.ValidUntil.Add(1)).Level; got >= st.Level {
				t.Fatalf("%v until %v, but after it still %v", st.Level, st.ValidUntil, got)
			}
		}
	})
}

// A chain of handoffs of any length keeps the worth, in whatever order its steps were offered.
func TestHandoffChainKeepsWorth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, MaxHandoffs).Draw(t, "steps")
		state := &State{Passports: []*Passport{{
			Method: "otp", Level: VerificationMultiFactor, Time: day0, Channel: ChannelIVR, InteractionID: "step-0",
		}}}
		id := func(i int) string { return "step-" + string(rune('0'+i)) }
		for i := range n {
			state.Handoffs = append(state.Handoffs, &Handoff{
				State: HandoffTaken, InteractionID: id(i), ReceiverInteractionID: id(i + 1),
			})
		}
		state.Handoffs = rapid.Permutation(state.Handoffs).Draw(t, "order")
		asker := Asker{Channel: ChannelChat, InteractionID: id(n)}
		policy := Policy{Verification: VerificationPolicy{OnChannelChange: ChannelChangeDrop}}
		if got := state.Standing(&policy, asker, day0).Level; got != VerificationMultiFactor {
			t.Fatalf("after %d steps it is worth %v", n, got)
		}
		missing := rapid.IntRange(0, n-1).Draw(t, "missing")
		state.Handoffs[missing].State = HandoffOffering
		if got := state.Standing(&policy, asker, day0).Level; got != VerificationIdentified {
			t.Fatalf("with a step of %d missing it is worth %v", n, got)
		}
	})
}
