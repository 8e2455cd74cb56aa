package server

import (
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// ResolveCase settles an open case.
func (s *Server) ResolveCase(ctx context.Context, req *contextv1.ResolveCaseRequest) (*contextv1.CaseChange, error) {
	w, err := s.changeCase(ctx, "case-resolve", req.GetName(), req.GetRequestId())
	if err != nil {
		return nil, err
	}
	defer w.close()
	w.event(req.GetOrigin()).Payload = &logv1.Event_CaseResolved{CaseResolved: &logv1.CaseResolved{
		Resolution: req.GetResolution(), Code: req.GetCode(),
	}}
	return w.write(ctx, func(st *domain.State) error {
		c, err := st.OpenCase(w.caseID)
		if err != nil {
			return err
		}
		return w.checkEtag(req.GetEtag(), c)
	})
}
