package server

import (
	"context"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// RecordVerification records that the customer's identity was checked, together with the double verification that it
// may be.
func (s *Server) RecordVerification(ctx context.Context, req *contextv1.RecordVerificationRequest) (*contextv1.RecordVerificationResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	rec, err := s.record(ctx, p, "verification", projector.CustomerID(req.GetCustomer()), req.GetRequestId())
	if err != nil {
		return nil, err
	}
	defer rec.close()
	v := &verificationRecording{recording: rec, req: req, event: verificationEvent(rec.base, req)}
	return v.run(ctx)
}

type verificationRecording struct {
	*recording
	req   *contextv1.RecordVerificationRequest
	event *logv1.Event

	double bool
	valid  *contextv1.Verification
}

func verificationEvent(id string, req *contextv1.RecordVerificationRequest) *logv1.Event {
	e := header(id, req.GetOrigin())
	e.Payload = &logv1.Event_VerificationAttempted{VerificationAttempted: &logv1.VerificationAttempted{
		Method:        req.GetMethod(),
		Result:        req.GetResult(),
		Level:         req.GetLevel(),
		RequiredLevel: req.GetRequiredLevel(),
		Scopes:        req.GetScopes(),
		ExpireTime:    req.GetExpireTime(),
		EvidenceRef:   req.GetEvidenceRef(),
		FailureReason: req.GetFailureReason(),
	}}
	return e
}

func (v *verificationRecording) run(ctx context.Context) (*contextv1.RecordVerificationResponse, error) {
	rec, err := v.once(ctx, entry{first: v.event, span: 2, decide: func(cur *projector.Current) ([]*logv1.Event, error) {
		return v.decide(ctx, cur)
	}})
	switch {
	case err != nil:
		return nil, err
	case rec.replayed:
		return v.replay(ctx, rec)
	}
	return v.response(ctx, rec.revision), nil
}

// decide makes the events. What was accepted in time has expired when it comes again; a refusal does not hit that.
func (v *verificationRecording) decide(ctx context.Context, cur *projector.Current) ([]*logv1.Event, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	views, err := v.views(ctx, cur)
	if err != nil {
		return nil, err
	}
	d := v.judge(views, v.at())
	if !v.double {
		return []*logv1.Event{v.event}, nil
	}
	return []*logv1.Event{v.event, projector.DoubleVerificationEvent(d, v.event)}, nil
}

// check says how the verification contradicts itself.
func (v *verificationRecording) check() error {
	if v.req.GetResult() != logv1.VerificationResult_VERIFICATION_RESULT_PASSED {
		return nil
	}
	f := fault.New(fault.Invalid, domain.ReasonInvalidVerification, "the verification contradicts itself")
	if v.req.GetLevel() <= logv1.VerificationLevel_VERIFICATION_LEVEL_NONE {
		f = f.WithField("level", "is required when passed, and has to be above NONE")
	}
	if until := wire.Time(v.req.GetExpireTime()); !until.IsZero() && !until.After(v.at()) {
		f = f.WithField("expire_time", "has to be after the verification")
	}
	if len(f.Fields) == 0 {
		return nil
	}
	return f
}

// at is when the verification occurred.
func (v *verificationRecording) at() time.Time {
	if t := wire.Time(v.event.GetOccurredAt()); !t.IsZero() {
		return t
	}
	return v.p.Now()
}

// judge says whether the customer was verified twice for nothing, by one of the views.
func (v *verificationRecording) judge(views []*domain.View, at time.Time) domain.DoubleVerification {
	v.double, v.valid = false, nil
	for _, view := range views {
		d, ok := domain.DetectDoubleVerification(view, domain.Attempt{
			EventID: v.event.GetEventId(), Method: v.req.GetMethod(), Result: domain.VerificationResult(v.req.GetResult()),
			Level: domain.VerificationLevel(v.req.GetLevel()), RequiredLevel: domain.VerificationLevel(v.req.GetRequiredLevel()),
			Scopes: v.req.GetScopes(), OccurredAt: at,
			Channel: domain.Channel(v.event.GetChannel()), InteractionID: v.event.GetInteractionId(),
		})
		if ok {
			v.double, v.valid = true, verificationMessage(d.Passport)
			return d
		}
	}
	return domain.DoubleVerification{}
}

// replay answers a request that was done before as it was answered then: by what was known before the verification, and
// by the event that follows it.
func (v *verificationRecording) replay(ctx context.Context, rec *recorded) (*contextv1.RecordVerificationResponse, error) {
	first := rec.events[0]
	views, err := v.viewsThen(ctx, rec, v.p.DictionaryAt(wire.Time(first.GetRecordedAt())))
	if err != nil {
		return nil, err
	}
	v.judge(views, wire.Time(first.GetOccurredAt()))
	if v.double = len(rec.events) > 1 && rec.events[1].GetEventId() == domain.DoubleVerificationEventID(first.GetEventId()); !v.double {
		v.valid = nil
	}
	return v.response(ctx, rec.revision), nil
}

// response says how surely the customer is identified now, where the verification was made. What is written is written:
// when a merged customer cannot be read, it goes without that one's verifications.
func (v *verificationRecording) response(ctx context.Context, revision int64) *contextv1.RecordVerificationResponse {
	st, policy := v.w.Current().State, v.p.Dictionary().Policy()
	if views, err := v.views(ctx, v.w.Current()); err == nil {
		st = views[0].State()
	}
	here := domain.Asker{Channel: domain.Channel(v.event.GetChannel()), InteractionID: v.event.GetInteractionId()}
	return &contextv1.RecordVerificationResponse{
		EventId:            v.event.GetEventId(),
		DoubleVerification: v.double,
		ValidVerification:  v.valid,
		Status:             statusMessage(st.Standing(&policy, here, v.p.Now()), st),
		Revision:           revision,
		ConsistencyToken:   v.token(revision),
	}
}
