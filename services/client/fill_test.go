package client_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func plans(of ...*contextv1.SlotPlan) *contextv1.PlanQuestionsResponse {
	return &contextv1.PlanQuestionsResponse{Plans: of}
}

// recorded lists what was recorded, in order: questions and facts.
func (f *fake) recorded() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines []string
	for _, c := range f.calls {
		switch r := c.req.(type) {
		case *contextv1.RecordQuestionRequest:
			lines = append(lines, fmt.Sprintf("%s %s %s", r.GetAction(), r.GetSlot(), r.GetPurpose()))
		case *contextv1.RecordFactsRequest:
			for _, fact := range r.GetFacts() {
				lines = append(lines, fmt.Sprintf("%s %s=%s %s", fact.GetAction(), fact.GetSlot(), fact.GetValue(), fact.GetOrigin()))
			}
		}
	}
	return lines
}

func filling(t *testing.T) (*fake, *client.Customer) {
	f := newFake(t)
	f.always("RecordQuestion", &contextv1.RecordQuestionResponse{Revision: 1})
	f.always("RecordFacts", &contextv1.RecordFactsResponse{Revision: 1})
	return f, f.dial(t, client.WithRetries(1)).Customer("customers/1").At(client.Place{Scope: "menu"})
}

func TestFill(t *testing.T) {
	f, customer := filling(t)
	f.always("PlanQuestions", plans(
		&contextv1.SlotPlan{Slot: "zip", Decision: contextv1.Decision_DECISION_USE, Value: "12345"},
		&contextv1.SlotPlan{Slot: "email", Decision: contextv1.Decision_DECISION_CONFIRM, Value: "ada@example.com"},
		&contextv1.SlotPlan{Slot: "city", Decision: contextv1.Decision_DECISION_CONFIRM, Value: "Bonn"},
		&contextv1.SlotPlan{Slot: "topic", SlotId: "topic", Decision: contextv1.Decision_DECISION_ASK},
		&contextv1.SlotPlan{Slot: "subject", SlotId: "topic", Decision: contextv1.Decision_DECISION_ASK},
		&contextv1.SlotPlan{Slot: "nickname", Decision: contextv1.Decision_DECISION_ASK},
		&contextv1.SlotPlan{Slot: "pin", Decision: contextv1.Decision_DECISION_ASK, Reason: contextv1.DecisionReason_DECISION_REASON_SECRET},
		&contextv1.SlotPlan{Slot: "password", Decision: contextv1.Decision_DECISION_USE, Reason: contextv1.DecisionReason_DECISION_REASON_VERIFIED},
		&contextv1.SlotPlan{Slot: "iban", Decision: contextv1.Decision_DECISION_WITHHOLD},
	))
	said := map[string]string{"email": "ada@example.com", "city": "Köln", "topic": "a refund", "pin": "2468"}
	filled, err := customer.Fill(t.Context(), []string{"zip"}, func(_ context.Context, s client.SlotPlan) (client.Answer, error) {
		return client.Answer{Value: said[s.Slot], Prompt: "What is your " + s.Slot + "?"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &client.Filled{
		Values: map[string]string{
			"zip": "12345", "email": "ada@example.com", "city": "Köln", "topic": "a refund", "subject": "a refund", "pin": "2468",
		},
		Asked:    []string{"email", "city", "topic", "nickname", "pin"},
		Known:    []string{"zip", "password"},
		Withheld: []string{"iban"},
	}
	if diff := cmp.Diff(want, filled); diff != "" {
		t.Errorf("filled (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"QUESTION_ACTION_UNSPECIFIED email QUESTION_PURPOSE_CONFIRM",
		"FACT_ACTION_CONFIRM email=ada@example.com FACT_ORIGIN_CUSTOMER",
		"QUESTION_ACTION_UNSPECIFIED city QUESTION_PURPOSE_CONFIRM",
		"FACT_ACTION_UNSPECIFIED city=Köln FACT_ORIGIN_CUSTOMER",
		"QUESTION_ACTION_UNSPECIFIED topic QUESTION_PURPOSE_COLLECT",
		"FACT_ACTION_UNSPECIFIED topic=a refund FACT_ORIGIN_CUSTOMER",
		"QUESTION_ACTION_UNSPECIFIED nickname QUESTION_PURPOSE_COLLECT",
		"QUESTION_ACTION_UNSPECIFIED pin QUESTION_PURPOSE_VERIFY",
		"QUESTION_ACTION_AVOIDED zip QUESTION_PURPOSE_UNSPECIFIED",
		"QUESTION_ACTION_AVOIDED password QUESTION_PURPOSE_UNSPECIFIED",
	}, f.recorded()); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	if got := f.last(t, "PlanQuestions").req.(*contextv1.PlanQuestionsRequest).GetScope(); got != "menu" {
		t.Errorf("scope %q", got)
	}
	q := f.seen("RecordQuestion")[0].req.(*contextv1.RecordQuestionRequest)
	if q.GetPrompt() != "What is your email?" || q.GetScope() != "menu" {
		t.Errorf("question %v", q)
	}
}

// A customer who hangs up was asked; and what they said before is kept.
func TestFillWhenTheCustomerHangsUp(t *testing.T) {
	f, customer := filling(t)
	f.always("PlanQuestions", plans(
		&contextv1.SlotPlan{Slot: "zip", Decision: contextv1.Decision_DECISION_USE, Value: "12345"},
		&contextv1.SlotPlan{Slot: "topic", Decision: contextv1.Decision_DECISION_ASK},
		&contextv1.SlotPlan{Slot: "city", Decision: contextv1.Decision_DECISION_ASK},
		&contextv1.SlotPlan{Slot: "email", Decision: contextv1.Decision_DECISION_ASK},
	))
	ctx, hangUp := context.WithCancel(t.Context())
	errHungUp := errors.New("hung up")
	filled, err := customer.Fill(ctx, []string{"topic"}, func(_ context.Context, s client.SlotPlan) (client.Answer, error) {
		if s.Slot == "city" {
			hangUp()
			return client.Answer{}, errHungUp
		}
		return client.Answer{Value: "a refund"}, nil
	})
	if !errors.Is(err, errHungUp) {
		t.Errorf("got %v", err)
	}
	if filled == nil || filled.Values["topic"] != "a refund" || len(filled.Asked) != 2 {
		t.Errorf("filled %+v", filled)
	}
	if diff := cmp.Diff([]string{
		"QUESTION_ACTION_UNSPECIFIED topic QUESTION_PURPOSE_COLLECT",
		"FACT_ACTION_UNSPECIFIED topic=a refund FACT_ORIGIN_CUSTOMER",
		"QUESTION_ACTION_UNSPECIFIED city QUESTION_PURPOSE_COLLECT",
		"QUESTION_ACTION_AVOIDED zip QUESTION_PURPOSE_UNSPECIFIED",
	}, f.recorded()); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// Answers that cannot be recorded are not lost to the program.
func TestFillWhenNothingCanBeRecorded(t *testing.T) {
	f, customer := filling(t)
	f.always("PlanQuestions", plans(
		&contextv1.SlotPlan{Slot: "topic", Decision: contextv1.Decision_DECISION_ASK},
		&contextv1.SlotPlan{Slot: "city", Decision: contextv1.Decision_DECISION_ASK},
	))
	for _, method := range []string{"RecordFacts", "RecordQuestion"} {
		f.answer(method, func(proto.Message) (proto.Message, error) {
			return nil, fault.New(fault.Unavailable, fault.ServiceUnavailable, "the log is away")
		})
	}
	filled, err := customer.Fill(t.Context(), []string{"topic"}, func(_ context.Context, s client.SlotPlan) (client.Answer, error) {
		return client.Answer{Value: "some " + s.Slot, Origin: client.FactOriginAgent, Confidence: 0.5}, nil
	})
	if !errors.Is(err, client.CodeUnavailable) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(map[string]string{"topic": "some topic", "city": "some city"}, filled.Values); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	fact := f.last(t, "RecordFacts").req.(*contextv1.RecordFactsRequest).GetFacts()[0]
	if fact.GetOrigin() != logv1.FactOrigin_FACT_ORIGIN_AGENT || fact.GetConfidence() != 0.5 {
		t.Errorf("fact %v", fact)
	}
}

func TestFillWithoutPlan(t *testing.T) {
	f, customer := filling(t)
	f.answer("PlanQuestions", failing(9, fault.New(fault.Unavailable, fault.ServiceUnavailable, "away"), nil))
	filled, err := customer.Fill(t.Context(), []string{"topic"}, func(context.Context, client.SlotPlan) (client.Answer, error) {
		t.Error("asked without a plan")
		return client.Answer{}, nil
	})
	if filled != nil || !errors.Is(err, client.CodeUnavailable) {
		t.Errorf("got %v, %v", filled, err)
	}
}
