package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// ReopenCase opens a resolved case again.
func (s *Server) ReopenCase(ctx context.Context, req *contextv1.ReopenCaseRequest) (*contextv1.CaseChange, error) {
	w, err := s.changeCase(ctx, "case-reopen", req.GetName(), req.GetRequestId())
	if err != nil {
		return nil, err
	}
	defer w.close()
	w.event(req.GetOrigin()).Payload = &logv1.Event_CaseReopened{CaseReopened: &logv1.CaseReopened{Reason: req.GetReason()}}
	return w.write(ctx, func(st *domain.State) error {
		c, err := st.ResolvedCase(w.caseID)
		if err != nil {
			return err
		}
		all, err := w.together(ctx, st)
		if err != nil {
			return err
		}
		if err := all.State.RoomForCase(); err != nil {
			return err
		}
		return w.checkEtag(req.GetEtag(), c)
	})
}
