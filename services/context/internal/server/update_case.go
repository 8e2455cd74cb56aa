package server

import (
	"context"
	"slices"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/aip"
)

// UpdateCase changes an open case.
func (s *Server) UpdateCase(ctx context.Context, req *contextv1.UpdateCaseRequest) (*contextv1.CaseChange, error) {
	if req.GetCase().GetName() == "" {
		return nil, badCase("case.name", "is required")
	}
	update, err := newCaseUpdate(req.GetCase(), req.GetUpdateMask().GetPaths())
	if err != nil {
		return nil, err
	}
	w, err := s.changeCase(ctx, "case-update", req.GetCase().GetName(), req.GetRequestId())
	if err != nil {
		return nil, err
	}
	defer w.close()
	w.event(req.GetOrigin()).Payload = &logv1.Event_CaseUpdated{CaseUpdated: update.event}
	return w.write(ctx, func(st *domain.State) error {
		c, err := st.OpenCase(w.caseID)
		if err != nil {
			return err
		}
		if err := update.fits(c); err != nil {
			return err
		}
		return w.checkEtag(req.GetCase().GetEtag(), c)
	})
}

// caseUpdate is what a request changes of a case.
type caseUpdate struct {
	event *logv1.CaseUpdated
	// emptied are the texts that the mask names and the request leaves empty.
	emptied []string
}

// caseFields are the fields of a case that may be changed.
var caseFields = []string{"subject", "intent", "priority", "status", "promise"}

// newCaseUpdate changes the fields that a mask names; without one, those that are set.
func newCaseUpdate(c *contextv1.Case, mask []string) (*caseUpdate, error) {
	if err := aip.CheckMask(c, mask); err != nil {
		return nil, err
	}
	paths := mask
	switch {
	case len(mask) == 0:
		paths = caseFieldsSet(c)
	case mask[0] == "*":
		paths = caseFields
	}
	if len(paths) == 0 {
		return nil, badCase("case", "nothing is given that may be changed")
	}
	u := &caseUpdate{event: &logv1.CaseUpdated{}}
	for _, path := range paths {
		if !slices.Contains(caseFields, path) {
			return nil, badCase("update_mask", path+" cannot be changed")
		}
		u.take(c, path)
	}
	return u, nil
}

// take takes one field over.
func (u *caseUpdate) take(c *contextv1.Case, path string) {
	switch path {
	case "subject":
		u.event.Subject = u.text(path, c.GetSubject())
	case "intent":
		u.event.Intent = u.text(path, c.GetIntent())
	case "status":
		u.event.Status = u.text(path, c.GetStatus())
	case "priority":
		if u.event.Priority = c.GetPriority(); c.GetPriority() == logv1.CasePriority_CASE_PRIORITY_UNSPECIFIED {
			u.event.Priority = logv1.CasePriority_CASE_PRIORITY_NORMAL
		}
	case "promise":
		u.event.Promise, u.event.PromiseDueTime = c.GetPromise().GetText(), c.GetPromise().GetDueTime()
		u.event.PromiseSettled = !promises(c.GetPromise())
	}
}

func (u *caseUpdate) text(path, s string) string {
	if blank(s) {
		u.emptied = append(u.emptied, path)
		return ""
	}
	return s
}

// fits says why a case cannot be changed like this. A text that was said once can be replaced and not emptied: the log's
// word for that is the same as for leaving it as it is.
func (u *caseUpdate) fits(c *domain.Case) error {
	said := map[string]string{"subject": c.Subject, "intent": c.Intent, "status": c.Status}
	for _, path := range u.emptied {
		if said[path] != "" {
			return badCase("case."+path, "must not be empty")
		}
	}
	if u.event.GetPromise() == "" && u.event.GetPromiseDueTime() != nil && c.Promise.Text == "" {
		return badCase("case.promise.text", "is required: nothing is promised that could be put off")
	}
	return nil
}

// promises reports whether something is promised, or put off.
func promises(p *contextv1.Promise) bool { return p.GetText() != "" || p.GetDueTime() != nil }

// caseFieldsSet returns the changeable fields that are set.
func caseFieldsSet(c *contextv1.Case) []string {
	set := map[string]bool{
		"subject": c.GetSubject() != "", "intent": c.GetIntent() != "", "status": c.GetStatus() != "",
		"priority": c.GetPriority() != logv1.CasePriority_CASE_PRIORITY_UNSPECIFIED, "promise": promises(c.GetPromise()),
	}
	return slices.DeleteFunc(slices.Clone(caseFields), func(f string) bool { return !set[f] })
}
