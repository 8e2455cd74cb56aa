package server_test

import (
	"fmt"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// withCase provokes a reason by a call on a customer who has an open case, k1.
func withCase(reason, rpc, when string, call func(n *node, opened *contextv1.Case) error) provocation {
	return provocation{reason, rpc, when, func(n *node) error {
		opened := n.open(caseOf("", "k1", "A lost card")).GetCase()
		return call(n, opened)
	}}
}

// provokeCases has the refusals that are about cases.
func provokeCases() []provocation {
	openAnother := func(n *node, id string) error {
		_, err := n.OpenCase(n.ctx(), caseOf("", id, "A lost card"))
		return err
	}
	resolve := func(n *node) error {
		_, err := n.ResolveCase(n.ctx(), &contextv1.ResolveCaseRequest{Name: k1})
		return err
	}
	reopen := func(n *node) error {
		_, err := n.ReopenCase(n.ctx(), &contextv1.ReopenCaseRequest{Name: k1})
		return err
	}
	fill := func(n *node, to int) {
		for i := range to {
			if err := openAnother(n, fmt.Sprint("more-", i)); err != nil {
				n.t.Fatal(err)
			}
		}
	}
	return []provocation{
		withCase("CASE_NOT_FOUND", "GetCase", "a case that the customer does not have", func(n *node, _ *contextv1.Case) error {
			_, err := n.GetCase(n.ctx(), &contextv1.GetCaseRequest{Name: c1 + "/cases/k2"})
			return err
		}),
		withCase("CASE_EXISTS", "OpenCase", "opening a case for the same ticket twice", func(n *node, _ *contextv1.Case) error {
			return openAnother(n, "k1")
		}),
		withCase("CASE_NOT_OPEN", "ResolveCase", "resolving a case twice", func(n *node, _ *contextv1.Case) error {
			if err := resolve(n); err != nil {
				return err
			}
			return resolve(n)
		}),
		withCase("CASE_NOT_RESOLVED", "ReopenCase", "reopening a case that is open", func(n *node, _ *contextv1.Case) error {
			return reopen(n)
		}),
		withCase("TOO_MANY_CASES", "OpenCase", "the 21st open case of a customer", func(n *node, _ *contextv1.Case) error {
			fill(n, 19)
			return openAnother(n, "k2")
		}),
		withCase("TOO_MANY_CASES", "ReopenCase", "reopening a case of a customer with 20 open ones", func(n *node, _ *contextv1.Case) error {
			if err := resolve(n); err != nil {
				return err
			}
			fill(n, 20)
			return reopen(n)
		}),
		withCase("ETAG_MISMATCH", "UpdateCase", "a change with the etag of an older version", func(n *node, opened *contextv1.Case) error {
			n.update(&contextv1.Case{Name: k1, Status: "waiting"})
			_, err := n.UpdateCase(n.ctx(), updateOf(&contextv1.Case{Name: k1, Status: "done", Etag: opened.GetEtag()}))
			return err
		}),
		withCase("REQUEST_ID_REUSED", "OpenCase", "a request id that was used for another case", func(n *node, _ *contextv1.Case) error {
			n.open(caseOf("1", "k2", "A parcel"))
			_, err := n.OpenCase(n.ctx(), caseOf("1", "k3", "A parcel"))
			return err
		}),
	}
}
