package domain

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCheckVerification(t *testing.T) {
	const (
		identified, single, multi = VerificationIdentified, VerificationSingleFactor, VerificationMultiFactor
	)
	voice := Asker{Channel: ChannelVoice, InteractionID: "voice"}
	chat := Asker{Channel: ChannelChat, InteractionID: "i1"}
	for _, tt := range []struct {
		name   string
		story  func(*story) // a minute each, in chat
		policy VerificationPolicy
		asker  Asker
		wait   time.Duration
		r      Requirement
		passed string // the method of the verification given
		until  time.Time
		gaps   []VerificationGap
		says   string
	}{
		{
			name: "nothing is known", r: Requirement{MinLevel: identified}, gaps: []VerificationGap{GapNotVerified},
			says: "The customer has not been verified; identified is needed.",
		},
		{name: "nothing is demanded", r: Requirement{MinLevel: VerificationNone}},
		{
			name: "only failed", story: func(s *story) { s.add(VerificationAttempted{Method: "pin", Result: VerificationFailed, Level: single}) },
			r: Requirement{MinLevel: identified}, gaps: []VerificationGap{GapNotVerified}, says: "The customer has not been verified; identified is needed.",
		},
		{
			name: "enough", story: func(s *story) { s.verified("pin", single) }, r: Requirement{MinLevel: single},
			passed: "pin", until: day0.Add(DefaultMaxAge),
		},
		{
			name: "more than enough", story: func(s *story) { s.verified("otp", multi) }, r: Requirement{MinLevel: single},
			passed: "otp", until: day0.Add(DefaultMaxAge),
		},
		{
			name: "the one that is enough for longest, though not the highest",
			story: func(s *story) {
				s.verified("first", multi).verified("last", single).verified("weak", identified)
			},
			r: Requirement{MinLevel: single}, passed: "last", until: at(1).Add(DefaultMaxAge),
		},
		{
			name: "until it is too old", story: func(s *story) { s.verified("pin", single) }, wait: 10 * time.Minute,
			r: Requirement{MinLevel: single, MaxAge: 10 * time.Minute}, passed: "pin", until: at(10),
		},
		{
			name: "too old", story: func(s *story) { s.verified("pin", single) }, wait: 10*time.Minute + 1,
			r: Requirement{MinLevel: single, MaxAge: 10 * time.Minute}, passed: "pin", gaps: []VerificationGap{GapTooOld},
			says: "The verification by pin was passed 2026-03-01 10:00 UTC, longer ago than 10m0s.",
		},
		{
			name: "expired", story: func(s *story) { s.verified("pin", single) }, wait: DefaultMaxAge + 1, r: Requirement{MinLevel: single},
			passed: "pin", gaps: []VerificationGap{GapExpired}, says: "The verification by pin was valid until 2026-03-01 22:00 UTC.",
		},
		{
			name:  "all expired: the one that would have been worth most, of those that fit",
			story: func(s *story) { s.verified("pin", single).verified("kba", identified).verified("otp", multi, "other") },
			wait:  100 * time.Hour, r: Requirement{MinLevel: multi, Scope: "payments"},
			passed: "pin", gaps: []VerificationGap{GapLevelTooLow, GapExpired}, says: "The verification by pin counted as single factor; multi factor is needed.",
		},
		{
			name: "expired, and would not do again", wait: 100 * time.Hour,
			story: func(s *story) { s.verified("kba", single, "address") },
			r:     Requirement{MinLevel: multi, Scope: "payments", Methods: []string{"otp"}}, passed: "kba",
			gaps: []VerificationGap{GapScopeMissing, GapMethodNotAccepted, GapLevelTooLow, GapExpired}, says: "No valid verification is good for payments.",
		},
		{
			name: "expired, in another channel", story: func(s *story) { s.verified("pin", single) }, asker: voice, wait: 100 * time.Hour,
			r: Requirement{MinLevel: single}, passed: "pin", gaps: []VerificationGap{GapExpired},
			says: "The verification by pin was valid until 2026-03-01 22:00 UTC.",
		},
		{
			name: "an expired one does not count", story: func(s *story) { s.verified("otp", multi).wait(time.Hour).verified("pin", single) },
			wait: DefaultMaxAge + time.Minute, r: Requirement{MinLevel: multi}, passed: "pin", gaps: []VerificationGap{GapLevelTooLow},
			says: "The verification by pin counts as single factor; multi factor is needed.",
		},
		{
			name: "too low", story: func(s *story) { s.verified("pin", single) }, r: Requirement{MinLevel: multi},
			passed: "pin", gaps: []VerificationGap{GapLevelTooLow}, says: "The verification by pin counts as single factor; multi factor is needed.",
		},
		{
			name: "too low, and the channel takes more", story: func(s *story) { s.verified("pin", single) }, asker: voice,
			r: Requirement{MinLevel: multi}, passed: "pin", gaps: []VerificationGap{GapLevelTooLow},
			says: "The verification by pin counts as identified; multi factor is needed.",
		},
		{
			name: "too low for its method", story: func(s *story) { s.verified("voiceprint", multi) },
			policy: VerificationPolicy{MethodRules: []MethodRule{{"voiceprint", identified}}}, asker: voice,
			r: Requirement{MinLevel: single}, passed: "voiceprint", gaps: []VerificationGap{GapLevelTooLow},
			says: "The verification by voiceprint counts as identified; single factor is needed.",
		},
		{
			name: "lowered by the channel", story: func(s *story) { s.verified("pin", single) }, asker: voice, r: Requirement{MinLevel: single},
			passed: "pin", gaps: []VerificationGap{GapLoweredByChannel},
			says: "The verification by pin was passed in another channel (chat) and counts as identified here; single factor is needed.",
		},
		{
			name: "another call", story: func(s *story) { s.verified("pin", single) }, r: Requirement{MinLevel: single},
			asker: Asker{Channel: ChannelChat, InteractionID: "the next one"}, passed: "pin", gaps: []VerificationGap{GapLoweredByInteraction},
			says: "The verification by pin was passed in another interaction and counts as identified here; single factor is needed.",
		},
		{
			name: "enough where it was passed", story: func(s *story) { s.verified("pin", single) }, asker: chat, r: Requirement{MinLevel: single},
			passed: "pin", until: day0.Add(DefaultMaxAge),
		},
		{
			name: "lowered and too old", story: func(s *story) { s.verified("pin", single) }, asker: voice, wait: time.Hour,
			r: Requirement{MinLevel: single, MaxAge: time.Minute}, passed: "pin", gaps: []VerificationGap{GapLoweredByChannel, GapTooOld},
			says: "The verification by pin was passed in another channel (chat) and counts as identified here; single factor is needed.",
		},
		{
			name: "good for the scope", story: func(s *story) { s.verified("pin", single, "address", "payments") },
			r: Requirement{MinLevel: single, Scope: "payments"}, passed: "pin", until: day0.Add(DefaultMaxAge),
		},
		{
			name: "good for everything", story: func(s *story) { s.verified("pin", single) },
			r: Requirement{MinLevel: single, Scope: "payments"}, passed: "pin", until: day0.Add(DefaultMaxAge),
		},
		{
			name: "no scope is demanded", story: func(s *story) { s.verified("pin", single, "address") },
			r: Requirement{MinLevel: single}, passed: "pin", until: day0.Add(DefaultMaxAge),
		},
		{
			name: "none for the scope", story: func(s *story) { s.verified("pin", single, "address") },
			r: Requirement{MinLevel: single, Scope: "payments"}, passed: "pin", gaps: []VerificationGap{GapScopeMissing},
			says: "No valid verification is good for payments.",
		},
		{
			name: "one for the scope is nearer than a higher one for another", r: Requirement{MinLevel: multi, Scope: "payments"},
			story:  func(s *story) { s.verified("pin", single, "payments").verified("otp", multi, "address") },
			passed: "pin", gaps: []VerificationGap{GapLevelTooLow}, says: "The verification by pin counts as single factor; multi factor is needed.",
		},
		{
			name: "an accepted method", story: func(s *story) { s.verified("pin", single).verified("kba", single) },
			r: Requirement{MinLevel: single, Methods: []string{"otp", "pin"}}, passed: "pin", until: day0.Add(DefaultMaxAge),
		},
		{
			name: "no accepted method", story: func(s *story) { s.verified("pin", single) },
			r: Requirement{MinLevel: single, Methods: []string{"otp", "passkey"}}, passed: "pin", gaps: []VerificationGap{GapMethodNotAccepted},
			says: "No valid verification was made by an accepted method: otp, passkey.",
		},
		{
			name: "everything is wrong, in the order to mend", story: func(s *story) { s.verified("pin", single, "address") }, wait: time.Hour,
			r:      Requirement{MinLevel: multi, Scope: "payments", MaxAge: time.Minute, Methods: []string{"otp"}},
			passed: "pin", gaps: []VerificationGap{GapScopeMissing, GapMethodNotAccepted, GapLevelTooLow, GapTooOld},
			says: "No valid verification is good for payments.",
		},
		{
			name: "the one that lacks least is nearest", story: func(s *story) { s.verified("otp", multi).wait(time.Hour).verified("pin", identified) },
			wait: 2 * time.Hour, r: Requirement{MinLevel: single, MaxAge: time.Minute}, passed: "otp", gaps: []VerificationGap{GapTooOld},
			says: "The verification by otp was passed 2026-03-01 10:00 UTC, longer ago than 1m0s.",
		},
		{
			name: "of two that lack as much the one worth more", story: func(s *story) { s.verified("pin", single).verified("kba", identified) },
			r: Requirement{MinLevel: multi}, passed: "pin", gaps: []VerificationGap{GapLevelTooLow},
			says: "The verification by pin counts as single factor; multi factor is needed.",
		},
		{
			name: "of two that are alike the newer", story: func(s *story) { s.verified("pin", single).verified("kba", single) },
			r: Requirement{MinLevel: multi}, passed: "kba", gaps: []VerificationGap{GapLevelTooLow},
			says: "The verification by kba counts as single factor; multi factor is needed.",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tell(t)
			if tt.story != nil {
				tt.story(s)
			}
			now := day0.Add(tt.wait)
			got := CheckVerification(s.state().Standing(&Policy{Verification: tt.policy}, tt.asker, now), tt.r, now)
			if got.Sufficient != (len(tt.gaps) == 0) || !got.Until.Equal(tt.until) {
				t.Errorf("sufficient %v until %v, want until %v", got.Sufficient, got.Until, tt.until)
			}
			var gaps []VerificationGap
			for _, m := range got.Missing {
				gaps = append(gaps, m.Gap)
			}
			if diff := cmp.Diff(tt.gaps, gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			if len(got.Missing) > 0 && got.Missing[0].Explanation != tt.says {
				t.Errorf("says %q\nwant %q", got.Missing[0].Explanation, tt.says)
			}
			method := ""
			if got.Passport != nil {
				method = got.Passport.Method
			}
			if method != tt.passed {
				t.Errorf("gives the verification by %q, want %q", method, tt.passed)
			}
		})
	}
}

// What is enough stays so until the moment given, and no longer; what is not enough says why; less demanded is met, too.
func TestCheckVerificationHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := genVerifications().Draw(t, "state")
		policy, asker, now := genPolicy().Draw(t, "policy"), genAsker().Draw(t, "asker"), genTime().Draw(t, "now")
		r := Requirement{
			MinLevel: VerificationLevel(rapid.IntRange(1, 5).Draw(t, "level")),
			MaxAge:   time.Duration(rapid.IntRange(0, 500).Draw(t, "age")) * time.Minute,
			Scope:    rapid.SampledFrom([]string{"", "payments", "address"}).Draw(t, "scope"),
			Methods:  rapid.SampledFrom([][]string{nil, {"pin"}, {"pin", "otp-sms"}, {"kba"}}).Draw(t, "methods"),
		}
		check := func(r Requirement, now time.Time) VerificationCheck {
			c := CheckVerification(state.Standing(&policy, asker, now), r, now)
			for _, m := range c.Missing {
				if m.Gap == GapUnspecified || m.Explanation == "" {
					t.Fatalf("missing: %+v", m)
				}
			}
			if c.Sufficient != (len(c.Missing) == 0) {
				t.Fatalf("sufficient %v, missing %v", c.Sufficient, c.Missing)
			}
			return c
		}
		c := check(r, now)
		less := r
		less.MinLevel, less.Scope, less.MaxAge, less.Methods = max(r.MinLevel-1, VerificationNone), "", 0, nil
		switch {
		case !c.Sufficient:
			if !c.Until.IsZero() {
				t.Fatalf("not sufficient until %v", c.Until)
			}
			return
		case !check(less, now).Sufficient:
			t.Fatal("less is demanded and not met")
		case c.Until.IsZero():
			if r.MinLevel > VerificationNone {
				t.Fatal("sufficient for ever")
			}
			return
		}
		if at := check(r, c.Until); c.Until.Before(now) || !at.Sufficient || !at.Until.Equal(c.Until) {
			t.Fatalf("sufficient at %v until %v; then %+v", now, c.Until, at)
		}
		if check(r, c.Until.Add(1)).Sufficient {
			t.Fatalf("sufficient until %v, and after it", c.Until)
		}
	})
}
