package play

import (
	"context"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// verification records a check of the customer's identity, and counts it as double when the service says that a sufficient
// one was valid.
func (r *run) verification(ctx context.Context, id string, t time.Time, v *dialogue.Verification) error {
	if err := r.flush(ctx); err != nil {
		return err
	}
	const wanted = interactionlogv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR
	req := &contextv1.RecordVerificationRequest{
		Customer: r.customer, Method: v.Method, RequiredLevel: wanted, Origin: r.origin(t), RequestId: id,
		Result: interactionlogv1.VerificationResult_VERIFICATION_RESULT_FAILED,
	}
	if v.Passed {
		req.Result, req.Level = interactionlogv1.VerificationResult_VERIFICATION_RESULT_PASSED, wanted
	}
	got, err := timed(r.Calls, "RecordVerification", func() (*contextv1.RecordVerificationResponse, error) {
		return r.Context.RecordVerification(ctx, req)
	})
	if err != nil {
		return err
	}
	r.token = got.GetConsistencyToken()
	r.Counts.Events++
	r.Counts.Verifications++
	if v.Passed {
		r.Counts.VerificationsPassed++
	} else {
		r.Counts.VerificationsFailed++
	}
	if got.GetDoubleVerification() {
		r.Counts.DoubleVerifications++
		r.Counts.Events++ // the DoubleVerificationDetected
	}
	return nil
}
