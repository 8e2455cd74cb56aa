package server_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
)

// butRevisions leaves out what tells one revision from another, and what an answer rests on.
var butRevisions = cmp.Options{
	protocmp.Transform(),
	protocmp.IgnoreFields(&contextv1.CustomerContext{}, "revision", "revision_time", "consistency_token", "freshness", "sections"),
}

func (n *node) see(customer string) *contextv1.CustomerContext {
	n.t.Helper()
	return must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: customer}))(n.t)
}

func (n *node) know(customer, slot, value string) {
	n.t.Helper()
	n.clock.Advance(time.Second)
	must(n.RecordFacts(n.ctx(), &contextv1.RecordFactsRequest{
		Customer: customer, Facts: []*contextv1.FactInput{{Slot: slot, Value: value}},
	}))(n.t)
}

func (n *node) merge(surviving, merged string) *contextv1.MergeCustomersResponse {
	n.t.Helper()
	return must(n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{SurvivingCustomer: surviving, MergedCustomer: merged}))(n.t)
}

func (n *node) unmerge(surviving, id string) *contextv1.UnmergeCustomersResponse {
	n.t.Helper()
	return must(n.UnmergeCustomers(n.ctx(), &contextv1.UnmergeCustomersRequest{SurvivingCustomer: surviving, MergeId: id}))(n.t)
}

// values are the facts of a context, by name.
func values(c *contextv1.CustomerContext) map[string]string {
	all := map[string]string{}
	for _, f := range c.GetFacts() {
		all[f.GetDisplayName()] = f.GetValue()
	}
	return all
}

func merges(c *contextv1.CustomerContext) []string {
	var all []string
	for _, m := range c.GetMerges() {
		all = append(all, m.GetMergedCustomer())
	}
	slices.Sort(all)
	return all
}

// TestAWrongMergeUndone is the story: two people who share a telephone are taken for one, and parted again.
func TestAWrongMergeUndone(t *testing.T) {
	n := run(t)
	ada := n.resolve(call("c1", phone("+12025550101"))).GetCustomer()
	bob := n.resolve(call("c2", email("bob@example.org"))).GetCustomer()
	n.know(ada, "city", "Oslo")
	n.know(bob, "city", "Rome")
	n.know(bob, "size", "XL")
	adaBefore, bobBefore := n.see(ada), n.see(bob)

	preview := must(n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{
		SurvivingCustomer: ada, MergedCustomer: bob, DryRun: true,
	}))(t)
	want := &contextv1.MergeCustomersResponse{
		Merge:       &contextv1.Merge{MergedCustomer: bob},
		Identifiers: []*logv1.Identifier{phone("+12025550101"), email("bob@example.org")},
		Conflicts:   []*contextv1.MergeConflict{{Slot: "city", SurvivingValue: "Oslo", MergedValue: "Rome"}},
		FactsTotal:  2, InteractionsTotal: 2, Revision: adaBefore.GetRevision(), ConsistencyToken: adaBefore.GetConsistencyToken(),
	}
	if diff := cmp.Diff(want, preview, protocmp.Transform(), protocmp.IgnoreFields(&contextv1.MergeConflict{}, "sensitivity")); diff != "" {
		t.Errorf("dry run (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(adaBefore, n.see(ada), butRevisions); diff != "" {
		t.Errorf("a dry run changed something:\n%s", diff)
	}

	n.clock.Advance(time.Minute)
	done := must(n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{
		SurvivingCustomer: ada, MergedCustomer: bob, Reason: "same telephone",
		Origin: &contextv1.Origin{InteractionId: "genesys:c1", Actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT, Id: "kim"}},
	}))(t)
	if len(done.GetConflicts()) != 1 || done.GetMerge().GetMergeTime() == nil || done.GetMerge().GetMergeId() == "" {
		t.Errorf("merge: %v", done)
	}
	for _, name := range []string{ada, bob} {
		both := must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: name, Consistency: atLeast(done.GetConsistencyToken())}))(t)
		if both.GetCustomer() != ada || both.GetRevision() != done.GetRevision() || both.GetInteractionsTotal() != 2 {
			t.Errorf("%s: %v", name, both)
		}
		if diff := cmp.Diff(map[string]string{"city": "Rome", "size": "XL"}, values(both)); diff != "" {
			t.Errorf("facts of both (-want +got):\n%s", diff)
		}
		if got := both.GetRequestedCustomer(); (got == bob) != (name == bob) {
			t.Errorf("asked for %s, requested %q", name, got)
		}
		if diff := cmp.Diff([]*contextv1.Merge{done.GetMerge()}, both.GetMerges(), protocmp.Transform()); diff != "" {
			t.Errorf("merges:\n%s", diff)
		}
	}

	n.clock.Advance(time.Minute)
	parted := n.unmerge(ada, done.GetMerge().GetMergeId())
	if parted.GetMergedCustomer() != bob {
		t.Errorf("parted: %v", parted)
	}
	for name, before := range map[string]*contextv1.CustomerContext{ada: adaBefore, bob: bobBefore} {
		if diff := cmp.Diff(before, n.see(name), butRevisions); diff != "" {
			t.Errorf("%s is not what it was (-before +after):\n%s", name, diff)
		}
	}
	must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: bob, Consistency: atLeast(parted.GetMergedConsistencyToken())}))(t)
	_, err := n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: bob, Consistency: atLeast(parted.GetConsistencyToken())})
	wantReason(t, err, "INVALID_CONSISTENCY_TOKEN")
	_, err = n.UnmergeCustomers(n.ctx(), &contextv1.UnmergeCustomersRequest{SurvivingCustomer: ada, MergeId: done.GetMerge().GetMergeId()})
	wantReason(t, err, "MERGE_NOT_FOUND")
}

// What was written to either name while they were one belongs to the name that it was written to.
func TestWritesGoToTheNamedHistory(t *testing.T) {
	n := run(t)
	n.know("customers/a", "city", "Oslo")
	n.know("customers/b", "size", "XL")
	id := n.merge("customers/a", "customers/b").GetMerge().GetMergeId()
	n.see("customers/a") // what was put together must not outlive a change of either
	n.know("customers/b", "city", "Rome")
	if got := values(n.see("customers/a"))["city"]; got != "Rome" {
		t.Errorf("a shows %s", got)
	}
	n.know("customers/a", "size", "M")
	for _, name := range []string{"customers/a", "customers/b"} {
		if diff := cmp.Diff(map[string]string{"city": "Rome", "size": "M"}, values(n.see(name))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	n.unmerge("customers/a", id)
	for name, want := range map[string]map[string]string{
		"customers/a": {"city": "Oslo", "size": "M"}, "customers/b": {"city": "Rome", "size": "XL"},
	} {
		if diff := cmp.Diff(want, values(n.see(name))); diff != "" {
			t.Errorf("%s parted (-want +got):\n%s", name, diff)
		}
	}
}

// Merges of merged customers: a has taken b in, and c takes a in. Any of the two can be undone by the name of c.
func TestChainsOfMerges(t *testing.T) {
	n := run(t)
	for _, name := range []string{"a", "b", "c"} {
		n.know("customers/"+name, name, "x")
	}
	first := n.merge("customers/a", "customers/b").GetMerge().GetMergeId()
	second := n.merge("customers/c", "customers/a").GetMerge().GetMergeId()
	for _, name := range []string{"a", "b", "c"} {
		got := n.see("customers/" + name)
		if got.GetCustomer() != "customers/c" || len(got.GetFacts()) != 3 {
			t.Errorf("%s leads to %v", name, got)
		}
		if diff := cmp.Diff([]string{"customers/a", "customers/b"}, merges(got)); diff != "" {
			t.Errorf("merges of %s:\n%s", name, diff)
		}
	}
	n.clock.Advance(time.Minute)
	req := &contextv1.UnmergeCustomersRequest{SurvivingCustomer: "customers/c", MergeId: first, RequestId: "1"}
	for range 2 {
		if got := must(n.UnmergeCustomers(n.ctx(), req))(t); got.GetMergedCustomer() != "customers/b" {
			t.Errorf("parted %v", got)
		}
	}
	if diff := cmp.Diff([]string{"customers/a"}, merges(n.see("customers/a"))); diff != "" {
		t.Errorf("merges of c:\n%s", diff)
	}
	if got := n.see("customers/b"); got.GetCustomer() != "customers/b" || len(got.GetFacts()) != 1 {
		t.Errorf("b: %v", got)
	}
	n.unmerge("customers/c", second)
	if got := n.see("customers/a"); got.GetCustomer() != "customers/a" || len(got.GetFacts()) != 1 {
		t.Errorf("a: %v", got)
	}
}

func TestMergeIsIdempotentByRequestID(t *testing.T) {
	n := run(t)
	for _, name := range []string{"a", "b", "c"} {
		n.know("customers/"+name, name, "x")
	}
	req := &contextv1.MergeCustomersRequest{SurvivingCustomer: "customers/a", MergedCustomer: "customers/b", RequestId: "r1"}
	first := must(n.MergeCustomers(n.ctx(), req))(t)
	n.clock.Advance(time.Minute)
	again := must(n.MergeCustomers(n.ctx(), req))(t)
	if diff := cmp.Diff(first.GetMerge(), again.GetMerge(), protocmp.Transform()); diff != "" {
		t.Errorf("another merge (-first +again):\n%s", diff)
	}
	for _, other := range []*contextv1.MergeCustomersRequest{
		{SurvivingCustomer: "customers/a", MergedCustomer: "customers/c", RequestId: "r1"},
		{SurvivingCustomer: "customers/c", MergedCustomer: "customers/b", RequestId: "r1"},
	} {
		_, err := n.MergeCustomers(n.ctx(), other)
		wantReason(t, err, "REQUEST_ID_REUSED")
	}
	undo := &contextv1.UnmergeCustomersRequest{SurvivingCustomer: "customers/a", MergeId: first.GetMerge().GetMergeId(), RequestId: "u1"}
	parted := must(n.UnmergeCustomers(n.ctx(), undo))(t)
	if diff := cmp.Diff(parted, must(n.UnmergeCustomers(n.ctx(), undo))(t), protocmp.Transform()); diff != "" {
		t.Errorf("another answer:\n%s", diff)
	}
	undo.MergeId = "another"
	_, err := n.UnmergeCustomers(n.ctx(), undo)
	wantReason(t, err, "REQUEST_ID_REUSED")
	// The request is done, and undone: to repeat it merges nothing.
	must(n.MergeCustomers(n.ctx(), req))(t)
	if got := n.see("customers/b"); got.GetCustomer() != "customers/b" || len(n.see("customers/a").GetMerges()) != 0 {
		t.Errorf("b leads to %s", got.GetCustomer())
	}
	if a, b := len(n.log.Events("customers/a")), len(n.log.Events("customers/b")); a != 3 || b != 3 {
		t.Errorf("%d and %d events, want a fact, a merge and its end in each", a, b)
	}
}

func TestQuestionsAreJudgedByAllThatIsKnown(t *testing.T) {
	n := run(t)
	n.know("customers/a", "city", "Oslo")
	n.know("customers/b", "size", "XL")
	n.merge("customers/a", "customers/b")
	n.clock.Advance(time.Second)
	for i, name := range []string{"customers/a", "customers/b"} {
		for _, slot := range []string{"city", "size"} {
			req := &contextv1.RecordQuestionRequest{Customer: name, Slot: slot, RequestId: fmt.Sprint(slot, i)}
			first := must(n.RecordQuestion(n.ctx(), req))(t)
			if !first.GetRepeat() || first.GetKnownFact().GetValue() == "" {
				t.Errorf("%s asked for %s: %v", name, slot, first)
			}
			again := must(n.RecordQuestion(n.ctx(), req))(t)
			if again.GetRepeat() != first.GetRepeat() || again.GetKnownFact().GetValue() != first.GetKnownFact().GetValue() {
				t.Errorf("%s asked for %s, sent again: %v", name, slot, again)
			}
		}
	}
	avoided := must(n.RecordQuestion(n.ctx(), &contextv1.RecordQuestionRequest{
		Customer: "customers/b", Slot: "city", Action: contextv1.QuestionAction_QUESTION_ACTION_AVOIDED,
	}))(t)
	if avoided.GetKnownFact().GetValue() != "Oslo" {
		t.Errorf("avoided: %v", avoided)
	}
	plan := must(n.PlanQuestions(n.ctx(), &contextv1.PlanQuestionsRequest{
		Customer: "customers/b", Slots: []*contextv1.SlotRequest{{Slot: "city"}},
	}))(t)
	if p := plan.GetPlans()[0]; p.GetDecision() != contextv1.Decision_DECISION_USE || p.GetValue() != "Oslo" {
		t.Errorf("plan: %v", p)
	}
	n.settle()
	if got := n.see("customers/a").GetRepeats(); got.GetRepeats() != 4 || got.GetQuestionsAsked() != 4 || got.GetQuestionsAvoided() != 1 {
		t.Errorf("repeats: %v", got)
	}
}

// The same after the store was thrown away, and warm reads of merged customers call nobody.
func TestMergesSurviveARebuild(t *testing.T) {
	n := run(t)
	names := []string{"customers/a", "customers/b", "customers/c"}
	for i, name := range names {
		n.know(name, fmt.Sprint("slot", i), "x")
	}
	n.merge("customers/a", "customers/b")
	n.unmerge("customers/a", n.merge("customers/a", "customers/c").GetMerge().GetMergeId())
	n.settle()
	other := n.start(memstore.New())
	other.settle()
	for _, name := range names {
		if diff := cmp.Diff(n.see(name), other.see(name), butRevisions); diff != "" {
			t.Errorf("%s rebuilt (-before +after):\n%s", name, diff)
		}
	}
	n.log.ResetCalls()
	for range 3 {
		other.see("customers/a")
		other.see("customers/b")
	}
	if got := n.log.Calls("ListEvents"); got != 0 {
		t.Errorf("warm reads asked the log %d times", got)
	}
}

func TestWhatStandsAgainstAMerge(t *testing.T) {
	n := run(t)
	crm := func(v string) *logv1.Identifier {
		return &logv1.Identifier{Type: logv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: v}
	}
	one := n.resolve(call("c1", crm("1"))).GetCustomer()
	two := n.resolve(call("c2", crm("2"))).GetCustomer()
	three := n.resolve(call("c3", phone("+12025550103"))).GetCustomer()
	four := n.resolve(call("c4", phone("+12025550104"))).GetCustomer()
	n.merge(one, three)
	for name, c := range map[string]struct {
		surviving, merged string
		kinds             []contextv1.MergeCollisionKind
		reason            string
	}{
		"two CRM ids": {one, two, []contextv1.MergeCollisionKind{contextv1.MergeCollisionKind_MERGE_COLLISION_KIND_IDENTIFIER_LIMIT}, "MERGE_COLLISION"},
		"merged away": {four, three, []contextv1.MergeCollisionKind{contextv1.MergeCollisionKind_MERGE_COLLISION_KIND_ALREADY_MERGED}, "MERGE_COLLISION"},
		"no root":     {three, four, []contextv1.MergeCollisionKind{contextv1.MergeCollisionKind_MERGE_COLLISION_KIND_ALREADY_MERGED}, "MERGE_COLLISION"},
		"again":       {one, three, nil, "MERGE_WITH_ITSELF"},
		"turned":      {three, one, nil, "MERGE_WITH_ITSELF"},
		"itself":      {one, one, nil, "MERGE_WITH_ITSELF"},
		"nobody":      {one, "customers/nobody", nil, "CUSTOMER_NOT_FOUND"},
		"into nobody": {"customers/nobody", four, nil, "CUSTOMER_NOT_FOUND"},
	} {
		before := len(n.log.Events(c.surviving)) + len(n.log.Events(c.merged))
		req := &contextv1.MergeCustomersRequest{SurvivingCustomer: c.surviving, MergedCustomer: c.merged}
		_, err := n.MergeCustomers(n.ctx(), req)
		wantReason(t, err, c.reason)
		req.DryRun = true
		preview, err := n.MergeCustomers(n.ctx(), req)
		if c.kinds == nil {
			wantReason(t, err, c.reason)
		}
		var kinds []contextv1.MergeCollisionKind
		for _, x := range preview.GetCollisions() {
			kinds = append(kinds, x.GetKind())
		}
		if diff := cmp.Diff(c.kinds, kinds); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if after := len(n.log.Events(c.surviving)) + len(n.log.Events(c.merged)); after != before {
			t.Errorf("%s: %d events were written", name, after-before)
		}
	}
}

func TestNoMoreThanTwentyAreOne(t *testing.T) {
	n := run(t)
	for i := range 21 {
		n.know(fmt.Sprint("customers/c", i), fmt.Sprint("slot", i), "x")
	}
	for i := range 19 {
		n.merge("customers/c0", fmt.Sprint("customers/c", i+1))
	}
	if got := n.see("customers/c7"); len(got.GetFacts()) != 20 || len(got.GetMerges()) != 19 {
		t.Errorf("%d facts, %d merges", len(got.GetFacts()), len(got.GetMerges()))
	}
	_, err := n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{SurvivingCustomer: "customers/c0", MergedCustomer: "customers/c20"})
	wantReason(t, err, "MERGE_COLLISION")
}
