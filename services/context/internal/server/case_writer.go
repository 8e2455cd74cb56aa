package server

import (
	"context"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// caseWriter is one request that changes a case: what the RPCs about cases share.
type caseWriter struct {
	*recording
	caseID string
	events []*logv1.Event
}

// newCase begins the opening of a case. Close it.
func (s *Server) newCase(ctx context.Context, kind, customer, caseID, requestID string) (*caseWriter, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	return s.caseWriter(ctx, p, kind, customer, caseID, requestID)
}

// changeCase begins a change of a case that there is, in the history of whoever has it. Close it.
func (s *Server) changeCase(ctx context.Context, kind, name, requestID string) (*caseWriter, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	customer, id := caseIDs(name)
	holder, err := s.holderOf(ctx, p, customer, hasCase(id))
	if err != nil {
		return nil, err
	}
	return s.caseWriter(ctx, p, kind, holder, id, requestID)
}

func (s *Server) caseWriter(ctx context.Context, p *tenant, kind, customer, caseID, requestID string) (*caseWriter, error) {
	rec, err := s.record(ctx, p, kind, customer, requestID)
	if err != nil {
		return nil, err
	}
	return &caseWriter{recording: rec, caseID: caseID}, nil
}

// event returns the next event of the change, for its payload to be set. The origin's case is not used.
func (w *caseWriter) event(o *contextv1.Origin) *logv1.Event {
	id := w.base
	if len(w.events) > 0 {
		id += "-more"
	}
	e := header(id, o)
	e.CaseId = w.caseID
	w.events = append(w.events, e)
	return e
}

// maxCaseEvents is how many events a change of a case has at most.
const maxCaseEvents = 2

// write records the change, if check has nothing against it in the state that it meets. A repetition is answered with
// the case as it was after the change.
func (w *caseWriter) write(ctx context.Context, check func(*domain.State) error) (*contextv1.CaseChange, error) {
	rec, err := w.once(ctx, entry{
		first: w.events[0], rest: w.events[1:], span: maxCaseEvents,
		decide: func(cur *projector.Current) ([]*logv1.Event, error) {
			return w.events, check(cur.State)
		},
	})
	if err != nil {
		return nil, err
	}
	c, err := w.changed(ctx, rec)
	if err != nil {
		return nil, err
	}
	return &contextv1.CaseChange{
		// By the log's clock, so that a repetition gets the same answer.
		Case:    caseMessage(w.customer, c, wire.Time(rec.events[0].GetRecordedAt())),
		EventId: rec.events[0].GetEventId(), Revision: rec.revision, ConsistencyToken: w.token(rec.revision),
	}, nil
}

// together returns what is known of all who are one with the customer, to check a change of its own state by.
func (w *caseWriter) together(ctx context.Context, own *domain.State) (joined, error) {
	if own.Alone() {
		cur := &projector.Current{State: own}
		return joined{Reading: projector.Reading{Current: cur, Complete: true}, own: cur, root: w.customer, requested: w.customer}, nil
	}
	return w.s.read(ctx, w.p, w.customer, projector.Want{})
}

// changed returns the case as it was right after the change.
func (w *caseWriter) changed(ctx context.Context, rec *recorded) (*domain.Case, error) {
	n := len(w.events)
	// Nothing was said about it since, and so there is no need to fold the history again.
	if c, err := w.w.Current().State.Case(w.caseID); err == nil && c.LastRevision == rec.events[n-1].GetRevision() {
		return c, nil
	}
	state, err := w.stateAfter(ctx, rec, n)
	if err != nil {
		return nil, err
	}
	return state.Case(w.caseID)
}

// checkEtag compares the etag that a caller gave with the case's.
func (w *caseWriter) checkEtag(given string, c *domain.Case) error {
	return aip.CheckEtag(given, caseEtag(w.customer, c), reasonETagMismatch)
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// badCase is the fault of a request that says something impossible of a case.
func badCase(field, msg string) *fault.Error {
	return fault.New(fault.Invalid, fault.InvalidRequest, "the request breaks the rules of its fields").WithField(field, msg)
}
