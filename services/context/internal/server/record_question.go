package server

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
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
	id, keyed, err := s.requestBase("question", req.GetRequestId())
	if err != nil {
		return nil, err
	}
	q := &questionRecording{s: s, p: p, req: req, customer: projector.CustomerID(req.GetCustomer()), keyed: keyed}
	q.avoided = req.GetAction() == contextv1.QuestionAction_QUESTION_ACTION_AVOIDED
	q.event = header(id, req.GetOrigin())
	q.w, err = p.Writer(ctx, q.customer)
	if err != nil {
		return nil, err
	}
	defer q.w.Close()
	return q.run(ctx)
}

// errStored says that the question is in the log already.
var errStored = errors.New("the question is stored already")

type questionRecording struct {
	s        *Server
	p        *tenant
	w        *projector.Writer
	req      *contextv1.RecordQuestionRequest
	customer string
	keyed    bool
	avoided  bool
	event    *logv1.Event

	known  *domain.Fact
	repeat bool
}

func (q *questionRecording) run(ctx context.Context) (*contextv1.RecordQuestionResponse, error) {
	done, err := q.w.Append(ctx, func(cur *projector.Current) ([]*logv1.Event, error) {
		views, err := q.views(ctx, cur)
		if err != nil {
			return nil, err
		}
		if q.avoided {
			return q.avoidedEvents(views[0]), nil
		}
		return q.askedEvents(ctx, views)
	})
	switch {
	case errors.Is(err, errStored), fault.ReasonOf(err) == reasonEventIDReused && q.keyed:
		return q.replay(ctx)
	case err != nil:
		return nil, err
	case done.Results[0].GetReplayed():
		return q.replay(ctx)
	}
	return q.response(done.Revision), nil
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

// views are what a question is judged by: what is known of the customer with all who are one with it, and then what its
// own history says. The follower, which judges the same question for itself, has only the latter, and must not find a
// repeat that this answer denies.
func (q *questionRecording) views(ctx context.Context, cur *projector.Current) ([]*domain.View, error) {
	dict := q.p.Dictionary()
	own := cur.View(dict)
	if cur.State.Alone() {
		return []*domain.View{own}, nil
	}
	j, err := q.s.read(ctx, q.p, q.customer, projector.Want{})
	if err != nil {
		return nil, err
	}
	return []*domain.View{j.View(dict), own}, nil
}

// at is when the question occurred.
func (q *questionRecording) at() time.Time {
	if t := wire.Time(q.event.GetOccurredAt()); !t.IsZero() {
		return t
	}
	return q.p.Now()
}

// avoidedEvents says which value made the question superfluous.
func (q *questionRecording) avoidedEvents(v *domain.View) []*logv1.Event {
	slot, _ := v.Dictionary().Resolve(q.req.GetScope(), q.req.GetSlot())
	payload := &logv1.QuestionAvoided{Slot: q.req.GetSlot(), Scope: q.req.GetScope(), SlotId: slot.ID}
	q.setKnown(v, q.at())
	if q.known != nil {
		payload.FactEventId = q.known.Provenance.EventID
	}
	q.event.Payload = &logv1.Event_QuestionAvoided{QuestionAvoided: payload}
	return []*logv1.Event{q.event}
}

func (q *questionRecording) setKnown(v *domain.View, at time.Time) {
	q.known = nil
	if f, ok := domain.KnownFact(v, at, q.req.GetScope(), q.req.GetSlot()); ok {
		q.known = &f
	}
}

func (q *questionRecording) askedEvents(ctx context.Context, views []*domain.View) ([]*logv1.Event, error) {
	q.event.Payload = &logv1.Event_QuestionAsked{QuestionAsked: &logv1.QuestionAsked{
		Slot: q.req.GetSlot(), Scope: q.req.GetScope(), Prompt: q.req.GetPrompt(), Purpose: q.req.GetPurpose(),
	}}
	r := q.judge(views, q.at())
	if !q.repeat {
		return []*logv1.Event{q.event}, nil
	}
	if q.keyed {
		stored, _, _, err := q.w.Probe(ctx, q.event)
		switch {
		case err != nil:
			return nil, err
		case stored != projector.StoredNot:
			return nil, errStored
		}
	}
	return []*logv1.Event{q.event, projector.RepeatEvent(domain.RepeatEventID(q.event.GetEventId()), r, q.event)}, nil
}

// judge says whether the question is a repeat by one of the views.
func (q *questionRecording) judge(views []*domain.View, at time.Time) domain.Repeat {
	q.repeat, q.known = false, nil
	for _, v := range views {
		r, ok := domain.DetectRepeat(v, domain.Question{
			EventID: q.event.GetEventId(), Slot: q.req.GetSlot(), Scope: q.req.GetScope(),
			Purpose: domain.QuestionPurpose(q.req.GetPurpose()), OccurredAt: at,
		})
		if ok {
			q.repeat, q.known = true, &r.Fact
			return r
		}
	}
	return domain.Repeat{}
}

// replay answers a request that was done before as it was answered then: by what was known before the question, and by
// the event that follows it.
func (q *questionRecording) replay(ctx context.Context) (*contextv1.RecordQuestionResponse, error) {
	first, next, err := q.stored(ctx)
	if err != nil {
		return nil, err
	}
	before, err := q.p.StateAt(ctx, q.customer, first.GetRevision()-1)
	if err != nil {
		return nil, err
	}
	views, err := q.viewsThen(ctx, before, q.p.DictionaryAt(wire.Time(first.GetRecordedAt())))
	if err != nil {
		return nil, err
	}
	at := wire.Time(first.GetOccurredAt())
	if q.avoided {
		q.setKnown(views[0], at)
	} else {
		q.judge(views, at)
		if q.repeat = next.GetEventId() == domain.RepeatEventID(first.GetEventId()); !q.repeat {
			q.known = nil
		}
	}
	return q.response(max(first.GetRevision(), next.GetRevision(), q.w.Current().State.Revision)), nil
}

// viewsThen are what a question was judged by, given what the customer's own history said before it. Of the customers
// merged with this one it has what is known now: they may have said more since. Whether it was a repeat is in the log all
// the same.
func (q *questionRecording) viewsThen(ctx context.Context, before *domain.State, dict *domain.Dictionary) ([]*domain.View, error) {
	own := domain.NewView(before, dict)
	j, err := q.s.read(ctx, q.p, q.customer, projector.Want{})
	if err != nil || len(j.members) == 0 {
		return []*domain.View{own}, err
	}
	states := j.states()
	if i := j.place(q.customer); i >= 0 {
		states[i] = before
	}
	return []*domain.View{domain.NewView(domain.Join(states[0], states[1:]...), dict), own}, nil
}

// stored returns the question as it is in the log, and the event after it. It is REQUEST_ID_REUSED when that is another
// question.
func (q *questionRecording) stored(ctx context.Context) (first, next *logv1.Event, err error) {
	found, results, revision, err := q.w.Probe(ctx, q.event)
	switch {
	case err != nil:
		return nil, nil, err
	case found == projector.StoredSame:
		revision = results[0].GetRevision()
	case found == projector.StoredOther && q.avoided && revision > 0:
		// What was avoided is told in the words of that moment: compare what the caller said.
	default:
		return nil, nil, requestIDReused()
	}
	events, err := q.w.History(ctx, revision-1, revision+1)
	if err != nil {
		return nil, nil, err
	}
	if len(events) == 0 || events[0].GetEventId() != q.event.GetEventId() || found == projector.StoredOther && !q.saidBefore(events[0]) {
		return nil, nil, requestIDReused()
	}
	if len(events) > 1 {
		next = events[1]
	}
	return events[0], next, nil
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
