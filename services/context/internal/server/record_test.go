package server_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
)

const c1 = "customers/c1"

func facts(requestID string, inputs ...*contextv1.FactInput) *contextv1.RecordFactsRequest {
	return &contextv1.RecordFactsRequest{Customer: c1, RequestId: requestID, Facts: inputs}
}

func fact(slot, value string) *contextv1.FactInput {
	return &contextv1.FactInput{Slot: slot, Value: value}
}

func (n *node) record(req *contextv1.RecordFactsRequest) *contextv1.RecordFactsResponse {
	n.t.Helper()
	resp, err := n.RecordFacts(n.ctx(), req)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp
}

func (n *node) ask(req *contextv1.RecordQuestionRequest) *contextv1.RecordQuestionResponse {
	n.t.Helper()
	req.Customer = c1
	resp, err := n.RecordQuestion(n.ctx(), req)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp
}

// types returns the kinds of a customer's events.
func (w *world) types(customer string) []string {
	var out []string
	for _, e := range w.log.Events(customer) {
		out = append(out, logfake.TypeOf(e).String()[len("EVENT_TYPE_"):])
	}
	return out
}

func TestFactsBecomeEvents(t *testing.T) {
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/city", Aliases: []*contextv1.SlotAlias{{Name: "town", Scope: "crm"}}})
	req := facts("r1",
		&contextv1.FactInput{
			Slot: "town", Value: "Oslo", Confidence: 0.5, Origin: logv1.FactOrigin_FACT_ORIGIN_SYSTEM_OF_RECORD,
			VerificationLevel: logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR,
		},
		&contextv1.FactInput{Slot: "town", Scope: "bot", Value: "Rome", Action: contextv1.FactAction_FACT_ACTION_CONFIRM},
		&contextv1.FactInput{Slot: "nickname", Action: contextv1.FactAction_FACT_ACTION_RETRACT},
	)
	req.Scope = "crm"
	req.Origin = &contextv1.Origin{
		InteractionId: "i1", CaseId: "k1", Channel: logv1.Channel_CHANNEL_CHAT, Source: "crm-7",
		Actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT, Id: "kim"},
	}
	resp := n.record(req)
	if diff := cmp.Diff([]string{"city", "", ""}, resp.GetSlotIds()); diff != "" {
		t.Error(diff)
	}
	var payloads []*logv1.Event
	for i, e := range n.log.Events(c1) {
		if e.GetEventId() != resp.GetEventIds()[i] {
			t.Errorf("event %d has id %s", i, e.GetEventId())
		}
		if e.GetInteractionId() != "i1" || e.GetCaseId() != "k1" || e.GetChannel() != logv1.Channel_CHANNEL_CHAT ||
			e.GetSource() != "crm-7" || e.GetActor().GetId() != "kim" {
			t.Errorf("header of event %d: %v", i, e)
		}
		payloads = append(payloads, &logv1.Event{Payload: e.GetPayload()})
	}
	want := []*logv1.Event{
		{Payload: &logv1.Event_FactStated{FactStated: &logv1.FactStated{
			Slot: "town", Scope: "crm", Value: "Oslo", Confidence: 0.5, Origin: logv1.FactOrigin_FACT_ORIGIN_SYSTEM_OF_RECORD,
			VerificationLevel: logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR,
		}}},
		{Payload: &logv1.Event_FactConfirmed{FactConfirmed: &logv1.FactConfirmed{Slot: "town", Scope: "bot", Value: "Rome"}}},
		{Payload: &logv1.Event_FactRetracted{FactRetracted: &logv1.FactRetracted{Slot: "nickname", Scope: "crm"}}},
	}
	if diff := cmp.Diff(want, payloads, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestRecordFactsIsIdempotent(t *testing.T) {
	for name, first := range map[string]*contextv1.RecordFactsRequest{
		"one fact":    facts("r1", fact("town", "Oslo")),
		"three facts": facts("r1", fact("town", "Oslo"), fact("name", "Ada"), fact("name", "Ada")),
	} {
		t.Run(name, func(t *testing.T) {
			n := run(t)
			n.slot(&contextv1.Slot{Name: "slots/city", Aliases: []*contextv1.SlotAlias{{Name: "town"}}})
			done := n.record(first)
			// What happens in between must not change the answer: the slot's alias, its sensitivity, more events.
			n.clock.Advance(time.Second)
			must(n.UpdateSlot(n.ctx(), &contextv1.UpdateSlotRequest{Slot: &contextv1.Slot{
				Name: "slots/city", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET,
			}}))(t)
			n.append(c1, stated("other", "x", "y"))
			again := n.record(proto.CloneOf(first))
			again.Revision, again.ConsistencyToken = done.GetRevision(), done.GetConsistencyToken()
			if diff := cmp.Diff(done, again, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			if got := len(n.log.Events(c1)); got != len(first.GetFacts())+1 {
				t.Errorf("%d events", got)
			}
		})
	}
}

func TestRequestIDReused(t *testing.T) {
	n := run(t)
	n.record(facts("r1", fact("a", "1"), fact("b", "2")))
	n.record(facts("r2", fact("a", "1")))
	n.ask(&contextv1.RecordQuestionRequest{Slot: "x", RequestId: "q1"})
	n.ask(&contextv1.RecordQuestionRequest{Slot: "x", RequestId: "q2", Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED})
	events := len(n.log.Events(c1))
	record := func(req *contextv1.RecordFactsRequest) error { _, err := n.RecordFacts(n.ctx(), req); return err }
	ask := func(req *contextv1.RecordQuestionRequest) error {
		req.Customer = c1
		_, err := n.RecordQuestion(n.ctx(), req)
		return err
	}
	for name, err := range map[string]error{
		"another value":       record(facts("r1", fact("a", "1"), fact("b", "3"))),
		"another first value": record(facts("r1", fact("a", "2"), fact("b", "2"))),
		"fewer facts":         record(facts("r1", fact("a", "1"))),
		"more facts":          record(facts("r1", fact("a", "1"), fact("b", "2"), fact("c", "3"))),
		"more than one":       record(facts("r2", fact("a", "1"), fact("b", "2"))),
		"another action":      record(facts("r2", &contextv1.FactInput{Slot: "a", Value: "1", Action: contextv1.FactAction_FACT_ACTION_CONFIRM})),
		"another question":    ask(&contextv1.RecordQuestionRequest{Slot: "y", RequestId: "q1"}),
		"avoided, not asked": ask(&contextv1.RecordQuestionRequest{
			Slot: "x", RequestId: "q1", Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED,
		}),
		"asked, not avoided": ask(&contextv1.RecordQuestionRequest{Slot: "x", RequestId: "q2"}),
		"another avoided": ask(&contextv1.RecordQuestionRequest{
			Slot: "y", RequestId: "q2", Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED,
		}),
	} {
		if reasonOf(err) != "REQUEST_ID_REUSED" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := len(n.log.Events(c1)); got != events {
		t.Errorf("%d events, want %d: %v", got, events, n.types(c1))
	}
}

func TestWithoutRequestIDEachCallCounts(t *testing.T) {
	n := run(t)
	n.record(facts("", fact("a", "1")))
	n.record(facts("", fact("a", "1")))
	if got := len(n.log.Events(c1)); got != 2 {
		t.Errorf("%d events", got)
	}
}

func TestQuestionVerdicts(t *testing.T) {
	n := run(t)
	n.record(facts("", fact("city", "Oslo")))
	for name, c := range map[string]struct {
		req    *contextv1.RecordQuestionRequest
		repeat bool
		known  string
	}{
		"known":                {&contextv1.RecordQuestionRequest{Slot: "City"}, true, "Oslo"},
		"known, to collect":    {&contextv1.RecordQuestionRequest{Slot: "city", Purpose: logv1.QuestionPurpose_QUESTION_PURPOSE_COLLECT}, true, "Oslo"},
		"to confirm":           {&contextv1.RecordQuestionRequest{Slot: "city", Purpose: logv1.QuestionPurpose_QUESTION_PURPOSE_CONFIRM}, false, ""},
		"unknown":              {&contextv1.RecordQuestionRequest{Slot: "name"}, false, ""},
		"avoided":              {&contextv1.RecordQuestionRequest{Slot: "city", Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED}, false, "Oslo"},
		"avoided, but unknown": {&contextv1.RecordQuestionRequest{Slot: "name", Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED}, false, ""},
	} {
		got := n.ask(c.req)
		if got.GetRepeat() != c.repeat || got.GetKnownFact().GetValue() != c.known {
			t.Errorf("%s: %v", name, got)
		}
	}
	pop := must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: c1}))(t)
	want := &contextv1.RepeatSummary{QuestionsAsked: 4, QuestionsAvoided: 2, Repeats: 2}
	if diff := cmp.Diff(want, pop.GetRepeats(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// A retried question keeps the verdict of the first time, although the view has moved on.
func TestRetriedQuestionKeepsItsVerdict(t *testing.T) {
	for name, avoid := range map[string]contextv1.QuestionAction{
		"asked":   contextv1.QuestionAction_QUESTION_ACTION_ASKED,
		"avoided": contextv1.QuestionAction_QUESTION_ACTION_AVOIDED,
	} {
		for before, values := range map[string][]string{"known": {"Oslo"}, "unknown": nil} {
			for after, change := range map[string]*contextv1.FactInput{
				"then stated":    fact("city", "Rome"),
				"then retracted": {Slot: "city", Action: contextv1.FactAction_FACT_ACTION_RETRACT},
				"then confirmed": {Slot: "city", Value: "Oslo", Action: contextv1.FactAction_FACT_ACTION_CONFIRM},
			} {
				t.Run(name+", "+before+", "+after, func(t *testing.T) {
					n := run(t)
					for _, v := range values {
						n.record(facts("", fact("city", v)))
					}
					req := &contextv1.RecordQuestionRequest{Slot: "city", RequestId: "q1", Action: avoid, Prompt: "Which city?"}
					first := n.ask(req)
					n.record(facts("", change))
					n.clock.Advance(time.Hour)
					events := n.types(c1)
					again := n.ask(proto.CloneOf(req))
					if again.GetRevision() != int64(len(events)) {
						t.Errorf("revision %d of %d", again.GetRevision(), len(events))
					}
					again.Revision, again.ConsistencyToken = first.GetRevision(), first.GetConsistencyToken()
					if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
						t.Error(diff)
					}
					n.followed()
					if diff := cmp.Diff(events, n.types(c1)); diff != "" {
						t.Errorf("events (-before +after the retry):\n%s", diff)
					}
				})
			}
		}
	}
}

// Many calls at once, many of them twice, and others who write to the log at the same time: every request is done once.
func TestConcurrentWrites(t *testing.T) {
	n := run(t)
	const writers = 20
	var wait sync.WaitGroup
	for i := range writers {
		wait.Go(func() {
			for range 2 {
				wait.Go(func() {
					_, err := n.RecordFacts(context.Background(), facts(fmt.Sprint("r", i), fact("a", fmt.Sprint(i)), fact("b", fmt.Sprint(i))))
					if err != nil {
						t.Error(err)
					}
					_, err = n.RecordQuestion(context.Background(), &contextv1.RecordQuestionRequest{Customer: c1, Slot: "c", RequestId: fmt.Sprint("q", i)})
					if err != nil {
						t.Error(err)
					}
				})
			}
		})
		if i%7 == 0 {
			n.append(c1, stated(fmt.Sprint("direct-", i), "d", "e"))
		}
	}
	wait.Wait()
	if got := len(n.log.Events(c1)); got != 3*writers+3 {
		t.Errorf("%d events, want %d", got, 3*writers+3)
	}
}
