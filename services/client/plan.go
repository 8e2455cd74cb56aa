package client

import (
	"context"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Plan says what may still be asked.
type Plan struct {
	// One plan a slot, in the order of the request.
	Slots []SlotPlan `wire:"plans"`
	// The newest event taken into account; 0 when nothing is known of the customer.
	Revision int64
	// Stands for this state in later reads.
	ConsistencyToken string
	// What the answer rests on.
	Freshness Freshness
}

// SlotPlan is what to do about one slot.
type SlotPlan struct {
	// The slot, by the asker's own name for it.
	Slot string
	// The scope in which the name was resolved.
	Scope string
	// The slot's id in the dictionary; empty where no entry covers the name.
	SlotID string
	// What to do.
	Decision Decision
	// Why.
	Reason DecisionReason
	// The value, for USE and CONFIRM.
	Value string
	// Where the value comes from, for USE and CONFIRM.
	Provenance Provenance
	// Other values, newest first, for CONFIRM. At most 4.
	Alternatives []AlternativeValue
	// How carefully the value is to be handled.
	Sensitivity Sensitivity
	// The decision in a sentence, for people.
	Explanation string
	// The verification that stands for a secret.
	Verification *Verification
}

// FactInput is a value to record.
type FactInput struct {
	// The slot, by the teller's own name for it: 1 to 128 bytes.
	Slot string
	// The flow or system whose name that is; that of the place when empty.
	Scope string
	// The value, at most 4,096 bytes. Required, but for a retraction of all values.
	Value string
	// What is said about it; FactActionState when empty.
	Action FactAction
	// How certain it is, 0 to 1; 0 means not given and counts as 1.
	Confidence float64
	// Where it comes from.
	Origin FactOrigin
	// How surely the customer is identified.
	VerificationLevel VerificationLevel
	// After this moment the value is unknown again. Optional.
	ExpireTime time.Time
}

// FactsRecorded is the answer of RecordFacts.
type FactsRecorded struct {
	// The events that recorded the facts, in the order of the request.
	EventIDs []string
	// The dictionary's slot id of each fact, in the same order; empty where no entry covers the name.
	SlotIDs []string
	// The customer's newest revision.
	Revision int64
	// Give it to later reads to see at least this.
	ConsistencyToken string
}

// Question is a question that was asked, or was not asked because its answer was known.
type Question struct {
	// The slot, by the asker's own name for it: 1 to 128 bytes.
	Slot string
	// Whether it was asked; QuestionAsked when empty.
	Action QuestionAction
	// Why it is asked. Asking for confirmation of a value offered is no repeat.
	Purpose QuestionPurpose
	// The words of the question. At most 2,048 bytes.
	Prompt string
}

// QuestionRecorded is the answer of RecordQuestion.
type QuestionRecorded struct {
	// The event that recorded the question.
	EventID string
	// True when the answer was known, fresh and visible: the customer repeats themselves.
	Repeat bool
	// For a repeat, and for a question avoided: what was known when it was asked, as far as the caller may see it now;
	// otherwise it is withheld, with the reason. Absent when the value has expired since.
	KnownFact *Fact
	// The customer's newest revision.
	Revision int64
	// Give it to later reads to see at least this.
	ConsistencyToken string
}

// Slot returns the plan of a slot by the name under which it was asked for; without a decision when it was not.
func (p *Plan) Slot(name string) SlotPlan {
	for _, s := range p.Slots {
		if s.Slot == name {
			return s
		}
	}
	return SlotPlan{Slot: name}
}

// Plan answers "what may I still ask?" for 1 to 200 slots, by the names that the place's Scope has for them. It changes
// nothing; a customer of whom nothing is known gets DecisionAsk for all.
//
// A secret slot (a PIN) is DecisionAsk, or DecisionUse without a value while a verification is valid: that is what
// carries over.
//
// Errors: INVALID_REQUEST, INVALID_CONSISTENCY_TOKEN (of AtLeast), UNAVAILABLE.
func (c *Customer) Plan(ctx context.Context, slots []string, opts ...ReadOption) (*Plan, error) {
	req := &contextv1.PlanQuestionsRequest{Customer: c.name, Scope: c.place.Scope}
	for _, s := range slots {
		req.Slots = append(req.Slots, &contextv1.SlotRequest{Slot: s})
	}
	return ask[Plan](ctx, c.client, c.name, c.client.context.PlanQuestions, req, opts,
		func(x *contextv1.Consistency) { req.Consistency = x },
		struct{ Asker asker }{c.place.asker()})
}

// RecordFacts records 1 to 200 values that became known, were confirmed, or turned out wrong: all of them, or none.
//
// Errors: INVALID_REQUEST, SECRET_NOT_STORED, INVALID_SLOT_VALUE, MASKED_VALUE, REQUEST_ID_REUSED, CONTENTION,
// UNAVAILABLE, and those of Append.
func (c *Customer) RecordFacts(ctx context.Context, facts []FactInput, opts ...WriteOption) (*FactsRecorded, error) {
	req := &contextv1.RecordFactsRequest{Customer: c.name, Scope: c.place.Scope}
	return change[FactsRecorded](ctx, c, c.client.context.RecordFacts, req, opts, struct{ Facts []FactInput }{facts})
}

// RecordQuestion records that a question was asked, or was not asked because its answer was known. It says at once
// whether it was a repeat.
//
// Errors: INVALID_REQUEST, REQUEST_ID_REUSED, CONTENTION, UNAVAILABLE, and those of Append.
func (c *Customer) RecordQuestion(ctx context.Context, q Question, opts ...WriteOption) (*QuestionRecorded, error) {
	req := &contextv1.RecordQuestionRequest{Customer: c.name, Scope: c.place.Scope}
	return change[QuestionRecorded](ctx, c, c.client.context.RecordQuestion, req, opts, q)
}
