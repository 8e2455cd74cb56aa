package play

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// item plays one thing that happened.
func (r *run) item(ctx context.Context, flowRun string, leg *dialogue.Leg, item *dialogue.Item) error {
	id := fmt.Sprintf("%s.%d", r.id, item.Index)
	if u := item.Utterance; u != nil {
		if err := r.add(ctx, r.message(id, item.Time, u)); err != nil {
			return err
		}
	}
	for i, q := range item.Questions {
		if err := r.asked(ctx, fmt.Sprintf("%s.question%d", id, i+1), item.Time, q); err != nil {
			return err
		}
	}
	for i, q := range item.Queries {
		if err := r.query(ctx, fmt.Sprintf("%s.query%d", id, i+1), flowRun, leg, item.Time, q); err != nil {
			return err
		}
	}
	if v := item.Verification; v != nil {
		if err := r.verification(ctx, id+".verification", item.Time, v); err != nil {
			return err
		}
	}
	return r.facts(ctx, id+".facts", item)
}

func (r *run) message(id string, t time.Time, u *dialogue.Utterance) *interactionlogv1.Event {
	who := r.actor()
	if u.ByCustomer {
		who = &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_CUSTOMER}
	}
	r.Counts.Messages++
	if u.Secret {
		r.Counts.MessagesWithheld++
	}
	sent := &interactionlogv1.MessageSent{Text: u.Text, SecretAnswer: u.Secret}
	e := r.event(id, t, who)
	e.Payload = &interactionlogv1.Event_MessageSent{MessageSent: sent}
	return e
}

// asked records a question. A question for confirmation cannot be a repeat, so it travels with the messages; for the
// others the context service says at once whether the answer was known.
func (r *run) asked(ctx context.Context, id string, t time.Time, q dialogue.Question) error {
	if q.Purpose == dialogue.Confirm {
		r.Counts.QuestionsAsked++
		asked := &interactionlogv1.QuestionAsked{Slot: q.Slot, Scope: q.Scope, Prompt: q.Prompt, Purpose: purposes[q.Purpose]}
		e := r.event(id, t, r.actor())
		e.Payload = &interactionlogv1.Event_QuestionAsked{QuestionAsked: asked}
		return r.add(ctx, e)
	}
	r.Counts.QuestionsAsked++
	return r.question(ctx, &contextv1.RecordQuestionRequest{
		Slot: q.Slot, Scope: q.Scope, Prompt: q.Prompt, Purpose: purposes[q.Purpose],
		Action: contextv1.QuestionAction_QUESTION_ACTION_ASKED, RequestId: id,
	}, t)
}

var purposes = map[dialogue.Purpose]interactionlogv1.QuestionPurpose{
	dialogue.Collect: interactionlogv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT,
	dialogue.Confirm: interactionlogv1.QuestionPurpose_QUESTION_PURPOSE_CONFIRM,
	dialogue.Verify:  interactionlogv1.QuestionPurpose_QUESTION_PURPOSE_VERIFY,
}

// question records that a question was asked or avoided.
func (r *run) question(ctx context.Context, q *contextv1.RecordQuestionRequest, t time.Time) error {
	if err := r.flush(ctx); err != nil {
		return err
	}
	q.Customer, q.Origin = r.customer, r.origin(t)
	got, err := timed(r.Calls, "RecordQuestion", func() (*contextv1.RecordQuestionResponse, error) {
		return r.Context.RecordQuestion(ctx, q)
	})
	if err != nil {
		return err
	}
	r.token = got.GetConsistencyToken()
	r.Counts.Events++
	if got.GetRepeat() {
		r.Counts.Repeats++
		r.Counts.Events++ // the RepeatDetected
	}
	return nil
}

// query notes a call of a back-end system as a step of the flow, with the names of what was given to it: values are facts,
// or secrets.
func (r *run) query(ctx context.Context, id, flowRun string, leg *dialogue.Leg, t time.Time, q dialogue.Query) error {
	r.Counts.Queries++
	if leg.Task != "" {
		step := &interactionlogv1.StepEntered{FlowRunId: flowRun, StepId: q.API}
		e := r.event(id+".step", t, r.actor())
		e.Payload = &interactionlogv1.Event_StepEntered{StepEntered: step}
		if err := r.add(ctx, e); err != nil {
			return err
		}
	}
	names := make([]any, len(q.Names))
	for i, n := range q.Names {
		names[i] = n
	}
	attributes, err := structpb.NewStruct(map[string]any{"api": q.API, "names": names})
	if err != nil {
		return err
	}
	custom := &interactionlogv1.CustomEvent{Type: "replay.query", Attributes: attributes}
	e := r.event(id, t, r.actor())
	e.Payload = &interactionlogv1.Event_CustomEvent{CustomEvent: custom}
	return r.add(ctx, e)
}
