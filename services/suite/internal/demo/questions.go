package demo

import (
	"cmp"
	"context"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// plan asks what may be asked for, and prints it. It returns the slots whose questions are saved.
func (s *story) plan(ctx context.Context, p *place, slots ...string) ([]string, error) {
	req := &contextv1.PlanQuestionsRequest{Scope: p.scope, Consistency: s.fresh(), Asker: p.asker()}
	for _, slot := range slots {
		req.Slots = append(req.Slots, &contextv1.SlotRequest{Slot: slot})
	}
	got, err := via(ctx, s, p, ":planQuestions", req, &contextv1.PlanQuestionsResponse{}, func(customer string) (*contextv1.PlanQuestionsResponse, error) {
		req.Customer = customer
		return s.context.PlanQuestions(ctx, req)
	})
	if err != nil {
		return nil, err
	}
	return s.planned(got), nil
}

// ask records a question that was asked.
func (s *story) ask(ctx context.Context, p *place, slot, prompt string, why logv1.QuestionPurpose) (*contextv1.RecordQuestionResponse, error) {
	return s.question(ctx, p, &contextv1.RecordQuestionRequest{
		Slot: slot, Action: contextv1.QuestionAction_QUESTION_ACTION_ASKED, Purpose: why, Prompt: prompt,
	})
}

// avoid records questions that were not asked.
func (s *story) avoid(ctx context.Context, p *place, slots []string) error {
	for _, slot := range slots {
		got, err := s.question(ctx, p, &contextv1.RecordQuestionRequest{Slot: slot, Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED})
		if err != nil {
			return err
		}
		// Of a secret there is no fact, only the check that it was for.
		s.avoided = append(s.avoided, cmp.Or(got.GetKnownFact().GetDisplayName(), "PIN"))
	}
	return nil
}

func (s *story) question(ctx context.Context, p *place, req *contextv1.RecordQuestionRequest) (*contextv1.RecordQuestionResponse, error) {
	req.Scope, req.Origin = p.scope, s.origin(p)
	got, err := via(ctx, s, p, "/questions:record", req, &contextv1.RecordQuestionResponse{}, func(customer string) (*contextv1.RecordQuestionResponse, error) {
		req.Customer = customer
		return s.context.RecordQuestion(ctx, req)
	})
	if err == nil {
		s.token = got.GetConsistencyToken()
	}
	return got, err
}

// facts records what the customer said.
func (s *story) facts(ctx context.Context, p *place, facts ...*contextv1.FactInput) (*contextv1.RecordFactsResponse, error) {
	req := &contextv1.RecordFactsRequest{Scope: p.scope, Origin: s.origin(p), Facts: facts}
	got, err := via(ctx, s, p, "/facts:record", req, &contextv1.RecordFactsResponse{}, func(customer string) (*contextv1.RecordFactsResponse, error) {
		req.Customer = customer
		return s.context.RecordFacts(ctx, req)
	})
	if err == nil {
		s.token = got.GetConsistencyToken()
	}
	return got, err
}

// said is a fact in the customer's own words.
func said(slot, value string) *contextv1.FactInput {
	return &contextv1.FactInput{Slot: slot, Value: value, Origin: logv1.FactOrigin_FACT_ORIGIN_CUSTOMER}
}

// verify records a check that the customer has passed.
func (s *story) verify(ctx context.Context, p *place, method string) (*contextv1.RecordVerificationResponse, error) {
	req := &contextv1.RecordVerificationRequest{
		Method: method, Result: logv1.VerificationResult_VERIFICATION_RESULT_PASSED,
		Level: logv1.VerificationLevel_VERIFICATION_LEVEL_SINGLE_FACTOR, Origin: s.origin(p),
	}
	got, err := via(ctx, s, p, "/verifications:record", req, &contextv1.RecordVerificationResponse{}, func(customer string) (*contextv1.RecordVerificationResponse, error) {
		req.Customer = customer
		return s.context.RecordVerification(ctx, req)
	})
	if err == nil {
		s.token = got.GetConsistencyToken()
	}
	return got, err
}
