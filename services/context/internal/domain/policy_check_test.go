package domain

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestCheckPolicyRefuses(t *testing.T) {
	const single, multi = VerificationSingleFactor, VerificationMultiFactor
	verification := func(v VerificationPolicy) Policy { return Policy{Verification: v} }
	action := func(r Requirement) Policy {
		return verification(VerificationPolicy{Actions: []ActionRule{{Action: "pay", Requirement: r}}})
	}
	channels := func(rules ...ChannelRule) Policy { return verification(VerificationPolicy{ChannelRules: rules}) }
	limits := func(l ...IdentifierLimit) Policy { return Policy{Identity: IdentityPolicy{Limits: l}} }
	blocked := func(ids ...Identifier) Policy {
		var p Policy
		for _, id := range ids {
			p.Identity.Blocked = append(p.Identity.Blocked, BlockedIdentifier{Identifier: id})
		}
		return p
	}
	long := strings.Repeat("x", 257)
	for name, tt := range map[string]struct {
		p    Policy
		want string // the fields blamed
	}{
		"unknown change":       {verification(VerificationPolicy{OnChannelChange: 4}), "verification.on_channel_change"},
		"a rule without cause": {channels(ChannelRule{From: ChannelIVR}), "verification.channel_rules[0].change"},
		"unknown channels": {
			channels(ChannelRule{From: 99, To: -1, Change: ChannelChangeKeep}),
			"verification.channel_rules[0].from verification.channel_rules[0].to",
		},
		"unknown change in a channel": {verification(VerificationPolicy{OnNewInteraction: 4}), "verification.on_new_interaction"},
		"a channel twice": {
			channels(ChannelRule{ChannelIVR, ChannelIVR, ChannelChangeKeep}, ChannelRule{ChannelIVR, ChannelIVR, ChannelChangeDrop}),
			"verification.channel_rules[1]",
		},
		"a pair twice": {
			channels(ChannelRule{ChannelIVR, ChannelChat, ChannelChangeKeep}, ChannelRule{ChannelIVR, ChannelChat, ChannelChangeDrop}),
			"verification.channel_rules[1]",
		},
		"covered by an earlier rule": {
			channels(ChannelRule{To: ChannelChat, Change: ChannelChangeKeep}, ChannelRule{ChannelIVR, ChannelChat, ChannelChangeDrop}),
			"verification.channel_rules[1]",
		},
		"covered by the rule for all": {
			channels(ChannelRule{Change: ChannelChangeKeep}, ChannelRule{From: ChannelIVR, Change: ChannelChangeDrop}),
			"verification.channel_rules[1]",
		},
		"too many channel rules": {channels(manyChannelRules()...), "verification.channel_rules"},
		"a level twice": {
			verification(VerificationPolicy{LevelRules: []LevelRule{{single, time.Hour}, {multi, time.Hour}, {single, time.Hour}}}),
			"verification.level_rules[2].level",
		},
		"levels and ages that are none": {
			verification(VerificationPolicy{LevelRules: []LevelRule{{VerificationNone, 0}, {6, 721 * time.Hour}, {single, -1}}}),
			"verification.level_rules[0].level verification.level_rules[0].max_age verification.level_rules[1].level " +
				"verification.level_rules[1].max_age verification.level_rules[2].max_age",
		},
		"a method twice": {
			verification(VerificationPolicy{MethodRules: []MethodRule{{"pin", single}, {"pin", multi}}}), "verification.method_rules[1].method",
		},
		"methods that are none": {
			verification(VerificationPolicy{MethodRules: []MethodRule{{"", single}, {long, single}, {"pin", 0}, {"otp", 6}}}),
			"verification.method_rules[0].method verification.method_rules[1].method verification.method_rules[2].max_level " +
				"verification.method_rules[3].max_level",
		},
		"an action twice": {
			verification(VerificationPolicy{Actions: []ActionRule{
				{Action: "pay", Requirement: Requirement{MinLevel: single}}, {Action: "pay", Requirement: Requirement{MinLevel: multi}},
			}}), "verification.actions[1].action",
		},
		"an action without name": {
			verification(VerificationPolicy{Actions: []ActionRule{{Description: long, Requirement: Requirement{MinLevel: single}}}}),
			"verification.actions[0].action verification.actions[0].description",
		},
		"no level":      {action(Requirement{}), "verification.actions[0].requirement.min_level"},
		"unknown level": {action(Requirement{MinLevel: 6}), "verification.actions[0].requirement.min_level"},
		"nothing, but of a scope": {
			action(Requirement{MinLevel: VerificationNone, Scope: "x"}), "verification.actions[0].requirement.min_level",
		},
		"nothing, but young": {
			action(Requirement{MinLevel: VerificationNone, MaxAge: 1}), "verification.actions[0].requirement.min_level",
		},
		"nothing, but by a method": {
			action(Requirement{MinLevel: VerificationNone, Methods: []string{"pin"}}), "verification.actions[0].requirement.min_level",
		},
		"a requirement of nonsense": {
			action(Requirement{MinLevel: single, Scope: long, MaxAge: -1, Methods: []string{"", "pin", "pin"}}),
			"verification.actions[0].requirement.scope verification.actions[0].requirement.max_age " +
				"verification.actions[0].requirement.methods[0] verification.actions[0].requirement.methods[2]",
		},
		"too many methods": {
			action(Requirement{MinLevel: single, Methods: strings.Split("abcdefghijklmnopq", "")}),
			"verification.actions[0].requirement.methods",
		},
		"methods that cannot give the level": {
			verification(VerificationPolicy{
				MethodRules: []MethodRule{{"pin", single}, {"kba", VerificationIdentified}},
				Actions: []ActionRule{
					{Action: "pay", Requirement: Requirement{MinLevel: multi, Methods: []string{"pin", "kba"}}},
					{Action: "see", Requirement: Requirement{MinLevel: single, Methods: []string{"pin", "kba"}}},
				},
			}), "verification.actions[0].requirement.methods",
		},
		"a type twice": {limits(IdentifierLimit{IdentifierCRMID, 1}, IdentifierLimit{IdentifierCRMID, 2}), "identity.limits[1].type"},
		"limits that are none": {
			limits(IdentifierLimit{IdentifierUnspecified, 0}, IdentifierLimit{IdentifierPlatformContact, 51}),
			"identity.limits[0].type identity.limits[0].max identity.limits[1].type identity.limits[1].max",
		},
		"blocked twice, in two forms": {
			blocked(Identifier{IdentifierPhone, "+1 202 555 0123"}, Identifier{IdentifierPhone, "tel:+12025550123"}),
			"identity.blocked[1].identifier.value",
		},
		"blocked values that are none": {
			blocked(
				Identifier{IdentifierPhone, "12"}, Identifier{IdentifierPhone, "202 555 0123"}, Identifier{IdentifierEmail, "x"},
				Identifier{IdentifierPlatformContact, "sip:1"}, Identifier{Value: "1"},
			),
			"identity.blocked[0].identifier.value identity.blocked[1].identifier.value identity.blocked[2].identifier.value " +
				"identity.blocked[3].identifier.type identity.blocked[4].identifier.type",
		},
		"a long reason": {
			Policy{Identity: IdentityPolicy{Blocked: []BlockedIdentifier{{Identifier{IdentifierAccount, "0"}, long}}}},
			"identity.blocked[0].reason",
		},
		"handoffs that wait for too long": {
			Policy{Handoff: HandoffPolicy{DefaultTTL: -1, MaxTTL: 169 * time.Hour}}, "handoff.default_ttl handoff.max_ttl",
		},
		"a default above the bound":         {Policy{Handoff: HandoffPolicy{DefaultTTL: time.Hour, MaxTTL: time.Minute}}, "handoff.default_ttl"},
		"a default above the bound's own":   {Policy{Handoff: HandoffPolicy{DefaultTTL: 25 * time.Hour}}, "handoff.default_ttl"},
		"a bound below the default not set": {Policy{Handoff: HandoffPolicy{MaxTTL: time.Minute}}, "handoff.default_ttl"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := CheckPolicy(tt.p)
			f, ok := fault.As(err)
			if !ok || f.Kind != fault.Invalid || f.Reason != ReasonInvalidPolicy {
				t.Fatalf("got %v", err)
			}
			var fields []string
			for _, x := range f.Fields {
				fields = append(fields, x.Path)
			}
			if diff := cmp.Diff(tt.want, strings.Join(fields, " ")); diff != "" {
				t.Errorf("blames (-want +got):\n%s", diff)
			}
		})
	}
}

func manyChannelRules() []ChannelRule {
	var rules []ChannelRule
	for from := ChannelIVR; from <= ChannelOther; from++ {
		for to := ChannelIVR; to <= ChannelOther; to++ {
			if from != to && len(rules) <= maxChannelRules {
				rules = append(rules, ChannelRule{from, to, ChannelChangeKeep})
			}
		}
	}
	return rules
}

func TestCheckPolicyBounds(t *testing.T) {
	var p Policy
	for i := range maxActions + 1 {
		name := "a" + strconv.Itoa(i)
		p.Verification.Actions = append(p.Verification.Actions, ActionRule{Action: name, Requirement: Requirement{MinLevel: VerificationNone}})
		if i <= maxMethodRules {
			p.Verification.MethodRules = append(p.Verification.MethodRules, MethodRule{name, VerificationNone})
		}
	}
	for i := range maxBlocked + 1 {
		p.Identity.Blocked = append(p.Identity.Blocked, BlockedIdentifier{Identifier: Identifier{IdentifierAccount, strconv.Itoa(i)}})
	}
	_, err := CheckPolicy(p)
	f, _ := fault.As(err)
	if f == nil || len(f.Fields) != 3 {
		t.Errorf("got %v", err)
	}
	p.Verification.Actions, p.Verification.MethodRules = p.Verification.Actions[1:], p.Verification.MethodRules[1:]
	p.Identity.Blocked = p.Identity.Blocked[1:]
	if _, err := CheckPolicy(p); err != nil {
		t.Error(err)
	}
}

func TestCheckPolicyNormalises(t *testing.T) {
	if p, err := CheckPolicy(Policy{}); err != nil || !cmp.Equal(p, Policy{}) {
		t.Errorf("the empty policy becomes %+v, %v", p, err)
	}
	given := Policy{
		Verification: VerificationPolicy{
			OnChannelChange:  ChannelChangeDrop,
			OnNewInteraction: ChannelChangeDrop,
			ChannelRules: []ChannelRule{
				{ChannelIVR, ChannelVoice, ChannelChangeKeep}, {From: ChannelIVR, Change: ChannelChangeLower}, {Change: ChannelChangeDrop},
				{ChannelChat, ChannelChat, ChannelChangeKeep}, // is about another interaction, not about a change of channel
			},
			LevelRules:  []LevelRule{{VerificationInPerson, maxLevelAge}},
			MethodRules: []MethodRule{{"voiceprint", VerificationIdentified}, {"ani", VerificationNone}},
			Actions: []ActionRule{
				{"hours", "When we are open", Requirement{MinLevel: VerificationNone}},
				{"pay", "", Requirement{VerificationMultiFactor, "payments", time.Hour, []string{"otp", "voiceprint"}}},
			},
		},
		Identity: IdentityPolicy{
			Limits: []IdentifierLimit{{IdentifierCRMID, 1}, {IdentifierPhone, 50}},
			Blocked: []BlockedIdentifier{
				{Identifier{IdentifierPhone, "+1 (202) 555-0123"}, "switchboard"}, {Identifier{IdentifierEmail, " NoReply@Example.COM "}, ""},
				{Identifier{IdentifierAccount, "unknown"}, ""},
			},
		},
		Handoff: HandoffPolicy{DefaultTTL: time.Hour, MaxTTL: time.Hour},
	}
	want := given
	want.Identity.Blocked = []BlockedIdentifier{
		{Identifier{IdentifierPhone, "+12025550123"}, "switchboard"}, {Identifier{IdentifierEmail, "noreply@example.com"}, ""},
		{Identifier{IdentifierAccount, "unknown"}, ""},
	}
	got, err := CheckPolicy(given)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got\n%s", err, diff)
	}
	if again, err := CheckPolicy(got); err != nil || !cmp.Equal(again, got) {
		t.Errorf("checked again it is %+v, %v", again, err)
	}
}

func TestAction(t *testing.T) {
	p := VerificationPolicy{Actions: []ActionRule{{Action: "pay", Requirement: Requirement{MinLevel: VerificationMultiFactor}}}}
	if r, err := p.Action("pay"); err != nil || r.MinLevel != VerificationMultiFactor {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := p.Action("Pay"); !errors.Is(err, fault.New(fault.Invalid, ReasonUnknownAction, "")) {
		t.Errorf("got %v", err)
	}
}
