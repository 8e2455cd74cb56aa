package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
)

// OpenCase opens a matter of the customer's.
func (s *Server) OpenCase(ctx context.Context, req *contextv1.OpenCaseRequest) (*contextv1.CaseChange, error) {
	customer := projector.CustomerID(req.GetCustomer())
	id, err := s.newCaseID(customer, req)
	if err != nil {
		return nil, err
	}
	if err := checkNewCase(customer, id, req); err != nil {
		return nil, err
	}
	w, err := s.newCase(ctx, "case-open", customer, id, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	defer w.close()
	c := req.GetCase()
	w.event(req.GetOrigin()).Payload = &logv1.Event_CaseOpened{CaseOpened: &logv1.CaseOpened{
		Subject: c.GetSubject(), Priority: c.GetPriority(), Intent: c.GetIntent(),
		Promise: c.GetPromise().GetText(), PromiseDueTime: c.GetPromise().GetDueTime(),
	}}
	if c.GetStatus() != "" { // the opening has no place for it
		w.event(req.GetOrigin()).Payload = &logv1.Event_CaseUpdated{CaseUpdated: &logv1.CaseUpdated{Status: c.GetStatus()}}
	}
	return w.write(ctx, func(st *domain.State) error {
		all, err := w.together(ctx, st)
		if err != nil {
			return err
		}
		// Of customers who are one, two cases with one id would be shown as one.
		if _, exists := all.find(customer, hasCase(id)); exists {
			return domain.CaseExists(id)
		}
		return all.State.CheckNewCase(id)
	})
}

// newCaseID returns the id that the caller gave, or makes one. A request that comes again makes the same; customers do
// not share one, so that a merge does not bring two cases together.
func (s *Server) newCaseID(customer string, req *contextv1.OpenCaseRequest) (string, error) {
	switch {
	case req.GetCaseId() != "":
		return req.GetCaseId(), nil
	case req.GetRequestId() != "":
		return hashID("case", customer, req.GetRequestId()), nil
	}
	id, err := s.randomID()
	return "case-" + id, err
}

// checkNewCase says what is wrong with a case to open.
func checkNewCase(customer, id string, req *contextv1.OpenCaseRequest) error {
	c := req.GetCase()
	switch {
	case c.GetName() != "" && c.GetName() != caseName(customer, id):
		return badCase("case.name", "must be empty, or that of the customer and case_id")
	case c.GetCaseId() != "" && c.GetCaseId() != id:
		return badCase("case.case_id", "must be empty or equal to case_id")
	case blank(c.GetSubject()):
		return badCase("case.subject", "is required")
	case c.GetPromise().GetDueTime() != nil && blank(c.GetPromise().GetText()):
		return badCase("case.promise.text", "is required where something is due")
	}
	return nil
}
