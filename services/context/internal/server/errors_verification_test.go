package server_test

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// verifying provokes INVALID_VERIFICATION.
func verifying(when string, change func(n *node, r *contextv1.RecordVerificationRequest)) provocation {
	return provocation{"INVALID_VERIFICATION", "RecordVerification", when, func(n *node) error {
		req := pin("r1", passed)
		change(n, req)
		_, err := n.RecordVerification(n.ctx(), req)
		if got := n.log.Events(c1); len(got) > 0 {
			n.t.Errorf("%s: %d events were stored", when, len(got))
		}
		return err
	}}
}

// provokeVerifications has the reasons of verifications and policies.
func provokeVerifications() []provocation {
	updating := func(when string, p *contextv1.Policy) provocation {
		return provocation{"INVALID_POLICY", "UpdatePolicy", when, func(n *node) error {
			_, err := n.UpdatePolicy(n.ctx(), &contextv1.UpdatePolicyRequest{Policy: p})
			return err
		}}
	}
	return []provocation{
		verifying("a check that was passed, but reached no level", func(_ *node, r *contextv1.RecordVerificationRequest) {
			r.Level = levelNone
		}),
		verifying("an expiry before the check", func(n *node, r *contextv1.RecordVerificationRequest) {
			r.Origin.OccurredAt = timestamppb.New(n.clock.Now())
			r.ExpireTime = timestamppb.New(n.clock.Now().Add(-time.Minute))
		}),
		{"UNKNOWN_ACTION", "CheckVerification", "an action that is misspelt", func(n *node) error {
			n.policy(fullPolicy().GetVerification())
			_, err := n.CheckVerification(n.ctx(), &contextv1.CheckVerificationRequest{
				Customer: c1, Demand: &contextv1.CheckVerificationRequest_Action{Action: "chnage_address"},
			})
			return err
		}},
		updating("two rules for one level", &contextv1.Policy{Verification: &contextv1.VerificationPolicy{
			LevelRules: append(fullPolicy().GetVerification().GetLevelRules(), fullPolicy().GetVerification().GetLevelRules()...),
		}}),
		updating("a blocked telephone number that is none", &contextv1.Policy{Identity: &contextv1.IdentityPolicy{
			Blocked: []*contextv1.BlockedIdentifier{{Identifier: phone("12")}},
		}}),
		{"ETAG_MISMATCH", "UpdatePolicy", "an update with an etag from before another slot", func(n *node) error {
			old := n.getPolicy()
			n.slot(&contextv1.Slot{Name: "slots/city"})
			_, err := n.UpdatePolicy(n.ctx(), &contextv1.UpdatePolicyRequest{Policy: old})
			return err
		}},
	}
}
