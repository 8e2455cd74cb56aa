package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
)

// policy sets the rules about verifications.
func (n *node) policy(v *contextv1.VerificationPolicy) *contextv1.Policy {
	n.t.Helper()
	return n.updatePolicy(&contextv1.Policy{Verification: v}, "verification")
}

// tenant is what the node knows of the tenant of the tests.
func (n *node) tenant() *projector.Tenant { return n.view.Tenant(auth.DefaultTenant) }

func (n *node) updatePolicy(p *contextv1.Policy, paths ...string) *contextv1.Policy {
	n.t.Helper()
	req := &contextv1.UpdatePolicyRequest{Policy: p}
	if paths != nil {
		req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
	}
	return must(n.UpdatePolicy(n.ctx(), req))(n.t)
}

func (n *node) getPolicy() *contextv1.Policy {
	n.t.Helper()
	return must(n.GetPolicy(n.ctx(), &contextv1.GetPolicyRequest{Name: "policy"}))(n.t)
}

var (
	asStated    = protocmp.IgnoreFields(&contextv1.Policy{}, "name", "etag", "update_time")
	samePolicy  = cmp.Options{protocmp.Transform(), asStated}
	switchboard = &contextv1.BlockedIdentifier{Identifier: phone("+12025550100"), Reason: "switchboard"}
)

func fullPolicy() *contextv1.Policy {
	return &contextv1.Policy{
		Verification: &contextv1.VerificationPolicy{
			OnChannelChange: contextv1.ChannelChange_CHANNEL_CHANGE_DROP,
			ChannelRules: []*contextv1.ChannelRule{
				{From: ivr, To: chat, Change: contextv1.ChannelChange_CHANNEL_CHANGE_KEEP},
				{To: chat, Change: contextv1.ChannelChange_CHANNEL_CHANGE_LOWER},
			},
			LevelRules:  []*contextv1.LevelRule{{Level: levelMulti, MaxAge: durationpb.New(time.Hour + time.Nanosecond)}},
			MethodRules: []*contextv1.MethodRule{{Method: "voiceprint", MaxLevel: levelIdentified}},
			Actions: []*contextv1.ActionRule{{
				Action: "change_address", Description: "A new address",
				Requirement: &contextv1.VerificationRequirement{
					MinLevel: levelSingle, Scope: "address", MaxAge: durationpb.New(10 * time.Minute), Methods: []string{"pin", "otp-sms"},
				},
			}},
		},
		Identity: &contextv1.IdentityPolicy{
			Limits:  []*contextv1.IdentifierLimit{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Max: 5}},
			Blocked: []*contextv1.BlockedIdentifier{switchboard},
		},
		Handoff: &contextv1.HandoffPolicy{DefaultTtl: durationpb.New(time.Minute), MaxTtl: durationpb.New(2 * time.Minute)},
	}
}

func TestPolicyRoundTripAndRebuild(t *testing.T) {
	n := run(t)
	empty := n.getPolicy()
	if empty.GetName() != "policy" || empty.GetEtag() == "" || empty.GetUpdateTime() != nil {
		t.Errorf("without any: %v", empty)
	}
	given := fullPolicy()
	given.Identity.Blocked[0] = &contextv1.BlockedIdentifier{Identifier: phone("tel:+1-202-555-0100"), Reason: "switchboard"}
	made := n.updatePolicy(given)
	if diff := cmp.Diff(fullPolicy(), made, samePolicy); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	if !made.GetUpdateTime().AsTime().Equal(n.clock.Now()) || made.GetEtag() == empty.GetEtag() {
		t.Errorf("set: %v", made)
	}
	for name, other := range map[string]*node{"here": n, "on another node": n.start(memstore.New())} {
		other.ready()
		if diff := cmp.Diff(made, other.getPolicy(), protocmp.Transform()); diff != "" {
			t.Errorf("%s (-set +got):\n%s", name, diff)
		}
	}
}

// To read the policy and to write it back changes nothing, and fixes no default.
func TestPolicyWrittenBack(t *testing.T) {
	n := run(t)
	for _, stated := range []*contextv1.Policy{
		{},
		{Handoff: &contextv1.HandoffPolicy{MaxTtl: durationpb.New(time.Hour)}},
		{Verification: &contextv1.VerificationPolicy{OnChannelChange: contextv1.ChannelChange_CHANNEL_CHANGE_KEEP}},
		fullPolicy(),
	} {
		n.updatePolicy(proto.CloneOf(stated), "*")
		for _, paths := range [][]string{nil, {"*"}} {
			if diff := cmp.Diff(stated, n.updatePolicy(n.getPolicy(), paths...), samePolicy); diff != "" {
				t.Errorf("written back with mask %v (-stated +got):\n%s", paths, diff)
			}
		}
	}
}

func TestUpdatePolicyMasks(t *testing.T) {
	for name, c := range map[string]struct {
		paths  []string
		change *contextv1.Policy
		want   func(*contextv1.Policy)
	}{
		"no mask changes what is set": {
			nil, &contextv1.Policy{Handoff: &contextv1.HandoffPolicy{MaxTtl: durationpb.New(time.Hour)}},
			func(p *contextv1.Policy) { p.Handoff = &contextv1.HandoffPolicy{MaxTtl: durationpb.New(time.Hour)} },
		},
		"a star changes all": {[]string{"*"}, &contextv1.Policy{}, func(p *contextv1.Policy) { proto.Reset(p) }},
		"one field of many": {
			[]string{"handoff.max_ttl"}, &contextv1.Policy{Handoff: &contextv1.HandoffPolicy{MaxTtl: durationpb.New(time.Hour)}},
			func(p *contextv1.Policy) { p.Handoff.MaxTtl = durationpb.New(time.Hour) },
		},
		"a list is replaced": {
			[]string{"verification.actions"}, &contextv1.Policy{Verification: &contextv1.VerificationPolicy{Actions: []*contextv1.ActionRule{
				{Action: "pay", Requirement: &contextv1.VerificationRequirement{MinLevel: levelMulti}},
			}}},
			func(p *contextv1.Policy) {
				p.Verification.Actions = []*contextv1.ActionRule{{Action: "pay", Requirement: &contextv1.VerificationRequirement{MinLevel: levelMulti}}}
			},
		},
		"what is not set is cleared": {
			[]string{"identity.blocked", "verification"}, &contextv1.Policy{},
			func(p *contextv1.Policy) { p.Identity.Blocked, p.Verification = nil, nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := run(t)
			n.updatePolicy(fullPolicy())
			want := fullPolicy()
			c.want(want)
			if diff := cmp.Diff(want, n.updatePolicy(c.change, c.paths...), samePolicy); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPolicyEtag(t *testing.T) {
	n := run(t)
	first := n.updatePolicy(fullPolicy())
	update := func(etag string) error {
		_, err := n.UpdatePolicy(n.ctx(), &contextv1.UpdatePolicyRequest{Policy: &contextv1.Policy{
			Etag: etag, Handoff: &contextv1.HandoffPolicy{DefaultTtl: durationpb.New(time.Second)},
		}})
		return err
	}
	// The dictionary is part of what the etag stands for.
	n.slot(&contextv1.Slot{Name: "slots/city"})
	wantReason(t, update(first.GetEtag()), "ETAG_MISMATCH")
	if err := update(n.getPolicy().GetEtag()); err != nil {
		t.Error(err)
	}
	if err := update(""); err != nil {
		t.Error(err)
	}
	// And of two who read the same, one is too late.
	seen := n.getPolicy().GetEtag()
	if err := update(seen); err != nil {
		t.Error(err)
	}
	wantReason(t, update(seen), "ETAG_MISMATCH")
}

// A policy takes effect at once, for verifications that were made before it, and stays known for the time before.
func TestPolicyTakesEffectAtOnce(t *testing.T) {
	n := run(t)
	n.verify(pin("", passed))
	before := n.clock.Now()
	if got := n.check(levelSingle, "call", ivr); !got.GetSufficient() {
		t.Fatalf("before: %v", got)
	}
	n.clock.Advance(2 * time.Minute)
	n.policy(&contextv1.VerificationPolicy{LevelRules: []*contextv1.LevelRule{{Level: levelSingle, MaxAge: durationpb.New(time.Minute)}}})
	got := n.check(levelSingle, "call", ivr)
	if got.GetSufficient() || got.GetMissing()[0].GetGap() != contextv1.VerificationGap_VERIFICATION_GAP_EXPIRED ||
		!got.GetVerification().GetExpireTime().AsTime().Equal(before.Add(time.Minute)) {
		t.Errorf("it holds for a minute only: %v", got)
	}
	if resp := n.verify(pin("", failed)); resp.GetDoubleVerification() {
		t.Errorf("a check after that: %v", resp)
	}
	n.policy(&contextv1.VerificationPolicy{MethodRules: []*contextv1.MethodRule{{Method: "pin", MaxLevel: levelIdentified}}})
	if got := n.check(levelSingle, "call", ivr); got.GetSufficient() || got.GetVerification().GetEffectiveLevel() != levelIdentified {
		t.Errorf("it only identifies: %v", got)
	}
	n.policy(nil)
	if got := n.check(levelSingle, "call", ivr); !got.GetSufficient() {
		t.Errorf("no rules any more: %v", got)
	}
	if p := n.tenant().DictionaryAt(before).Policy(); len(p.Verification.LevelRules) != 0 {
		t.Errorf("before any: %+v", p)
	}
	if p := n.tenant().DictionaryAt(before.Add(2 * time.Minute)).Policy(); p.UpdateTime.IsZero() {
		t.Errorf("at the end: %+v", p)
	}
}

func TestDictionaryAtHasThePolicyOfThatTime(t *testing.T) {
	n := run(t)
	var times []time.Time
	for i := range 4 {
		n.clock.Advance(time.Minute)
		n.updatePolicy(&contextv1.Policy{Handoff: &contextv1.HandoffPolicy{DefaultTtl: durationpb.New(time.Duration(i+1) * time.Second)}})
		n.slot(&contextv1.Slot{Name: fmt.Sprint("slots/s", i)})
		times = append(times, n.clock.Now())
	}
	other := n.start(memstore.New())
	other.ready()
	for _, i := range []int{3, 1, 2, 0} {
		for _, n := range []*node{n, other} {
			d := n.tenant().DictionaryAt(times[i])
			if got := d.Policy().Handoff; got != (domain.HandoffPolicy{DefaultTTL: time.Duration(i+1) * time.Second}) || d.Len() != i+1 {
				t.Errorf("at %d: %v, %d slots", i, got, d.Len())
			}
		}
	}
}

func TestPolicyRefusals(t *testing.T) {
	n := run(t)
	n.updatePolicy(fullPolicy())
	before := n.getPolicy()
	many := &contextv1.IdentityPolicy{}
	for i := range 1000 {
		many.Blocked = append(many.Blocked, &contextv1.BlockedIdentifier{
			Identifier: phone(fmt.Sprintf("+1202555%04d", i)), Reason: strings.Repeat("x", 50),
		})
	}
	for name, c := range map[string]struct {
		policy        *contextv1.Policy
		mask          []string
		reason, field string
	}{
		"unknown mask": {&contextv1.Policy{}, []string{"handoff.ttl"}, "UNKNOWN_FIELD", "update_mask"},
		"another name": {&contextv1.Policy{Name: "policies/1"}, nil, "INVALID_REQUEST", "policy.name"},
		"a level without age": {
			&contextv1.Policy{Verification: &contextv1.VerificationPolicy{LevelRules: []*contextv1.LevelRule{{Level: levelSingle}}}}, nil,
			"INVALID_REQUEST", "policy.verification.level_rules[0].max_age",
		},
		// Only with what is there already.
		"a default above the bound": {
			&contextv1.Policy{Handoff: &contextv1.HandoffPolicy{DefaultTtl: durationpb.New(time.Hour)}}, []string{"handoff.default_ttl"},
			"INVALID_POLICY", "policy.handoff.default_ttl",
		},
		"a card number": {
			&contextv1.Policy{Identity: &contextv1.IdentityPolicy{Blocked: []*contextv1.BlockedIdentifier{switchboard, {
				Identifier: &logv1.Identifier{Type: logv1.IdentifierType_IDENTIFIER_TYPE_ACCOUNT, Value: "4111 1111 1111 1111"},
			}}}}, nil, "INVALID_POLICY", "policy.identity.blocked[1].identifier.value",
		},
		"a policy of 100 KiB": {&contextv1.Policy{Identity: many}, nil, "INVALID_POLICY", "policy"},
	} {
		_, err := n.UpdatePolicy(n.ctx(), &contextv1.UpdatePolicyRequest{Policy: c.policy, UpdateMask: &fieldmaskpb.FieldMask{Paths: c.mask}})
		if got := fieldsOf(err); reasonOf(err) != c.reason || len(got) != 1 || got[0] != c.field {
			t.Errorf("%s: got %v, blames %v", name, err, got)
		}
	}
	if diff := cmp.Diff(before, n.getPolicy(), protocmp.Transform()); diff != "" {
		t.Errorf("a refused update changed something:\n%s", diff)
	}
}
