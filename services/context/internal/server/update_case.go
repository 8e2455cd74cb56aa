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
	update, err := caseUpdate(req.GetCase(), req.GetUpdateMask().GetPaths())
	if err != nil {
		return nil, err
	}
	customer, id := caseIDs(req.GetCase().GetName())
	w, err := s.writeCase(ctx, "case-update", customer, id, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	defer w.close()
	w.event(req.GetOrigin()).Payload = &logv1.Event_CaseUpdated{CaseUpdated: update}
	return w.write(ctx, func(st *domain.State) error {
		c, err := st.OpenCase(id)
		switch {
		case err != nil:
			return err
		case update.GetPromise() == "" && update.GetPromiseDueTime() != nil && c.Promise.Text == "":
			return badCase("case.promise.text", "is required: nothing is promised that could be put off")
		}
		return w.checkEtag(req.GetCase().GetEtag(), c)
	})
}

// caseFields are the fields of a case that may be changed.
var caseFields = []string{"subject", "intent", "priority", "status", "promise"}

// caseUpdate returns the event that changes the fields that a mask names; without one, those that are set.
func caseUpdate(c *contextv1.Case, mask []string) (*logv1.CaseUpdated, error) {
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
	u := &logv1.CaseUpdated{}
	for _, path := range paths {
		if !slices.Contains(caseFields, path) {
			return nil, badCase("update_mask", path+" cannot be changed")
		}
		if err := updateField(u, c, path); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// updateField takes one field over. A text that was said once can be replaced, but not emptied: the log's word for that
// would be the same as for leaving it as it is.
func updateField(u *logv1.CaseUpdated, c *contextv1.Case, path string) error {
	text := ""
	switch path {
	case "subject":
		u.Subject, text = c.GetSubject(), c.GetSubject()
	case "intent":
		u.Intent, text = c.GetIntent(), c.GetIntent()
	case "status":
		u.Status, text = c.GetStatus(), c.GetStatus()
	case "priority":
		if u.Priority = c.GetPriority(); u.Priority == logv1.CasePriority_CASE_PRIORITY_UNSPECIFIED {
			u.Priority = logv1.CasePriority_CASE_PRIORITY_NORMAL
		}
		return nil
	case "promise":
		u.Promise, u.PromiseDueTime = c.GetPromise().GetText(), c.GetPromise().GetDueTime()
		u.PromiseSettled = !promises(c.GetPromise())
		return nil
	}
	if blank(text) {
		return badCase("case."+path, "must not be empty")
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
