package e2e

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/e2e/harness"
)

// refused checks that a call failed for the reason that its documentation names.
func refused(t *testing.T, what string, err error, why client.Reason) {
	t.Helper()
	var e *client.Error
	if !errors.Is(err, why) || !errors.As(err, &e) || e.RequestID == "" {
		t.Errorf("%s: %v, want %s", what, err, why)
	}
}

func clientVerifies(t *testing.T, c goClient) {
	ctx, customer := t.Context(), c.known(t, "verifications")
	ivr := customer.At(client.Place{InteractionID: "call-1", Channel: client.ChannelIVR})
	passed := client.VerificationAttempt{
		Method: "otp-sms", Result: client.VerificationPassed, Level: client.LevelMultiFactor, Scopes: []string{"address"},
		EvidenceRef: "check-17",
	}
	_, err := ivr.RecordVerification(ctx, client.VerificationAttempt{Method: "pin", Result: client.VerificationPassed})
	refused(t, "passed without a level", err, client.ReasonInvalidVerification)
	_, err = ivr.CheckVerification(ctx, "move_out")
	refused(t, "an action without a rule", err, client.ReasonUnknownAction)

	failed, err := ivr.RecordVerification(ctx, client.VerificationAttempt{Method: "pin", Result: client.VerificationFailed, FailureReason: "wrong"})
	if err != nil || failed.Status.FailedAttempts != 1 || failed.Status.EffectiveLevel != client.LevelNone {
		t.Errorf("failed: %+v, %v", failed, err)
	}
	policies := contextv1.NewContextServiceClient(harness.Dial(t, c.suite.Context))
	if _, err := policies.UpdatePolicy(ctx, &contextv1.UpdatePolicyRequest{
		Policy: &contextv1.Policy{Verification: &contextv1.VerificationPolicy{Actions: []*contextv1.ActionRule{{
			Action: "move_out", Requirement: &contextv1.VerificationRequirement{
				MinLevel: interactionlogv1.VerificationLevel_VERIFICATION_LEVEL_MULTI_FACTOR, Scope: "address",
			},
		}}}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"verification.actions"}},
	}); err != nil {
		t.Fatal(err)
	}
	check, err := ivr.CheckVerification(ctx, "move_out")
	if err != nil || check.Sufficient || len(check.Missing) == 0 || check.Missing[0].Gap != client.GapNotVerified ||
		check.Requirement.MinLevel != client.LevelMultiFactor || check.Requirement.Scope != "address" {
		t.Errorf("before it was passed: %+v, %v", check, err)
	}
	first, err := ivr.RecordVerification(ctx, passed, client.WithRequestID("otp-1"))
	if err != nil || first.DoubleVerification || first.Status.EffectiveLevel != client.LevelMultiFactor {
		t.Errorf("passed: %+v, %v", first, err)
	}
	check, err = ivr.CheckVerification(ctx, "move_out")
	if err != nil || !check.Sufficient || check.Verification == nil || check.Verification.EventID != first.EventID ||
		check.Verification.Method != "otp-sms" || check.SufficientUntil.Before(time.Now()) {
		t.Errorf("after it was passed: %+v, %v", check, err)
	}
	check, err = ivr.CheckRequirement(ctx, client.VerificationRequirement{MinLevel: client.LevelSingleFactor, Scope: "payments", MaxAge: time.Hour})
	if err != nil || check.Sufficient || check.Missing[0].Gap != client.GapScopeMissing || check.Requirement.MaxAge != time.Hour {
		t.Errorf("for another scope: %+v, %v", check, err)
	}
	again, err := ivr.RecordVerification(ctx, passed, client.WithRequestID("otp-1"))
	if err != nil || again.EventID != first.EventID || again.DoubleVerification {
		t.Errorf("repeated: %+v, %v", again, err)
	}
	twice, err := ivr.RecordVerification(ctx, passed)
	if err != nil || !twice.DoubleVerification || twice.ValidVerification == nil || twice.ValidVerification.EventID != first.EventID {
		t.Errorf("verified twice: %+v, %v", twice, err)
	}
	pop, err := ivr.Context(ctx, client.ViewAgent)
	if err != nil || pop.VerificationStatus.EffectiveLevel != client.LevelMultiFactor || pop.Repeats.DoubleVerifications != 1 ||
		len(pop.Verifications) != 2 {
		t.Errorf("the context: %+v, %v", pop, err)
	}
}

func clientKeepsCases(t *testing.T, c goClient) {
	ctx := t.Context()
	customer := c.known(t, "cases").At(client.Place{InteractionID: "chat-1", Channel: client.ChannelChat})
	due := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	opened, err := customer.OpenCase(ctx, client.NewCase{
		ID: "T-1", Subject: "No heating", Priority: client.PriorityHigh, Promise: &client.Promise{Text: "A fitter comes", DueTime: due},
	})
	if err != nil || opened.Case.Name != customer.Name()+"/cases/T-1" || opened.Case.State != client.CaseOpen ||
		opened.Case.Promise == nil || !opened.Case.Promise.DueTime.Equal(due) || opened.Case.Etag == "" {
		t.Fatalf("opened %+v, %v", opened, err)
	}
	_, err = customer.OpenCase(ctx, client.NewCase{ID: "T-1", Subject: "No heating"})
	refused(t, "opened twice", err, client.ReasonCaseExists)
	_, err = customer.Case(ctx, "T-2")
	refused(t, "a case that is none", err, client.ReasonCaseNotFound)
	_, err = customer.ReopenCase(ctx, "T-1", client.CaseReopening{})
	refused(t, "reopened while open", err, client.ReasonCaseNotResolved)

	updated, err := customer.UpdateCase(ctx, "T-1", client.CaseUpdate{Status: "waiting", PromiseSettled: true, Etag: opened.Case.Etag})
	if err != nil || updated.Case.Status != "waiting" || updated.Case.Promise != nil || updated.Case.Subject != "No heating" ||
		updated.Case.Priority != client.PriorityHigh {
		t.Errorf("updated %+v, %v", updated, err)
	}
	_, err = customer.ResolveCase(ctx, "T-1", client.CaseResolution{Etag: opened.Case.Etag})
	refused(t, "resolved as it was before", err, client.ReasonEtagMismatch)
	resolved, err := customer.ResolveCase(ctx, opened.Case.Name, client.CaseResolution{Resolution: "Mended", Code: "ok"}, client.WithRequestID("r1"))
	if err != nil || resolved.Case.State != client.CaseResolved || resolved.Case.Resolution != "Mended" || resolved.Case.ResolveTime.IsZero() {
		t.Errorf("resolved %+v, %v", resolved, err)
	}
	again, err := customer.ResolveCase(ctx, "T-1", client.CaseResolution{Resolution: "Mended", Code: "ok"}, client.WithRequestID("r1"))
	if err != nil || again.EventID != resolved.EventID {
		t.Errorf("resolved again by the same request: %+v, %v", again, err)
	}
	_, err = customer.UpdateCase(ctx, "T-1", client.CaseUpdate{Status: "x"})
	refused(t, "updated after all", err, client.ReasonCaseNotOpen)
	reopened, err := customer.ReopenCase(ctx, "T-1", client.CaseReopening{Reason: "Cold again", Etag: resolved.Case.Etag})
	if err != nil || reopened.Case.State != client.CaseOpen || reopened.Case.Reopened != 1 {
		t.Errorf("reopened %+v, %v", reopened, err)
	}
	got, err := customer.Case(ctx, "T-1")
	if err != nil || got.Etag != reopened.Case.Etag {
		t.Errorf("got %+v, %v", got, err)
	}
	pop, err := customer.Context(ctx, client.ViewFull)
	if err != nil || len(pop.OpenCases) != 1 || len(pop.RecentCases) != 0 {
		t.Errorf("the context: %+v, %v", pop, err)
	}
}

func clientReadsFlat(t *testing.T, c goClient) {
	ctx := t.Context()
	customer := c.known(t, "flat").At(client.Place{Channel: client.ChannelIVR})
	if _, err := customer.RecordFacts(ctx, []client.FactInput{{Slot: "meter", Value: "1234"}, {Slot: "town", Value: "Lund"}}); err != nil {
		t.Fatal(err)
	}
	flat, err := customer.Flat(ctx, "meter")
	if err != nil || flat.Status != client.FlatKnown || flat.Values["slot_meter"] != "1234" || flat.Values["slot_town"] != "" {
		t.Errorf("one slot: %+v, %v", flat, err)
	}
	flat, err = c.LookupFlat(ctx, client.FlatLookup{Identifier: client.Identifier{Type: client.IdentifierAccount, Value: "flat"}})
	if err != nil || flat.Status != client.FlatKnown || flat.Values["slot_town"] != "Lund" {
		t.Errorf("by identifier: %+v, %v", flat, err)
	}
	flat, err = c.LookupFlat(ctx, client.FlatLookup{Identifier: client.Identifier{Type: client.IdentifierAccount, Value: "nobody"}})
	if err != nil || flat.Status != client.FlatUnknown {
		t.Errorf("of nobody: %+v, %v", flat, err)
	}
}

func clientFills(t *testing.T, c goClient) {
	ctx, hungUp := context.WithCancel(t.Context())
	customer := c.known(t, "fill").At(client.Place{InteractionID: "call-9", Channel: client.ChannelIVR})
	slots := contextv1.NewContextServiceClient(harness.Dial(t, c.suite.Context))
	if _, err := slots.CreateSlot(ctx, &contextv1.CreateSlotRequest{SlotId: "size", Slot: &contextv1.Slot{MinConfidence: 0.6}}); err != nil {
		t.Fatal(err)
	}
	if _, err := customer.RecordFacts(ctx, []client.FactInput{
		{Slot: "town", Value: "Lund"}, {Slot: "size", Value: "42", Confidence: 0.3},
	}); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("hung up")
	filled, err := customer.Fill(ctx, []string{"town", "size", "colour", "pet"}, func(_ context.Context, s client.SlotPlan) (client.Answer, error) {
		switch s.Slot {
		case "size":
			if s.Decision != client.DecisionConfirm || s.Reason != client.BecauseUnsure {
				t.Errorf("an unsure value is offered as %+v", s)
			}
			return client.Answer{Value: s.Value}, nil
		case "colour":
			return client.Answer{Value: "green"}, nil
		default:
			hungUp()
			return client.Answer{}, gone
		}
	})
	if !errors.Is(err, gone) || filled == nil || !slices.Equal(filled.Asked, []string{"size", "colour", "pet"}) ||
		!slices.Equal(filled.Known, []string{"town"}) || filled.Values["colour"] != "green" {
		t.Errorf("filled %+v, %v", filled, err)
	}
	// What was said before the customer hung up is not asked again, and what was not asked is counted.
	filled, err = customer.Fill(t.Context(), []string{"size", "colour"}, func(_ context.Context, s client.SlotPlan) (client.Answer, error) {
		t.Errorf("asked again: %+v", s)
		return client.Answer{}, nil
	})
	if err != nil || filled.Values["size"] != "42" {
		t.Errorf("filled again %+v, %v", filled, err)
	}
	pop, err := customer.Context(t.Context(), client.ViewFull)
	if err != nil || pop.Repeats.QuestionsAsked != 3 || pop.Repeats.QuestionsAvoided != 3 || pop.Repeats.Repeats != 0 {
		t.Errorf("counted %+v, %v", pop.Repeats, err)
	}
}
