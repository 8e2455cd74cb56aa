package wire

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

func everyRule() domain.Policy {
	return domain.Policy{
		Verification: domain.VerificationPolicy{
			OnChannelChange: domain.ChannelChangeDrop, OnNewInteraction: domain.ChannelChangeKeep,
			ChannelRules: []domain.ChannelRule{{From: domain.ChannelIVR, To: domain.ChannelVoice, Change: domain.ChannelChangeKeep}},
			LevelRules:   []domain.LevelRule{{Level: domain.VerificationMultiFactor, MaxAge: time.Hour + time.Nanosecond}},
			MethodRules:  []domain.MethodRule{{Method: "voiceprint", MaxLevel: domain.VerificationIdentified}},
			Actions: []domain.ActionRule{{Action: "pay", Description: "A payment", Requirement: domain.Requirement{
				MinLevel: domain.VerificationMultiFactor, Scope: "payments", MaxAge: time.Minute, Methods: []string{"otp", "passkey"},
			}}},
		},
		Identity: domain.IdentityPolicy{
			Limits: []domain.IdentifierLimit{{Type: domain.IdentifierCRMID, Max: 2}},
			Blocked: []domain.BlockedIdentifier{{
				Identifier: domain.Identifier{Type: domain.IdentifierPhone, Value: "+12025550100"}, Reason: "switchboard",
			}},
		},
		Handoff: domain.HandoffPolicy{DefaultTTL: time.Minute, MaxTTL: time.Hour},
	}
}

// A new field of the contract has to be carried to the domain and back: every one that is there is set above.
func TestPolicyCarriesEveryField(t *testing.T) {
	want := everyRule()
	m := PolicyMessage(want, 7)
	unset(t, m.ProtoReflect().Interface(), map[string]bool{"update_time": true})
	if diff := cmp.Diff(want, Policy(m)); diff != "" {
		t.Errorf("to a message and back (-want +got):\n%s", diff)
	}
	changed := want
	changed.UpdateTime = time.Unix(1, 0) // that of the change before
	ev, err := PolicyChanged("p1", changed)
	if err != nil {
		t.Fatal(err)
	}
	// Through the bytes that the log keeps.
	b, err := proto.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	var back logv1.Event
	if err := proto.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(domain.Payload(domain.PolicyChanged{Policy: want}), Event(&back).Payload); diff != "" {
		t.Errorf("to an event and back (-want +got):\n%s", diff)
	}
}

// unset says which fields of a message, or of those in it, are not set.
func unset(t *testing.T, m proto.Message, but map[string]bool) {
	t.Helper()
	fields := m.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case !m.ProtoReflect().Has(f) && !but[string(f.Name())]:
			t.Errorf("%s is not carried", f.FullName())
		case f.Message() == nil || f.Message().ParentFile().Package() != m.ProtoReflect().Descriptor().ParentFile().Package():
		case f.IsList():
			unset(t, m.ProtoReflect().Get(f).List().Get(0).Message().Interface(), but)
		default:
			unset(t, m.ProtoReflect().Get(f).Message().Interface(), but)
		}
	}
}

func TestPolicyEtagStandsForContentAndVersion(t *testing.T) {
	seen := map[string]bool{}
	other := everyRule()
	other.Handoff.MaxTTL++
	later := everyRule()
	later.UpdateTime = time.Unix(1, 0)
	for _, p := range []domain.Policy{{}, everyRule(), other, later} {
		for _, version := range []int64{0, 1, 2} {
			m := PolicyMessage(p, version)
			if seen[m.GetEtag()] || m.GetEtag() == "" {
				t.Errorf("etag %q of %v at %d", m.GetEtag(), p, version)
			}
			seen[m.GetEtag()] = true
			if diff := cmp.Diff(m, PolicyMessage(p, version), protocmp.Transform()); diff != "" {
				t.Errorf("made again it differs:\n%s", diff)
			}
		}
	}
}

// What cannot be read changes nothing.
func TestUnreadablePolicyEvents(t *testing.T) {
	for name, attributes := range map[string]string{
		"nothing":          `{}`,
		"no object":        `{"policy": "x"}`,
		"another type":     `{"policy": {"handoff": 7}}`,
		"an unknown value": `{"policy": {"verification": {"level_rules": "x"}}}`,
	} {
		if p, ok := policyEvent(t, attributes).(domain.Other); !ok {
			t.Errorf("%s: %+v", name, p)
		}
	}
	// A field of a newer version is passed over.
	want := domain.PolicyChanged{Policy: domain.Policy{Handoff: domain.HandoffPolicy{MaxTTL: time.Minute}}}
	if diff := cmp.Diff(domain.Payload(want), policyEvent(t, `{"policy": {"handoff": {"max_ttl": "60s", "new": 1}}}`)); diff != "" {
		t.Error(diff)
	}
}

func policyEvent(t *testing.T, attributes string) domain.Payload {
	t.Helper()
	var s structpb.Struct
	if err := protojson.Unmarshal([]byte(attributes), &s); err != nil {
		t.Skip(err)
	}
	return Event(customEvent("e", TypePolicyChanged, s.GetFields())).Payload
}

// Whatever an event holds: it is read as a policy that can be told again in the same words, or as nothing.
func FuzzPolicyEvent(f *testing.F) {
	full, err := protojson.Marshal(PolicyMessage(everyRule(), 1))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{`{"policy": ` + string(full) + `}`, `{"policy": {}}`, `{"policy": {"handoff": {"max_ttl": "-1s"}}}`, `{}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, attributes string) {
		changed, ok := policyEvent(t, attributes).(domain.PolicyChanged)
		if !ok {
			return
		}
		p, err := domain.CheckPolicy(changed.Policy)
		if err != nil {
			return
		}
		p.UpdateTime = time.Time{}
		ev, err := PolicyChanged("e", p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(domain.Payload(domain.PolicyChanged{Policy: p}), Event(ev).Payload); diff != "" {
			t.Fatalf("told again (-want +got):\n%s", diff)
		}
	})
}
