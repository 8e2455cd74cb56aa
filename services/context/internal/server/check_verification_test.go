package server_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/auth"
)

// Refusals by reasons that all services share.
func TestVerificationRequestsAreChecked(t *testing.T) {
	n := run(t)
	check := func(customer string, r *contextv1.VerificationRequirement) error {
		_, err := n.CheckVerification(n.ctx(), &contextv1.CheckVerificationRequest{
			Customer: customer, Demand: &contextv1.CheckVerificationRequest_Requirement{Requirement: r},
		})
		return err
	}
	record := func(change func(*contextv1.RecordVerificationRequest)) error {
		req := pin("r1", passed)
		change(req)
		_, err := n.RecordVerification(n.ctx(), req)
		return err
	}
	without, err := n.CheckVerification(n.ctx(), &contextv1.CheckVerificationRequest{Customer: c1})
	if without != nil {
		t.Errorf("without a demand: %v", without)
	}
	stale := &contextv1.CheckVerificationRequest{
		Customer: c1, Demand: &contextv1.CheckVerificationRequest_Requirement{Requirement: &contextv1.VerificationRequirement{MinLevel: levelSingle}},
		Consistency: &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: "xx"}},
	}
	_, tokenErr := n.CheckVerification(n.ctx(), stale)
	for name, c := range map[string]struct {
		err           error
		reason, field string
	}{
		"no demand":         {err, "INVALID_REQUEST", "demand"},
		"damaged token":     {tokenErr, "INVALID_CONSISTENCY_TOKEN", "consistency_token"},
		"no level":          {check(c1, &contextv1.VerificationRequirement{Scope: "x"}), "INVALID_REQUEST", "requirement.min_level"},
		"unknown level":     {check(c1, &contextv1.VerificationRequirement{MinLevel: 9}), "INVALID_REQUEST", "requirement.min_level"},
		"nothing, and more": {check(c1, &contextv1.VerificationRequirement{MinLevel: levelNone, Scope: "x"}), "INVALID_REQUEST", "requirement.min_level"},
		"no age":            {check(c1, &contextv1.VerificationRequirement{MinLevel: levelSingle, MaxAge: durationpb.New(-time.Second)}), "INVALID_REQUEST", "requirement.max_age"},
		"a method twice":    {check(c1, &contextv1.VerificationRequirement{MinLevel: levelSingle, Methods: []string{"pin", "pin"}}), "INVALID_REQUEST", "requirement.methods[1]"},
		"no customer":       {check("bob", &contextv1.VerificationRequirement{MinLevel: levelSingle}), "INVALID_REQUEST", "customer"},
		"no method":         {record(func(r *contextv1.RecordVerificationRequest) { r.Method = "" }), "INVALID_REQUEST", "method"},
		"a method in words": {record(func(r *contextv1.RecordVerificationRequest) { r.Method = "My PIN" }), "INVALID_REQUEST", "method"},
		"no result":         {record(func(r *contextv1.RecordVerificationRequest) { r.Result = 0 }), "INVALID_REQUEST", "result"},
		"no such result": {
			record(func(r *contextv1.RecordVerificationRequest) { r.Result = logv1.VerificationResult(99) }), "INVALID_REQUEST", "result",
		},
		"a service's customer": {record(func(r *contextv1.RecordVerificationRequest) { r.Customer = "customers/_slots" }), "INVALID_REQUEST", "customer"},
		"a bad request id":     {record(func(r *contextv1.RecordVerificationRequest) { r.RequestId = "a b" }), "INVALID_REQUEST", "request_id"},
		"passed and no level":  {record(func(r *contextv1.RecordVerificationRequest) { r.Level = 0 }), "INVALID_VERIFICATION", "level"},
	} {
		if reasonOf(c.err) != c.reason {
			t.Errorf("%s: got %v, want %s", name, c.err, c.reason)
		}
		if got := fieldsOf(c.err); len(got) != 1 || got[0] != c.field {
			t.Errorf("%s: blames %v, want %s", name, got, c.field)
		}
	}
	if got := n.log.Events(c1); len(got) > 0 {
		t.Errorf("%d events were stored", len(got))
	}
	// A requirement of NONE is met by everybody.
	if got := n.check(levelNone, "", 0); !got.GetSufficient() || got.GetVerification() != nil || got.GetSufficientUntil() != nil {
		t.Errorf("nothing is demanded: %v", got)
	}
}

// While the log is away, what is known is enough to answer from; a guess is not.
func TestCheckVerificationWithoutTheLog(t *testing.T) {
	n := run(t)
	n.verify(pin("", passed))
	n.log.Down()
	n.clock.Advance(time.Second) // what was complete a moment ago will not do
	if got := n.check(levelSingle, "call", ivr); !got.GetSufficient() {
		t.Errorf("known: %v", got)
	}
	for name, req := range map[string]*contextv1.CheckVerificationRequest{
		"a customer whom it does not know": {Customer: "customers/c2"},
		"a write that it has not seen": {Customer: c1, Consistency: &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{
			AtLeastAsFresh: aip.EncodeToken(auth.DefaultTenant, aip.Position{Customer: "c1", Revision: 9}),
		}}},
		"a full read": {Customer: c1, Consistency: fully()},
	} {
		req.Demand = &contextv1.CheckVerificationRequest_Requirement{Requirement: &contextv1.VerificationRequirement{MinLevel: levelSingle}}
		if resp, err := n.CheckVerification(n.ctx(), req); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: %v, %v", name, resp, err)
		}
	}
}
