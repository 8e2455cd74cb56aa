package client

import (
	"context"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Verification is a passport: the customer's identity was checked, how surely, for what and until when. The secret that
// was checked is never part of it.
type Verification struct {
	// The event that recorded it.
	EventID string
	// How it was checked: "pin", "otp-sms".
	Method string
	// The assurance level reached.
	Level VerificationLevel
	// The level that it is still worth to this asker: lower than `level` after a change of channel, in another interaction,
	// or by a rule for the method; NONE once it is not valid.
	EffectiveLevel VerificationLevel
	// What it is good for; everything of its level when empty.
	Scopes []string
	// The channel in which it was passed.
	Channel Channel
	// The interaction in which it was passed.
	InteractionID string
	// Who checked it.
	Actor Actor
	// When it was passed.
	VerifyTime time.Time
	// Until when it is valid; absent when for ever.
	ExpireTime time.Time
	// Whether it is valid now.
	Valid bool
	// Why EffectiveLevel is below Level, for people; empty when it is not.
	LoweredBecause string
}

// VerificationStatus is how surely the customer is identified, all verifications taken together.
type VerificationStatus struct {
	// The highest effective level of the verifications that are valid; NONE when there is none.
	EffectiveLevel VerificationLevel
	// Until when that level holds; absent when for ever, or when there is none.
	ValidUntil time.Time
	// How often a check has failed since the last one that was passed.
	FailedAttempts int64
	// When a check failed last; absent when none did since the last one passed.
	LastFailedTime time.Time
	// The method of that check.
	LastFailedMethod string
}

// VerificationRequirement is what a verification has to be for some purpose.
type VerificationRequirement struct {
	// The least effective level. Required.
	MinLevel VerificationLevel
	// The scope that it has to be good for; any when empty. At most 64 bytes.
	Scope string
	// The greatest age; no bound when absent.
	MaxAge time.Duration
	// The methods accepted; any when empty. At most 16, of 64 bytes each.
	Methods []string
}

// VerificationAttempt is a check of the customer's identity and what came of it. Never the secret that was checked.
type VerificationAttempt struct {
	// How: "pin", "otp-sms", "date-of-birth". 1 to 64 characters of lower-case letters, digits, "-", "_" and ".".
	Method string
	// What came of it.
	Result VerificationResult
	// The level reached. Required when passed, and above NONE then.
	Level VerificationLevel
	// The level that was wanted; `level` when unspecified, and SINGLE_FACTOR where that is, too.
	RequiredLevel VerificationLevel
	// What it is good for; everything of that level when empty. At most 32, of 64 bytes each.
	Scopes []string
	// Until when it holds. By the tenant's policy when absent; never beyond it.
	ExpireTime time.Time
	// The checking system's own reference. Not the secret. At most 256 bytes.
	EvidenceRef string
	// Why it failed. At most 256 bytes.
	FailureReason string
}

// VerificationRecorded is the answer of RecordVerification.
type VerificationRecorded struct {
	// The event that recorded it.
	EventID string
	// True when a sufficient verification was valid: the customer was verified twice for nothing. This is recorded as an
	// event, too.
	DoubleVerification bool
	// The verification that was valid, in case of a double verification.
	ValidVerification *Verification
	// How surely the customer is identified now.
	Status VerificationStatus
	// The customer's newest revision.
	Revision int64
	// Give it to later reads to see at least this.
	ConsistencyToken string
}

// VerificationCheck says whether the customer is verified surely enough.
type VerificationCheck struct {
	// Whether it is enough. If so, do not verify again.
	Sufficient bool
	// The verification that is enough, or the one that comes nearest.
	Verification *Verification
	// What is missing, when it is not enough; the first is what to mend first.
	Missing []MissingVerification
	// What was demanded: the policy's requirement, when an action was named.
	Requirement VerificationRequirement
	// Until when the answer holds, when sufficient; absent when for ever.
	SufficientUntil time.Time
	// How surely the customer is identified.
	Status VerificationStatus
	// The newest event taken into account; 0 when nothing is known of the customer.
	Revision int64
	// Stands for this state in later reads.
	ConsistencyToken string
}

// MissingVerification is something that is missing, and what would mend it.
type MissingVerification struct {
	// What is missing.
	Gap VerificationGap
	// The same in a sentence, for people.
	Explanation string
}

// RecordVerification records that the customer's identity was checked, and what came of it. It says at once whether it
// was checked for nothing, because a sufficient verification was valid.
//
// Errors: INVALID_REQUEST, INVALID_VERIFICATION, REQUEST_ID_REUSED, CONTENTION, UNAVAILABLE, and those of Append.
func (c *Customer) RecordVerification(ctx context.Context, v VerificationAttempt, opts ...WriteOption) (*VerificationRecorded, error) {
	req := &contextv1.RecordVerificationRequest{Customer: c.name}
	return change[VerificationRecorded](ctx, c, c.client.context.RecordVerification, req, opts, v)
}

// CheckVerification answers "is the customer verified surely enough for this action?", by the tenant's policy and in the
// channel of the place, and says what is missing. A customer of whom nothing is known is not verified.
//
// Errors: INVALID_REQUEST, UNKNOWN_ACTION, INVALID_CONSISTENCY_TOKEN (of AtLeast), UNAVAILABLE.
func (c *Customer) CheckVerification(ctx context.Context, action string, opts ...ReadOption) (*VerificationCheck, error) {
	return c.checkVerification(ctx, struct{ Action string }{action}, opts)
}

// CheckRequirement is CheckVerification for a demand that is in no policy.
func (c *Customer) CheckRequirement(ctx context.Context, r VerificationRequirement, opts ...ReadOption) (*VerificationCheck, error) {
	return c.checkVerification(ctx, struct{ Requirement VerificationRequirement }{r}, opts)
}

func (c *Customer) checkVerification(ctx context.Context, demand any, opts []ReadOption) (*VerificationCheck, error) {
	req := &contextv1.CheckVerificationRequest{Customer: c.name}
	return ask[VerificationCheck](ctx, c.client, c.name, c.client.context.CheckVerification, req, opts,
		func(x *contextv1.Consistency) { req.Consistency = x },
		demand, struct{ Asker asker }{c.place.asker()})
}
