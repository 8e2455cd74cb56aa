package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

func visitor(id string) *logv1.Identifier {
	return &logv1.Identifier{Type: logv1.IdentifierType_IDENTIFIER_TYPE_WEB_VISITOR, Value: id}
}

func crmID(id string) *logv1.Identifier {
	return &logv1.Identifier{Type: logv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: id}
}

// outcomesAndConflicts are the outcomes of a resolution, and who is in the way.
func outcomesAndConflicts(resp *contextv1.ResolveCustomerResponse) []string {
	var all []string
	for _, m := range resp.GetMatches() {
		text := m.GetOutcome().String()[len("MATCH_OUTCOME_"):]
		if m.GetConflictingCustomer() != "" {
			text += " " + m.GetConflictingCustomer()
		}
		all = append(all, text)
	}
	return all
}

func (n *node) wantMatches(resp *contextv1.ResolveCustomerResponse, customer string, want ...string) {
	n.t.Helper()
	if resp.GetCustomer() != customer {
		n.t.Errorf("resolved to %s, want %s", resp.GetCustomer(), customer)
	}
	if diff := cmp.Diff(want, outcomesAndConflicts(resp)); diff != "" {
		n.t.Errorf("matches (-want +got):\n%s", diff)
	}
}

func TestResolvingMergedCustomers(t *testing.T) {
	n := run(t)
	phoneID, mailID, newID := phone("+12025550101"), email("bob@example.org"), visitor("v1")
	ada := n.resolve(call("c1", phoneID)).GetCustomer()
	first := n.resolve(call("c2", mailID))
	bob := first.GetCustomer()
	id := n.merge(ada, bob).GetMerge().GetMergeId()
	n.clock.Advance(time.Minute)

	// Both names' identifiers lead to the survivor, and do not contradict each other.
	n.wantMatches(n.resolve(call("", mailID)), ada, "MATCHED")
	second := n.resolve(call("c3", mailID, phoneID, newID))
	n.wantMatches(second, ada, "MATCHED", "MATCHED", "LINKED")
	if !second.GetInteractionCreated() {
		t.Error("no interaction was begun")
	}
	n.wantMatches(n.resolve(call("c3", mailID, phoneID, newID)), ada, "MATCHED", "MATCHED", "LINKED")
	must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Identifier: mailID, Consistency: atLeast(second.GetConsistencyToken())}))(t)

	// A contact of before stays where it was begun.
	again := n.resolve(call("c2", mailID))
	n.wantMatches(again, ada, "LINKED")
	if again.GetInteractionId() != first.GetInteractionId() || again.GetInteractionCreated() || !again.GetCreated() {
		t.Errorf("the retransmission: %v", again)
	}
	if a, b := len(n.log.Events(ada)), len(n.log.Events(bob)); a != 5 || b != 3 {
		t.Errorf("%d and %d events, want nothing new but the third contact and what it linked", a, b)
	}

	n.unmerge(ada, id)
	n.clock.Advance(time.Minute)
	n.wantMatches(n.resolve(call("", mailID)), bob, "MATCHED")
	n.wantMatches(n.resolve(call("", newID)), ada, "MATCHED")
	n.wantMatches(n.resolve(call("", mailID, phoneID)), ada, "CONFLICT "+bob, "MATCHED")
}

func TestBindingAnAnonymousVisitor(t *testing.T) {
	n := run(t)
	known := n.resolve(call("c1", phone("+12025550101"))).GetCustomer()
	guest := n.resolve(call("c2", visitor("v1"))).GetCustomer()
	n.know(guest, "basket", "shoes")

	n.wantMatches(n.resolve(call("", phone("+12025550101"), visitor("v1"))), known, "MATCHED", "CONFLICT "+guest)
	req := call("c3", visitor("v1"), phone("+12025550101"))
	req.BindAnonymous = true
	bound := n.resolve(req)
	n.wantMatches(bound, known, "BOUND", "MATCHED")
	both := must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: guest, Consistency: atLeast(bound.GetConsistencyToken())}))(t)
	if both.GetCustomer() != known || values(both)["basket"] != "shoes" || both.GetRevision() != bound.GetRevision() {
		t.Errorf("the visitor leads to %v", both)
	}
	events := len(n.log.Events(known)) + len(n.log.Events(guest))
	n.clock.Advance(time.Minute)
	again := n.resolve(req)
	n.wantMatches(again, known, "BOUND", "MATCHED")
	if got := len(n.log.Events(known)) + len(n.log.Events(guest)); got != events {
		t.Errorf("a retransmission wrote %d events", got-events)
	}

	// It turned out to be somebody else at the same computer.
	n.unmerge(known, both.GetMerges()[0].GetMergeId())
	n.wantMatches(n.resolve(req), known, "CONFLICT "+guest, "MATCHED")
	next := call("c4", visitor("v1"), phone("+12025550101"))
	next.BindAnonymous = true
	n.wantMatches(n.resolve(next), known, "BOUND", "MATCHED")
	n.unmerge(known, n.see(known).GetMerges()[0].GetMergeId())
	unnamed := call("", visitor("v1"), phone("+12025550101"))
	unnamed.BindAnonymous = true
	n.wantMatches(n.resolve(unnamed), known, "BOUND", "MATCHED")
	n.wantMatches(n.resolve(unnamed), known, "MATCHED", "MATCHED")
}

func TestOnlyAnonymousVisitorsAreBound(t *testing.T) {
	n := run(t)
	known := n.resolve(call("c1", phone("+12025550101"))).GetCustomer()
	other := n.resolve(call("c2", email("bob@example.org"), visitor("v1"))).GetCustomer()
	req := call("c3", visitor("v1"), phone("+12025550101"))
	req.BindAnonymous = true
	n.wantMatches(n.resolve(req), known, "CONFLICT "+other, "MATCHED")
}

// Two CRM ids are two people: the second is not linked, and leads nowhere.
func TestAnIdentifierTooMany(t *testing.T) {
	n := run(t)
	ada := n.resolve(call("c1", crmID("1"), phone("+12025550101"))).GetCustomer()
	for i := range 2 {
		n.wantMatches(n.resolve(call(fmt.Sprint("d", i), crmID("2"), phone("+12025550101"))), ada, "CONFLICT", "MATCHED")
	}
	other := n.resolve(call("e1", crmID("2")))
	if other.GetCustomer() == ada || !other.GetCreated() {
		t.Errorf("the id leads to %v", other)
	}
	made := n.resolve(call("f1", crmID("3"), crmID("4")))
	n.wantMatches(made, made.GetCustomer(), "LINKED", "CONFLICT")
	if diff := cmp.Diff([]*contextv1.LinkedIdentifier{{Identifier: crmID("3")}}, n.see(made.GetCustomer()).GetIdentity().GetIdentifiers(),
		protocmp.Transform(), protocmp.IgnoreFields(&contextv1.LinkedIdentifier{}, "origin", "link_time")); diff != "" {
		t.Errorf("identifiers (-want +got):\n%s", diff)
	}
}

// A case of a merged customer is offered under that one's name, where it can be worked on; and who was verified under one
// name is verified under the other.
func TestMattersAndVerificationsOfMergedCustomers(t *testing.T) {
	n := run(t)
	ada := n.resolve(call("c1", phone("+12025550101"))).GetCustomer()
	bob := n.resolve(call("c2", email("bob@example.org"))).GetCustomer()
	must(n.OpenCase(n.ctx(), &contextv1.OpenCaseRequest{Customer: bob, CaseId: "k1", Case: &contextv1.Case{Subject: "a parcel"}}))(t)
	must(n.RecordVerification(n.ctx(), &contextv1.RecordVerificationRequest{
		Customer: bob, Method: "otp", Result: logv1.VerificationResult_VERIFICATION_RESULT_PASSED,
		Level: logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR,
	}))(t)
	check := &contextv1.CheckVerificationRequest{Customer: ada, Demand: &contextv1.CheckVerificationRequest_Requirement{
		Requirement: &contextv1.VerificationRequirement{MinLevel: logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR},
	}}
	if must(n.CheckVerification(n.ctx(), check))(t).GetSufficient() {
		t.Error("verified before the merge")
	}
	n.merge(ada, bob)
	if !must(n.CheckVerification(n.ctx(), check))(t).GetSufficient() {
		t.Error("not verified, although the other name is")
	}
	again := &contextv1.RecordVerificationRequest{
		Customer: ada, Method: "otp", Result: logv1.VerificationResult_VERIFICATION_RESULT_FAILED, RequestId: "v1",
		RequiredLevel: logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR,
	}
	for range 2 {
		got := must(n.RecordVerification(n.ctx(), again))(t)
		if !got.GetDoubleVerification() || got.GetValidVerification().GetMethod() != "otp" ||
			got.GetStatus().GetEffectiveLevel() != logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR {
			t.Errorf("verified again: %v", got)
		}
	}
	got := n.resolve(call("c3", phone("+12025550101")))
	if len(got.GetOpenCases()) != 1 || got.GetOpenCases()[0].GetName() != bob+"/cases/k1" {
		t.Fatalf("open cases: %v", got.GetOpenCases())
	}
	if len(got.GetResumeCandidates()) == 0 || got.GetResumeCandidates()[0].GetCase() != bob+"/cases/k1" {
		t.Errorf("to resume: %v", got.GetResumeCandidates())
	}
	must(n.ResolveCase(n.ctx(), &contextv1.ResolveCaseRequest{
		Name: got.GetOpenCases()[0].GetName(), Etag: got.GetOpenCases()[0].GetEtag(),
	}))(t)
	if got := n.resolve(call("c4", phone("+12025550101"))); len(got.GetOpenCases()) != 0 {
		t.Errorf("still open: %v", got.GetOpenCases())
	}
}

// A verification under one name is good under the other for what it was made for, and what is missing tells that.
func TestScopesOfMergedCustomers(t *testing.T) {
	n := run(t)
	n.known(cA, cB)
	for customer, scope := range map[string]string{cA: "address", cB: "payments"} {
		must(n.RecordVerification(n.ctx(), &contextv1.RecordVerificationRequest{
			Customer: customer, Method: "otp", Result: logv1.VerificationResult_VERIFICATION_RESULT_PASSED,
			Level: logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR, Scopes: []string{scope},
		}))(t)
	}
	check := func(customer, scope string) (enough bool, gaps []string) {
		got := must(n.CheckVerification(n.ctx(), &contextv1.CheckVerificationRequest{
			Customer: customer, Demand: &contextv1.CheckVerificationRequest_Requirement{Requirement: &contextv1.VerificationRequirement{
				MinLevel: logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR, Scope: scope,
			}},
		}))(t)
		for _, m := range got.GetMissing() {
			gaps = append(gaps, m.GetGap().String()+": "+m.GetExplanation())
		}
		return got.GetSufficient(), gaps
	}
	merge := n.merge(cA, cB)
	for _, customer := range []string{cA, cB} {
		for scope, want := range map[string][]string{
			"address": nil, "payments": nil,
			"Payments": {"VERIFICATION_GAP_SCOPE_MISSING: No valid verification is good for Payments."},
		} {
			enough, gaps := check(customer, scope)
			if diff := cmp.Diff(want, gaps); diff != "" || enough != (want == nil) {
				t.Errorf("%s for %s: %v (-want +got):\n%s", customer, scope, enough, diff)
			}
		}
	}
	n.unmerge(cA, merge.GetMerge().GetMergeId())
	if enough, _ := check(cA, "payments"); enough {
		t.Error("parted, it is still verified by the other's")
	}
}
