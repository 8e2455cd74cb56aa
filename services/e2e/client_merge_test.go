package e2e

import (
	"fmt"
	"testing"

	"github.com/throughline-cx/throughline/services/client"
)

// Two customers become one and two again. Whichever name is used to write, the client sees it by either.
func clientMerges(t *testing.T, c goClient) {
	ctx, anna, ana := t.Context(), c.known(t, "anna"), c.known(t, "ana")
	record := func(customer *client.Customer, slot, value string) {
		t.Helper()
		if _, err := customer.RecordFacts(ctx, []client.FactInput{{Slot: slot, Value: value}}); err != nil {
			t.Fatal(err)
		}
	}
	sees := func(when string, customer *client.Customer, want map[string]string) *client.CustomerContext {
		t.Helper()
		pop, err := customer.Context(ctx, client.ViewFull)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		for slot, value := range want {
			got := ""
			for _, f := range pop.Facts {
				if f.DisplayName == slot {
					got = f.Value
				}
			}
			if got != value {
				t.Errorf("%s: %s has %s %q, want %q", when, customer.Name(), slot, got, value)
			}
		}
		return pop
	}
	record(anna, "town", "Lund")
	record(ana, "town", "Ystad")
	record(ana, "pet", "cat")

	_, err := anna.Merge(ctx, anna.Name(), "")
	refused(t, "merged with itself", err, client.ReasonMergeWithItself)
	_, err = anna.Merge(ctx, "customers/nobody", "")
	refused(t, "merged with nobody", err, client.ReasonCustomerNotFound)
	preview, err := anna.PreviewMerge(ctx, ana.Name())
	if err != nil || preview.Merge.MergeID != "" || len(preview.Collisions) != 0 || len(preview.Conflicts) != 1 ||
		preview.Conflicts[0].SurvivingValue != "Lund" || preview.Conflicts[0].MergedValue != "Ystad" || preview.FactsTotal != 2 {
		t.Errorf("the preview: %+v, %v", preview, err)
	}
	sees("after a preview", anna, map[string]string{"town": "Lund", "pet": ""})

	merged, err := anna.Merge(ctx, ana.Name(), "one person", client.WithRequestID("m1"))
	if err != nil || merged.Merge.MergeID == "" || merged.Merge.MergedCustomer != ana.Name() || len(merged.Identifiers) != 2 {
		t.Fatalf("merged: %+v, %v", merged, err)
	}
	again, err := anna.Merge(ctx, ana.Name(), "one person", client.WithRequestID("m1"))
	if err != nil || again.Merge.MergeID != merged.Merge.MergeID {
		t.Errorf("merged again by the same request: %+v, %v", again, err)
	}
	for _, customer := range []*client.Customer{anna, ana} {
		if pop := sees("merged", customer, map[string]string{"pet": "cat"}); pop.Customer != anna.Name() || len(pop.Merges) != 1 {
			t.Errorf("%s is %s", customer.Name(), pop.Customer)
		}
	}
	if pop := sees("merged", ana, nil); pop.RequestedCustomer != ana.Name() {
		t.Errorf("asked for %s, it says %q", ana.Name(), pop.RequestedCustomer)
	}
	for _, value := range []string{"1", "2", "3"} {
		record(ana, "by_ana", value)
		sees("written as merged", anna, map[string]string{"by_ana": value})
		sees("written as merged", ana, map[string]string{"by_ana": value})
		record(anna, "by_anna", value)
		sees("written as surviving", ana, map[string]string{"by_anna": value, "by_ana": value})
		sees("written as surviving", anna, map[string]string{"by_anna": value, "by_ana": value})
	}

	appendedByOneName(t, anna, ana)
	parted, err := anna.Unmerge(ctx, merged.Merge.MergeID, "two persons")
	if err != nil || parted.MergedCustomer != ana.Name() || parted.MergedConsistencyToken == "" {
		t.Fatalf("unmerged: %+v, %v", parted, err)
	}
	_, err = anna.Unmerge(ctx, merged.Merge.MergeID, "two persons")
	refused(t, "unmerged twice", err, client.ReasonMergeNotFound)
	if pop := sees("unmerged", ana, map[string]string{"town": "Ystad", "pet": "cat"}); pop.Customer != ana.Name() {
		t.Errorf("%s is still %s", ana.Name(), pop.Customer)
	}
	if pop := sees("unmerged", anna, map[string]string{"town": "Lund", "pet": ""}); pop.Customer != anna.Name() || len(pop.Merges) != 0 {
		t.Errorf("%s is %s", anna.Name(), pop.Customer)
	}
	record(ana, "town", "Kivik")
	sees("on their own", ana, map[string]string{"town": "Kivik"})
	sees("on their own", anna, map[string]string{"town": "Lund"})
	othersMerge(t, c, anna, ana, sees)
}

// appendedByOneName tells the log something by one name of a customer, which takes a moment to arrive, and then writes by
// the other. The token of that write says nothing of what was told before.
func appendedByOneName(t *testing.T, anna, ana *client.Customer) {
	t.Helper()
	before, err := anna.Context(t.Context(), client.ViewFull)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		call := ana.At(client.Place{InteractionID: fmt.Sprint("call-", i)})
		if _, err := call.Append(t.Context(), []client.Event{{Payload: client.MessageSent{Text: "called"}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := anna.RecordFacts(t.Context(), []client.FactInput{{Slot: "calls", Value: fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
		pop, err := anna.Context(t.Context(), client.ViewFull)
		if err != nil || pop.InteractionsTotal != before.InteractionsTotal+int64(i)+1 {
			t.Fatalf("after %d calls: %d interactions more, %v", i+1, pop.InteractionsTotal-before.InteractionsTotal, err)
		}
	}
}

// othersMerge merges and parts customers behind the back of a client that has written for both.
func othersMerge(
	t *testing.T, c goClient, anna, ana *client.Customer,
	sees func(string, *client.Customer, map[string]string) *client.CustomerContext,
) {
	t.Helper()
	other := dialClient(t, c.suite)
	merged, err := other.Customer(anna.Name()).Merge(t.Context(), ana.Name(), "")
	if err != nil {
		t.Fatal(err)
	}
	sees("merged by others", anna, map[string]string{"pet": "cat"})
	sees("merged by others", ana, map[string]string{"pet": "cat"})
	if _, err := other.Customer(anna.Name()).Unmerge(t.Context(), merged.Merge.MergeID, ""); err != nil {
		t.Fatal(err)
	}
	if pop := sees("parted by others", ana, map[string]string{"town": "Kivik"}); pop.Customer != ana.Name() {
		t.Errorf("%s is still %s", ana.Name(), pop.Customer)
	}
	sees("parted by others", anna, map[string]string{"town": "Lund"})
}
