package demo

import (
	"context"
	"fmt"
	"strings"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/enumtext"
)

// namesake merges two customers who are not one, and parts them again.
func (s *story) namesake(ctx context.Context) error {
	s.scene("5. A wrong merge, undone", "There is another Maria Lindqvist, with another account, in Leeds. Somebody takes them for one.")
	other, err := s.otherMaria(ctx)
	if err != nil {
		return err
	}
	s.call("POST /v1/$C:merge", "First with dry_run: what would come of it?")
	merge := &contextv1.MergeCustomersRequest{MergedCustomer: other, Reason: "the same name", DryRun: true}
	var got contextv1.MergeCustomersResponse
	if err := s.rest.post(ctx, "/v1/"+s.customer+":merge", merge, &got); err != nil {
		return err
	}
	for _, c := range got.GetConflicts() {
		s.result("%s differs: %s / %s", c.GetSlot(), c.GetSurvivingValue(), c.GetMergedValue())
	}
	s.call("POST /v1/$C:merge, :unmerge", "It is done all the same, and undone: nothing was copied.")
	merge.DryRun = false
	if err := s.rest.post(ctx, "/v1/"+s.customer+":merge", merge, &got); err != nil {
		return err
	}
	if err := s.addresses(ctx, "merged", other); err != nil {
		return err
	}
	var parted contextv1.UnmergeCustomersResponse
	if err := s.rest.post(ctx, "/v1/"+s.customer+":unmerge", &contextv1.UnmergeCustomersRequest{
		MergeId: got.GetMerge().GetMergeId(), Reason: "two people",
	}, &parted); err != nil {
		return err
	}
	s.token = parted.GetConsistencyToken()
	return s.addresses(ctx, "parted", other)
}

// otherMaria makes the namesake.
func (s *story) otherMaria(ctx context.Context) (string, error) {
	who, err := s.context.ResolveCustomer(ctx, &contextv1.ResolveCustomerRequest{
		Identifiers: []*logv1.Identifier{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_ACCOUNT, Value: "77-310-552"}},
		OccurredAt:  s.tick(),
	})
	if err != nil {
		return "", err
	}
	_, err = s.context.RecordFacts(ctx, &contextv1.RecordFactsRequest{
		Customer: who.GetCustomer(), Facts: []*contextv1.FactInput{said("customer_name", name), said("billing_address", "9 Mill Road, Leeds")},
		Origin: &contextv1.Origin{Source: "demo", OccurredAt: s.tick()},
	})
	return who.GetCustomer(), err
}

// addresses prints where the bills of both go.
func (s *story) addresses(ctx context.Context, when, other string) error {
	var all []string
	for _, maria := range []struct{ name, id string }{{"Maria", s.customer}, {"the other", other}} {
		plan, err := s.context.PlanQuestions(ctx, &contextv1.PlanQuestionsRequest{
			Customer: maria.id, Slots: []*contextv1.SlotRequest{{Slot: "billing_address"}},
			Consistency: &contextv1.Consistency{Requirement: &contextv1.Consistency_FullyConsistent{FullyConsistent: true}},
		})
		if err != nil {
			return err
		}
		p := plan.GetPlans()[0]
		all = append(all, fmt.Sprintf("%s %s %s", maria.name, enumtext.Name(p.GetDecision()), p.GetValue()))
	}
	s.result("%s: %s", when, strings.Join(all, "; "))
	return nil
}
