package server

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
)

// RecordQuestion records that a question was asked, together with the repeat that it may be, or that it was avoided.
func (s *Server) RecordQuestion(ctx context.Context, req *contextv1.RecordQuestionRequest) (*contextv1.RecordQuestionResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	id, keyed, err := s.requestBase("question", req.GetRequestId())
	if err != nil {
		return nil, err
	}
	q := &questionRecording{p: p, req: req, customer: projector.CustomerID(req.GetCustomer())}
	q.avoided = req.GetAction() == contextv1.QuestionAction_QUESTION_ACTION_AVOIDED
	q.event, q.keyed = header(id, req.GetOrigin()), keyed
	q.w, err = p.Writer(ctx, q.customer)
	if err != nil {
		return nil, err
	}
	defer q.w.Close()
	return q.run(ctx)
}

type questionRecording struct {
	judgedWrite
	p        *tenant
	req      *contextv1.RecordQuestionRequest
	customer string
	avoided  bool

	known  *domain.Fact
	repeat bool
}

func (q *questionRecording) run(ctx context.Context) (*contextv1.RecordQuestionResponse, error) {
	judge := q.askedEvent
	if q.avoided {
		judge = q.avoidedEvent
	}
	revision, replayed, err := q.append(ctx, judge)
	switch {
	case err != nil:
		return nil, err
	case replayed:
		return q.replay(ctx)
	}
	return q.response(revision), nil
}

func (q *questionRecording) response(revision int64) *contextv1.RecordQuestionResponse {
	resp := &contextv1.RecordQuestionResponse{
		EventId: q.event.GetEventId(), Repeat: q.repeat,
		Revision: revision, ConsistencyToken: tokenOf(q.p, q.customer, revision),
	}
	if q.known != nil {
		resp.KnownFact = factMessage(q.known)
	}
	return resp
}

// at is when the question occurred.
func (q *questionRecording) at() time.Time {
	if t := wire.Time(q.event.GetOccurredAt()); !t.IsZero() {
		return t
	}
	return q.p.Now()
}

// avoidedEvent says in the event which value made the question superfluous.
func (q *questionRecording) avoidedEvent(cur *projector.Current) *logv1.Event {
	dict := q.p.Dictionary()
	slot, _ := dict.Resolve(q.req.GetScope(), q.req.GetSlot())
	payload := &logv1.QuestionAvoided{Slot: q.req.GetSlot(), Scope: q.req.GetScope(), SlotId: slot.ID}
	q.setKnown(cur.View(dict), q.at())
	if q.known != nil {
		payload.FactEventId = q.known.Provenance.EventID
	}
	q.event.Payload = &logv1.Event_QuestionAvoided{QuestionAvoided: payload}
	return nil
}

func (q *questionRecording) setKnown(v *domain.View, at time.Time) {
	q.known = nil
	if f, ok := domain.KnownFact(v, at, q.req.GetScope(), q.req.GetSlot()); ok {
		q.known = &f
	}
}

// askedEvent returns the event that tells of a repeat; nil when the question is none.
func (q *questionRecording) askedEvent(cur *projector.Current) *logv1.Event {
	q.event.Payload = &logv1.Event_QuestionAsked{QuestionAsked: &logv1.QuestionAsked{
		Slot: q.req.GetSlot(), Scope: q.req.GetScope(), Prompt: q.req.GetPrompt(), Purpose: q.req.GetPurpose(),
	}}
	r := q.judge(cur.View(q.p.Dictionary()), q.at())
	if !q.repeat {
		return nil
	}
	return projector.RepeatEvent(domain.RepeatEventID(q.event.GetEventId()), r, q.event)
}

// judge says whether the question is a repeat.
func (q *questionRecording) judge(v *domain.View, at time.Time) domain.Repeat {
	r, ok := domain.DetectRepeat(v, domain.Question{
		EventID: q.event.GetEventId(), Slot: q.req.GetSlot(), Scope: q.req.GetScope(),
		Purpose: domain.QuestionPurpose(q.req.GetPurpose()), OccurredAt: at,
	})
	q.repeat, q.known = ok, nil
	if ok {
		q.known = &r.Fact
	}
	return r
}

// replay answers a request that was done before as it was answered then: by what was known before the question, and by
// the event that follows it.
func (q *questionRecording) replay(ctx context.Context) (*contextv1.RecordQuestionResponse, error) {
	var same func(*logv1.Event) bool
	if q.avoided {
		same = q.saidBefore // what was avoided is told in the words of that moment: compare what the caller said
	}
	first, next, err := q.stored(ctx, same)
	if err != nil {
		return nil, err
	}
	before, err := q.p.StateAt(ctx, q.customer, first.GetRevision()-1)
	if err != nil {
		return nil, err
	}
	view := domain.NewView(before, q.p.DictionaryAt(wire.Time(first.GetRecordedAt())))
	at := wire.Time(first.GetOccurredAt())
	if q.avoided {
		q.setKnown(view, at)
	} else {
		q.judge(view, at)
		if q.repeat = next.GetEventId() == domain.RepeatEventID(first.GetEventId()); !q.repeat {
			q.known = nil
		}
	}
	return q.response(max(first.GetRevision(), next.GetRevision(), q.w.Current().State.Revision)), nil
}

// saidBefore reports whether a stored event is a question avoided of which the caller said the same.
func (q *questionRecording) saidBefore(e *logv1.Event) bool {
	a := e.GetQuestionAvoided()
	want := q.event
	return a != nil && a.GetSlot() == q.req.GetSlot() && a.GetScope() == q.req.GetScope() &&
		e.GetInteractionId() == want.GetInteractionId() && e.GetCaseId() == want.GetCaseId() &&
		e.GetChannel() == want.GetChannel() && e.GetSource() == want.GetSource() &&
		proto.Equal(e.GetActor(), want.GetActor()) &&
		(want.GetOccurredAt() == nil || proto.Equal(e.GetOccurredAt(), want.GetOccurredAt()))
}
