package client_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestMemory(t *testing.T) {
	m := client.NewMemory(2)
	want := func(customer, token string) {
		t.Helper()
		if got := m.Token(customer); got != token {
			t.Errorf("%s: got %q, want %q", customer, got, token)
		}
	}
	m.Note("", "t", 1)
	m.Note("a", "", 1)
	want("a", "")
	m.Note("a", "a2", 2)
	m.Note("a", "a1", 1) // answered late
	want("a", "a2")
	m.Note("b", "b1", 1)
	want("a", "a2") // used last
	m.Note("c", "c1", 1)
	want("b", "")
	want("a", "a2")
	m.Forget("a", "a1") // an old one
	want("a", "a2")
	m.Forget("a", "a2")
	want("a", "")
	m.Forget("a", "a2")
}

func TestMemoryOfMerges(t *testing.T) {
	m := client.NewMemory(10)
	want := func(customer, token string) {
		t.Helper()
		if got := m.Token(customer); got != token {
			t.Errorf("%s: got %q, want %q", customer, got, token)
		}
	}
	m.Note("b", "b9", 9)
	m.Merged("b", "a")
	want("a", "b9") // the survivor's reads have to see it
	m.Note("a", "a3", 3)
	want("a", "a3") // the numbers of two histories do not compare
	want("b", "a3")
	m.Note("b", "x4", 4)
	want("a", "x4")
	m.Merged("a", "z")
	want("b", "x4")
	m.Note("z", "z1", 1)
	want("b", "z1")
	m.Unmerged("b")
	want("b", "")
	want("a", "z1")
	m.Merged("z", "a") // the other way round now
	m.Note("a", "a7", 7)
	want("z", "a7")
	m.Merged("a", "a")
	want("a", "a7")
	m.Unmerged("a")
	want("a", "a7")
}

// After writes by both names of a customer, one token is not enough, until a read has seen everything.
func TestMemoryOfMixedWrites(t *testing.T) {
	m := client.NewMemory(10)
	want := func(when string, mixed bool) {
		t.Helper()
		for _, name := range []string{"a", "b"} {
			if m.Mixed(name) != mixed {
				t.Errorf("%s: %s is mixed: %t, want %t", when, name, !mixed, mixed)
			}
		}
	}
	m.Merged("b", "a")
	m.Note("b", "b1", 1)
	m.Note("b", "b2", 2)
	want("by one name", false)
	m.Note("a", "a5", 5)
	want("by both", true)
	m.Note("a", "a6", 6)
	want("by one of them again", true)
	m.Seen("b", "a5") // looked up before a6 was written
	want("a read that saw less", true)
	m.Seen("b", "a6")
	want("a read that saw everything", false)
	m.Note("a", "a7", 7)
	want("by the same name", false)

	m = client.NewMemory(10)
	m.Note("a", "a1", 1)
	m.Note("b", "b1", 1)
	want("before the merge", false)
	m.Merged("b", "a")
	want("merged after writes to both", true)
}

func TestMemoryStaysSmall(t *testing.T) {
	m := client.NewMemory(1)
	for i := range 100 {
		name := fmt.Sprint(i)
		m.Note(name, "t", 1)
		m.Merged(name, name+"x")
		_ = m.Token(name)
		if n := m.Len(); n != 1 {
			t.Fatalf("%d customers are remembered, want 1", n)
		}
	}
}

// consistency returns what the last read demanded: a token, "full", "fast", or "".
func (f *fake) consistency(t *testing.T, method string) string {
	t.Helper()
	req := f.last(t, method).req.(interface{ GetConsistency() *contextv1.Consistency })
	switch r := req.GetConsistency().GetRequirement().(type) {
	case *contextv1.Consistency_AtLeastAsFresh:
		return r.AtLeastAsFresh
	case *contextv1.Consistency_FullyConsistent:
		return "full"
	case *contextv1.Consistency_MinimizeLatency:
		return "fast"
	default:
		return ""
	}
}

func TestReadsSeeTheClientsOwnWrites(t *testing.T) {
	f := newFake(t)
	c := f.dial(t)
	one, two := c.Customer("customers/1"), c.Customer("customers/2")
	f.always("PlanQuestions", &contextv1.PlanQuestionsResponse{})
	plan := func(customer *client.Customer, opts ...client.ReadOption) string {
		t.Helper()
		if _, err := customer.Plan(t.Context(), []string{"zip"}, opts...); err != nil {
			t.Fatal(err)
		}
		return f.consistency(t, "PlanQuestions")
	}
	if got := plan(one); got != "" {
		t.Errorf("before any write: %q", got)
	}
	f.always("RecordQuestion", &contextv1.RecordQuestionResponse{Revision: 1, ConsistencyToken: "w1"})
	if _, err := one.RecordQuestion(t.Context(), client.Question{Slot: "zip"}); err != nil {
		t.Fatal(err)
	}
	f.always("AppendEvents", &logv1.AppendEventsResponse{Revision: 2, ConsistencyToken: "w2"})
	if _, err := two.Append(t.Context(), []client.Event{{Payload: client.NoteAdded{Text: "x"}}}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		got  string
		want string
	}{
		{"after a write", plan(one), "w1"},
		{"from another place", plan(one.At(client.Place{Channel: client.ChannelChat})), "w1"},
		{"another customer", plan(two), "w2"},
		{"fast", plan(one, client.MinimizeLatency()), "fast"},
		{"full", plan(one, client.FullyConsistent()), "full"},
		{"a token", plan(one, client.AtLeast("other")), "other"},
		{"the last counts", plan(one, client.FullyConsistent(), client.AtLeast("x")), "x"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, tc.got, tc.want)
		}
	}
	f.always("ResolveCustomer", &contextv1.ResolveCustomerResponse{Customer: "customers/1", Revision: 5, ConsistencyToken: "w5"})
	if _, err := c.Resolve(t.Context(), client.ResolveRequest{Identifiers: []client.Identifier{{Type: client.IdentifierAccount, Value: "A-17"}}}); err != nil {
		t.Fatal(err)
	}
	if got := plan(one); got != "w5" {
		t.Errorf("after resolving: %q", got)
	}
	f.always("AcceptHandoff", &contextv1.HandoffChange{
		Handoff: &contextv1.Handoff{Customer: "customers/1"}, Revision: 6, ConsistencyToken: "w6",
	})
	if _, err := c.AcceptHandoff(t.Context(), "thtoken", client.Place{}); err != nil {
		t.Fatal(err)
	}
	if got := plan(one); got != "w6" {
		t.Errorf("after accepting: %q", got)
	}
}

func TestMergedCustomers(t *testing.T) {
	f := newFake(t)
	c := f.dial(t)
	one, two := c.Customer("customers/1"), c.Customer("customers/2")
	f.always("GetContext", &contextv1.CustomerContext{Customer: "customers/1", RequestedCustomer: "customers/2"})
	f.always("RecordQuestion", &contextv1.RecordQuestionResponse{Revision: 9, ConsistencyToken: "two9"})
	f.always("PlanQuestions", &contextv1.PlanQuestionsResponse{})
	pop, err := two.Context(t.Context(), client.ViewAgent)
	if err != nil || pop.Customer != "customers/1" || pop.RequestedCustomer != "customers/2" {
		t.Fatalf("got %+v, %v", pop, err)
	}
	if _, err := two.RecordQuestion(t.Context(), client.Question{Slot: "zip"}); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Plan(t.Context(), []string{"zip"}); err != nil {
		t.Fatal(err)
	}
	if got := f.consistency(t, "PlanQuestions"); got != "two9" {
		t.Errorf("a write by one name, a read by the other: %q", got)
	}

	f.always("UnmergeCustomers", &contextv1.UnmergeCustomersResponse{
		MergedCustomer: "customers/2", Revision: 12, ConsistencyToken: "one12", MergedConsistencyToken: "two11",
	})
	if _, err := one.Unmerge(t.Context(), "m1", "mistake"); err != nil {
		t.Fatal(err)
	}
	// What was written before by two may be of another customer who is merged into one still.
	for customer, want := range map[*client.Customer]string{one: "full", two: "two11"} {
		if _, err := customer.Plan(t.Context(), []string{"zip"}); err != nil {
			t.Fatal(err)
		}
		if got := f.consistency(t, "PlanQuestions"); got != want {
			t.Errorf("%s after the unmerge: %q, want %q", customer.Name(), got, want)
		}
	}

	f.always("MergeCustomers", &contextv1.MergeCustomersResponse{Revision: 13, ConsistencyToken: "one13"})
	if _, err := one.PreviewMerge(t.Context(), "customers/2"); err != nil {
		t.Fatal(err)
	}
	if req := f.last(t, "MergeCustomers").req.(*contextv1.MergeCustomersRequest); !req.GetDryRun() {
		t.Errorf("a preview merges: %v", req)
	}
	if _, err := one.Merge(t.Context(), "customers/2", "same person"); err != nil {
		t.Fatal(err)
	}
	// Both names were written by, so the first read has to see everything.
	for _, want := range []string{"full", "one13"} {
		if _, err := two.Plan(t.Context(), []string{"zip"}); err != nil {
			t.Fatal(err)
		}
		if got := f.consistency(t, "PlanQuestions"); got != want {
			t.Errorf("after the merge: %q, want %q", got, want)
		}
	}

	// Without the log a read that would have to see everything gets what there is.
	if _, err := two.RecordQuestion(t.Context(), client.Question{Slot: "zip"}); err != nil {
		t.Fatal(err)
	}
	f.answer("PlanQuestions", func(req proto.Message) (proto.Message, error) {
		if req.(*contextv1.PlanQuestionsRequest).GetConsistency().GetFullyConsistent() {
			return nil, fault.New(fault.Unavailable, fault.ServiceUnavailable, "the log is away")
		}
		return &contextv1.PlanQuestionsResponse{}, nil
	})
	if _, err := one.Plan(t.Context(), []string{"zip"}); err != nil || f.consistency(t, "PlanQuestions") != "two9" {
		t.Errorf("without the log: %q, %v", f.consistency(t, "PlanQuestions"), err)
	}
}

// A token that the server no longer takes, because others merged the customer, costs one more call and no freshness.
func TestTokenThatNoLongerHolds(t *testing.T) {
	f := newFake(t)
	customer := f.dial(t).Customer("customers/1")
	f.always("RecordQuestion", &contextv1.RecordQuestionResponse{Revision: 1, ConsistencyToken: "stale"})
	if _, err := customer.RecordQuestion(t.Context(), client.Question{Slot: "zip"}); err != nil {
		t.Fatal(err)
	}
	f.answer("PlanQuestions", func(req proto.Message) (proto.Message, error) {
		if req.(*contextv1.PlanQuestionsRequest).GetConsistency().GetAtLeastAsFresh() != "" {
			return nil, fault.New(fault.Invalid, fault.InvalidConsistencyToken, "of another customer")
		}
		return &contextv1.PlanQuestionsResponse{Revision: 7}, nil
	})
	plan, err := customer.Plan(t.Context(), []string{"zip"})
	if err != nil || plan.Revision != 7 {
		t.Fatalf("got %+v, %v", plan, err)
	}
	if got := f.consistency(t, "PlanQuestions"); got != "full" {
		t.Errorf("instead of the token: %q", got)
	}
	if _, err := customer.Plan(t.Context(), []string{"zip"}); err != nil {
		t.Fatal(err)
	}
	if got := f.consistency(t, "PlanQuestions"); got != "" {
		t.Errorf("the token is still remembered: %q", got)
	}
	if _, err := customer.Plan(t.Context(), []string{"zip"}, client.AtLeast("x")); err == nil {
		t.Error("a token that the program gave was put aside")
	}
}
