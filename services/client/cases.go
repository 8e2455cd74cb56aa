package client

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// Case is a matter of the customer's, across interactions and channels. An event belongs to it when its CaseID names it.
type Case struct {
	// Resource name: "customers/{customer}/cases/{case_id}".
	Name string
	// Its id: the CaseID of places and events.
	CaseID string
	// What it is about. At most 1,024 bytes.
	Subject string
	// The intent behind it. At most 128 bytes.
	Intent string
	// How urgent it is; NORMAL unless stated.
	Priority CasePriority
	// Whether it is settled.
	State CaseState
	// A status in the tenant's own words. At most 128 bytes.
	Status string
	// What was promised to the customer last, unless it was kept.
	Promise *Promise
	// When it was opened.
	OpenTime time.Time
	// When its newest event occurred.
	LastEventTime time.Time
	// When it was resolved; absent while it is open.
	ResolveTime time.Time
	// How it was resolved.
	Resolution string
	// The resolution's code.
	ResolutionCode string
	// How often it was reopened.
	Reopened int64
	// How many interactions were about it.
	Interactions int64
	// The newest of them.
	LastInteractionID string
	// The channel of the newest.
	LastChannel Channel
	// Changes whenever the case changes. Given in a change, it must be the current one.
	Etag string
}

// Promise is something that was promised to the customer.
type Promise struct {
	// What. At most 1,024 bytes.
	Text string
	// When it falls due. Optional.
	DueTime time.Time
	// When it was made.
	MakeTime time.Time
	// Who made it.
	Actor Actor
	// Whether it is due and not settled.
	Overdue bool
}

// ResumeCandidate is an open matter that a new contact may be about.
type ResumeCandidate struct {
	// The case's resource name; empty when no case was opened and the matter is an interaction that broke off.
	Case string
	// The interaction that broke off, or the newest of the case.
	InteractionID string
	// What it is about.
	Topic string
	// How likely the new contact is about it: 0 to 1, and less than 1 for all candidates together. The sum of the weights of
	// the factors, put through the logistic function; the weights are in docs/architecture.md.
	Likelihood float64
	// What speaks for and against it, the weightiest first.
	Factors []ResumeFactor
	// The same in a sentence, for people.
	Explanation string
	// When it was touched last.
	LastEventTime time.Time
}

// ResumeFactor is one thing that speaks for or against a candidate.
type ResumeFactor struct {
	// What it is.
	Kind ResumeFactorKind
	// Its weight in log-odds: positive speaks for it.
	Weight float64
	// What was found, for people.
	Explanation string
}

// CaseChange is the answer of every change of a case.
type CaseChange struct {
	// The case after the change.
	Case Case
	// The event that recorded it.
	EventID string
	// The customer's newest revision.
	Revision int64
	// Give it to later reads to see at least this.
	ConsistencyToken string
}

// CaseResolution says how a case was settled.
type CaseResolution struct {
	// How it was settled. At most 1,024 bytes.
	Resolution string
	// The resolution's code. At most 128 bytes.
	Code string
	// The case's etag; not checked when empty.
	Etag string
}

// CaseReopening says why a case is opened again.
type CaseReopening struct {
	// Why. At most 1,024 bytes.
	Reason string
	// The case's etag; not checked when empty.
	Etag string
}

// NewCase is a case to open.
type NewCase struct {
	// Its id, such as the ticket's number in the CRM: 1 to 128 characters of letters, digits and ._~:@+=-. Made by the
	// server when empty.
	ID string `wire:"-"`
	// What it is about. Required, at most 1,024 bytes.
	Subject string
	// The intent behind it. At most 128 bytes.
	Intent string
	// How urgent it is; PriorityNormal when empty.
	Priority CasePriority
	// A status in the tenant's own words. At most 128 bytes.
	Status string
	// What was promised to the customer: its Text and DueTime.
	Promise *Promise
}

// CaseUpdate says what changes about an open case. Empty fields stay as they are.
type CaseUpdate struct {
	// What it is about. At most 1,024 bytes.
	Subject string
	// The intent behind it. At most 128 bytes.
	Intent string
	// How urgent it is.
	Priority CasePriority
	// A status in the tenant's own words. At most 128 bytes.
	Status string
	// What is promised to the customer now: its Text and DueTime.
	Promise *Promise
	// Whether the promise was kept, or is no longer owed. Not together with Promise.
	PromiseSettled bool `wire:"-"`
	// The case's etag; not checked when empty.
	Etag string
}

// mask names the fields that change.
func (u CaseUpdate) mask() *fieldmaskpb.FieldMask {
	m := &fieldmaskpb.FieldMask{}
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"subject", u.Subject != ""},
		{"intent", u.Intent != ""},
		{"priority", u.Priority != ""},
		{"status", u.Status != ""},
		{"promise", u.Promise != nil || u.PromiseSettled},
	} {
		if f.given {
			m.Paths = append(m.Paths, f.name)
		}
	}
	return m
}

// caseName returns a case's name, given that or its id.
func (c *Customer) caseName(nameOrID string) string {
	if strings.HasPrefix(nameOrID, "customers/") {
		return nameOrID
	}
	return c.name + "/cases/" + nameOrID
}

// OpenCase opens a case: a matter of the customer's.
//
// Errors: INVALID_REQUEST, CASE_EXISTS, TOO_MANY_CASES, REQUEST_ID_REUSED, CONTENTION, UNAVAILABLE, and those of Append.
func (c *Customer) OpenCase(ctx context.Context, n NewCase, opts ...WriteOption) (*CaseChange, error) {
	req := &contextv1.OpenCaseRequest{Customer: c.name, CaseId: n.ID}
	return change[CaseChange](ctx, c, c.client.context.OpenCase, req, opts, struct{ Case NewCase }{n})
}

// Case returns a case, by its name or its id. Open ones and the 10 that were resolved last are known.
//
// Errors: INVALID_REQUEST, CASE_NOT_FOUND, UNAVAILABLE.
func (c *Customer) Case(ctx context.Context, nameOrID string) (*Case, error) {
	resp, err := invoke(ctx, c.client, c.client.context.GetCase, &contextv1.GetCaseRequest{Name: c.caseName(nameOrID)})
	if err != nil {
		return nil, err
	}
	return decoded[Case](resp), nil
}

// UpdateCase changes an open case, by its name or its id.
//
// Errors: INVALID_REQUEST, CASE_NOT_FOUND, CASE_NOT_OPEN, ETAG_MISMATCH, REQUEST_ID_REUSED, CONTENTION, UNAVAILABLE, and
// those of Append.
func (c *Customer) UpdateCase(ctx context.Context, nameOrID string, u CaseUpdate, opts ...WriteOption) (*CaseChange, error) {
	req := &contextv1.UpdateCaseRequest{Case: &contextv1.Case{}, UpdateMask: u.mask()}
	if err := encode(req.GetCase(), u, struct{ Name string }{c.caseName(nameOrID)}); err != nil {
		return nil, err
	}
	return change[CaseChange](ctx, c, c.client.context.UpdateCase, req, opts)
}

// ResolveCase settles an open case, by its name or its id. A promise that was not kept is settled with it.
//
// Errors: as for UpdateCase.
func (c *Customer) ResolveCase(ctx context.Context, nameOrID string, r CaseResolution, opts ...WriteOption) (*CaseChange, error) {
	req := &contextv1.ResolveCaseRequest{Name: c.caseName(nameOrID)}
	return change[CaseChange](ctx, c, c.client.context.ResolveCase, req, opts, r)
}

// ReopenCase opens a resolved case again, by its name or its id.
//
// Errors: INVALID_REQUEST, CASE_NOT_FOUND, CASE_NOT_RESOLVED, TOO_MANY_CASES, ETAG_MISMATCH, REQUEST_ID_REUSED,
// CONTENTION, UNAVAILABLE.
func (c *Customer) ReopenCase(ctx context.Context, nameOrID string, r CaseReopening, opts ...WriteOption) (*CaseChange, error) {
	req := &contextv1.ReopenCaseRequest{Name: c.caseName(nameOrID)}
	return change[CaseChange](ctx, c, c.client.context.ReopenCase, req, opts, r)
}
