package server_test

import (
	"context"
	"testing"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// A merge of a customer with itself, written straight to the log, is in nobody's way.
func TestAMergeWithItselfIsNone(t *testing.T) {
	for name, id := range map[string]string{"with an id": "m1", "without": ""} {
		t.Run(name, func(t *testing.T) {
			n := run(t)
			n.known(cA, cB, cC)
			n.append(cA, &logv1.Event{EventId: "x", Payload: &logv1.Event_CustomersMerged{CustomersMerged: &logv1.CustomersMerged{
				MergeId: id, SurvivingCustomer: cA, MergedCustomer: cA,
			}}})
			n.settle()
			if got := n.see(cA); got.GetCustomer() != cA || len(got.GetFacts()) != 1 || len(got.GetMerges()) != 0 {
				t.Errorf("a is seen as %v", got)
			}
			for _, req := range []*contextv1.MergeCustomersRequest{
				{SurvivingCustomer: cA, MergedCustomer: cB}, {SurvivingCustomer: cC, MergedCustomer: cA},
			} {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				must(n.MergeCustomers(ctx, req))(t)
			}
			if got := n.see(cA); got.GetCustomer() != cC || len(got.GetFacts()) != 3 {
				t.Errorf("all are seen as %s with %v", got.GetCustomer(), values(got))
			}
		})
	}
}
