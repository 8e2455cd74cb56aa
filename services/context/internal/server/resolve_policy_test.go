package server_test

import (
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

func (n *node) identityPolicy(p *contextv1.IdentityPolicy) {
	n.t.Helper()
	must(n.UpdatePolicy(n.ctx(), &contextv1.UpdatePolicyRequest{Policy: &contextv1.Policy{Name: "policy", Identity: p}}))(n.t)
}

// A number that many call from names nobody, from the moment at which the policy says so.
func TestBlockedIdentifiers(t *testing.T) {
	n := run(t)
	switchboard := phone("+1 202 555 0100")
	before := n.resolve(call("c1", switchboard)).GetCustomer()
	n.identityPolicy(&contextv1.IdentityPolicy{Blocked: []*contextv1.BlockedIdentifier{{Identifier: switchboard}}})
	first := n.resolve(call("c2", switchboard, email("ada@example.org")))
	n.wantMatches(first, first.GetCustomer(), "BLOCKED", "LINKED")
	second := n.resolve(call("c3", phone("+12025550100")))
	n.wantMatches(second, second.GetCustomer(), "BLOCKED")
	if first.GetCustomer() == before || second.GetCustomer() == before || second.GetCustomer() == first.GetCustomer() {
		t.Errorf("%s, then %s and %s", before, first.GetCustomer(), second.GetCustomer())
	}
	for _, id := range n.see(first.GetCustomer()).GetIdentity().GetIdentifiers() {
		if id.GetIdentifier().GetType() == logv1.IdentifierType_IDENTIFIER_TYPE_PHONE {
			t.Error("the blocked number was linked")
		}
	}
	_, err := n.ResolveCustomer(n.ctx(), call("", switchboard))
	wantReason(t, err, "NOTHING_TO_RESOLVE")
	_, err = n.GetContext(n.ctx(), &contextv1.GetContextRequest{Identifier: switchboard})
	wantReason(t, err, "IDENTIFIER_NOT_FOUND")
}

func TestIdentifierLimitsOfThePolicy(t *testing.T) {
	n := run(t)
	n.identityPolicy(&contextv1.IdentityPolicy{Limits: []*contextv1.IdentifierLimit{
		{Type: logv1.IdentifierType_IDENTIFIER_TYPE_EMAIL, Max: 2}, {Type: logv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Max: 5},
	}})
	ada := n.resolve(call("c1", crmID("1"), email("a@example.org"))).GetCustomer()
	bob := n.resolve(call("c2", crmID("2"), email("b@example.org"))).GetCustomer()
	n.merge(ada, bob)
	n.wantMatches(n.resolve(call("c3", crmID("1"), email("c@example.org"))), ada, "MATCHED", "CONFLICT")
	cid := n.resolve(call("c4", email("c@example.org"))).GetCustomer()
	_, err := n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{SurvivingCustomer: ada, MergedCustomer: cid})
	wantReason(t, err, "MERGE_COLLISION")
}
