package client

import (
	"context"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Merge is a merge that is in force.
type Merge struct {
	// Its id, for undoing it.
	MergeID string
	// The customer merged into this one: "customers/{id}".
	MergedCustomer string
	// Why.
	Reason string
	// When.
	MergeTime time.Time
}

// MergeResult is what came of a merge, or would come of it.
type MergeResult struct {
	// The merge; its id is empty in a dry run.
	Merge Merge
	// What stands against it. Only in a dry run: otherwise MERGE_COLLISION.
	Collisions []MergeCollision
	// The identifiers of both, the surviving customer's first.
	Identifiers []Identifier
	// Slots with different values. At most 200.
	Conflicts []MergeConflict
	// How many slots have a value, together.
	FactsTotal int
	// How many interactions there were, together.
	InteractionsTotal int64
	// How many cases are open, together.
	OpenCases int
	// The surviving customer's newest revision.
	Revision int64
	// Give it to later reads of the surviving customer to see at least this.
	ConsistencyToken string
}

// MergeCollision is something that stands against a merge.
type MergeCollision struct {
	// What.
	Kind MergeCollisionKind
	// The type of identifier, for an identifier limit.
	IdentifierType IdentifierType
	// How many there would be.
	Count int
	// How many there may be.
	Limit int
	// The same in a sentence, for people.
	Explanation string
}

// MergeConflict is a slot for which the two customers have different values. It does not stand against the merge: the
// plan says DecisionConfirm, or takes the newer one, as the slot's policy has it.
type MergeConflict struct {
	// The slot's id, or its name where the dictionary has no entry.
	Slot string
	// The surviving customer's value.
	SurvivingValue string
	// The merged customer's value.
	MergedValue string
	// How carefully the values are to be handled.
	Sensitivity Sensitivity
}

// UnmergeResult is the answer of Unmerge.
type UnmergeResult struct {
	// The customer that is its own again: "customers/{id}".
	MergedCustomer string
	// The surviving customer's newest revision.
	Revision int64
	// Give it to later reads of the surviving customer to see at least this.
	ConsistencyToken string
	// The same for the customer that was merged.
	MergedConsistencyToken string
}

// Merge makes one customer of two, reversibly: merged becomes this one. From then on both names give this customer's
// context, which takes in what is known of both. The reason has at most 256 bytes.
//
// Errors: INVALID_REQUEST, CUSTOMER_NOT_FOUND, MERGE_WITH_ITSELF, MERGE_COLLISION, REQUEST_ID_REUSED, CONTENTION,
// UNAVAILABLE.
func (c *Customer) Merge(ctx context.Context, merged, reason string, opts ...WriteOption) (*MergeResult, error) {
	req := &contextv1.MergeCustomersRequest{SurvivingCustomer: c.name, MergedCustomer: merged, Reason: reason}
	result, err := change[MergeResult](ctx, c, c.client.context.MergeCustomers, req, opts)
	if err == nil {
		c.client.tokens.merged(merged, c.name)
	}
	return result, err
}

// PreviewMerge says what would come of Merge, and what stands against it. It changes nothing.
//
// Errors: as for Merge, but for MERGE_COLLISION: that is in the answer.
func (c *Customer) PreviewMerge(ctx context.Context, merged string) (*MergeResult, error) {
	req := &contextv1.MergeCustomersRequest{SurvivingCustomer: c.name, MergedCustomer: merged, DryRun: true}
	resp, err := invoke(ctx, c.client, c.client.context.MergeCustomers, req)
	if err != nil {
		return nil, err
	}
	return decoded[MergeResult](resp), nil
}

// Unmerge undoes a merge exactly: each customer is again what their own history says. The reason has at most 256 bytes.
//
// Errors: INVALID_REQUEST, MERGE_NOT_FOUND, REQUEST_ID_REUSED, CONTENTION, UNAVAILABLE.
func (c *Customer) Unmerge(ctx context.Context, mergeID, reason string, opts ...WriteOption) (*UnmergeResult, error) {
	req := &contextv1.UnmergeCustomersRequest{SurvivingCustomer: c.name, MergeId: mergeID, Reason: reason}
	result, err := change[UnmergeResult](ctx, c, c.client.context.UnmergeCustomers, req, opts)
	if err != nil {
		return nil, err
	}
	c.client.tokens.unmerged(result.MergedCustomer)
	c.client.tokens.note(result.MergedCustomer, result.MergedConsistencyToken, 0)
	return result, nil
}
