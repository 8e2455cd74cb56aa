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
//
// A request that comes again has to get the verdict of the first time, although more may be known by now. So a repeat
// is only ever appended with a question that is new.
func (s *Server) RecordQuestion(ctx context.Context, req *contextv1.RecordQuestionRequest) (*contextv1.RecordQuestionResponse, error) {
	p, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	rec, err := s.record(ctx, p, "question", projector.CustomerID(req.GetCustomer()), req.GetRequestId())
	if err != nil {
		return nil, err
	}
	defer rec.close()
	q := &questionRecording{recording: rec, req: req, event: header(rec.base, req.GetOrigin())}
	q.avoided = req.GetAction() == contextv1.QuestionAction_QUESTION_ACTION_AVOIDED
	q.asker = eventAsker(q.event)
	return q.run(ctx)
}

type questionRecording struct {
	*recording
	req     *contextv1.RecordQuestionRequest
	avoided bool
	event   *logv1.Event
	asker   domain.Asker // of the event: whoever reads the event later judges alike

	known  *domain.Fact // as the caller may see it
	repeat bool
}

func (q *questionRecording) run(ctx context.Context) (*contextv1.RecordQuestionResponse, error) {
	events := q.askedEvents
	e := entry{first: q.event, span: 2}
	if q.avoided {
		events = q.avoidedEvents
		e = entry{first: q.event, same: q.saidBefore}
	} else {
		q.event.Payload = &logv1.Event_QuestionAsked{QuestionAsked: &logv1.QuestionAsked{
			Slot: q.req.GetSlot(), Scope: q.req.GetScope(), Prompt: q.req.GetPrompt(), Purpose: q.req.GetPurpose(),
		}}
	}
	e.decide = func(cur *projector.Current) ([]*logv1.Event, error) {
		views, err := q.views(ctx, cur)
		if err != nil {
			return nil, err
		}
		return events(ctx, views), nil
	}
	rec, err := q.once(ctx, e)
	switch {
	case err != nil:
		return nil, err
	case rec.replayed:
		return q.replay(ctx, rec)
	}
	return q.response(rec.revision), nil
}

func (q *questionRecording) response(revision int64) *contextv1.RecordQuestionResponse {
	resp := &contextv1.RecordQuestionResponse{
		EventId: q.event.GetEventId(), Repeat: q.repeat,
		Revision: revision, ConsistencyToken: q.token(revision),
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

// avoidedEvents says which value made the question superfluous.
func (q *questionRecording) avoidedEvents(ctx context.Context, views []*domain.View) []*logv1.Event {
	v := views[0]
	slot, _ := v.Dictionary().Resolve(q.req.GetScope(), q.req.GetSlot())
	payload := &logv1.QuestionAvoided{Slot: q.req.GetSlot(), Scope: q.req.GetScope(), SlotId: slot.ID}
	at := q.at()
	if f, ok := domain.KnownFact(v, q.asker, at, at, q.req.GetScope(), q.req.GetSlot()); ok {
		payload.FactEventId = f.Provenance.EventID
	}
	q.show(ctx, v, at)
	q.event.Payload = &logv1.Event_QuestionAvoided{QuestionAvoided: payload}
	return []*logv1.Event{q.event}
}

// eventAsker returns who asks by an event.
func eventAsker(e *logv1.Event) domain.Asker {
	converted := wire.Event(e)
	return domain.AskerOf(&converted)
}

// show answers with what was known when the question occurred, as far as the caller may see it now.
func (q *questionRecording) show(ctx context.Context, v *domain.View, at time.Time) {
	q.known = nil
	if f, ok := domain.KnownFact(v, q.reader(ctx), at, heldAt(ctx, at, q.p.Now()), q.req.GetScope(), q.req.GetSlot()); ok {
		q.known = &f
	}
}

// reader is who gets the answer: who asked, by the event, but cleared for no more than the caller.
func (q *questionRecording) reader(ctx context.Context) domain.Asker {
	a := q.asker
	a.Clearance = min(a.Clearance, clearance(ctx))
	return a
}

// withhold takes a value out of a repeated answer that would be withheld by now: the consent may have been withdrawn.
func (q *questionRecording) withhold(ctx context.Context) error {
	if q.known == nil || q.known.Withheld != domain.ReasonUnspecified || looksBack(ctx) {
		return nil
	}
	views, err := q.views(ctx, q.w.Current())
	if err != nil {
		return err
	}
	if why := domain.Withholds(views[0], q.reader(ctx), q.p.Now(), q.req.GetScope(), q.req.GetSlot()); why != domain.ReasonUnspecified {
		q.known.Withhold(why)
	}
	return nil
}

// askedEvents tells of the question, and of the repeat that it may be.
func (q *questionRecording) askedEvents(ctx context.Context, views []*domain.View) []*logv1.Event {
	r := q.judge(ctx, views, q.at())
	if !q.repeat {
		return []*logv1.Event{q.event}
	}
	return []*logv1.Event{q.event, projector.RepeatEvent(domain.RepeatEventID(q.event.GetEventId()), r, q.event)}
}

// judge says whether the question is a repeat by one of the views. Whoever reads the log later judges alike, so it goes by
// the moment of the question alone.
func (q *questionRecording) judge(ctx context.Context, views []*domain.View, at time.Time) domain.Repeat {
	q.repeat, q.known = false, nil
	for _, v := range views {
		r, ok := domain.DetectRepeat(v, domain.Question{
			EventID: q.event.GetEventId(), Slot: q.req.GetSlot(), Scope: q.req.GetScope(),
			Purpose: domain.QuestionPurpose(q.req.GetPurpose()), Asker: q.asker, OccurredAt: at,
		})
		if ok {
			q.repeat = true
			q.show(ctx, v, at)
			return r
		}
	}
	return domain.Repeat{}
}

// replay answers a request that was done before as it was answered then: by what was known before the question, and by
// the event that follows it.
func (q *questionRecording) replay(ctx context.Context, rec *recorded) (*contextv1.RecordQuestionResponse, error) {
	first := rec.events[0]
	views, err := q.viewsThen(ctx, rec, q.p.DictionaryAt(wire.Time(first.GetRecordedAt())))
	if err != nil {
		return nil, err
	}
	at := wire.Time(first.GetOccurredAt())
	q.asker = eventAsker(first)
	if q.avoided {
		q.show(ctx, views[0], at)
	} else {
		q.judge(ctx, views, at)
		if q.repeat = len(rec.events) > 1 && rec.events[1].GetEventId() == domain.RepeatEventID(first.GetEventId()); !q.repeat {
			q.known = nil
		}
	}
	if err := q.withhold(ctx); err != nil {
		return nil, err
	}
	return q.response(rec.revision), nil
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
