package server_test

import (
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// provokeMerges are the refusals of MergeCustomers and UnmergeCustomers.
func provokeMerges() []provocation {
	merging := func(n *node, surviving, merged string) error {
		_, err := n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{SurvivingCustomer: surviving, MergedCustomer: merged})
		return err
	}
	return []provocation{
		{"MERGE_COLLISION", "MergeCustomers", "two customers with different CRM ids", func(n *node) error {
			one, two := n.resolve(call("c1", crmID("1"))).GetCustomer(), n.resolve(call("c2", crmID("2"))).GetCustomer()
			return merging(n, one, two)
		}},
		{"MERGE_COLLISION", "MergeCustomers", "a customer who is merged into another one already", func(n *node) error {
			n.known(cA, cB, cC)
			n.merge(cA, cB)
			return merging(n, cC, cB)
		}},
		{"MERGE_WITH_ITSELF", "MergeCustomers", "the same customer twice", func(n *node) error { return merging(n, cA, cA) }},
		{"MERGE_NOT_FOUND", "UnmergeCustomers", "a merge that was undone before", func(n *node) error {
			n.known(cA, cB)
			made, err := n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{SurvivingCustomer: cA, MergedCustomer: cB, RequestId: "1"})
			if err != nil {
				return err
			}
			n.unmerge(cA, made.GetMerge().GetMergeId())
			_, err = n.UnmergeCustomers(n.ctx(), &contextv1.UnmergeCustomersRequest{
				SurvivingCustomer: cA, MergeId: made.GetMerge().GetMergeId(), RequestId: "2",
			})
			return err
		}},
	}
}
