package server_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const erased = "CUSTOMER_ERASED"

func (n *node) erase(customer string) (*contextv1.EraseCustomerResponse, error) {
	return n.EraseCustomer(n.ctx(), &contextv1.EraseCustomerRequest{Customer: customer, Reason: "request 4711"})
}

// names are those of an answer, in its order, with their events.
func names(resp *contextv1.EraseCustomerResponse) []string {
	var all []string
	for _, c := range resp.GetCustomers() {
		all = append(all, fmt.Sprintf("%s %d %t", c.GetCustomer(), c.GetEvents(), c.GetEraseTime() != nil))
	}
	return all
}

// calls are all RPCs about a customer, by name: what each gives for it, or for what it has.
func (n *node) calls(customer, token string) map[string]func() (proto.Message, error) {
	ctx := n.ctx()
	origin := originIn("i9", "kim")
	handoff, matter := customer+"/handoffs/"+strings.Repeat("a", 26), customer+"/cases/k1"
	return map[string]func() (proto.Message, error){
		"GetContext": func() (proto.Message, error) {
			return n.GetContext(ctx, &contextv1.GetContextRequest{Customer: customer})
		},
		"GetContext of a token": func() (proto.Message, error) {
			return n.GetContext(ctx, &contextv1.GetContextRequest{HandoffToken: token})
		},
		"GetFlatContext": func() (proto.Message, error) {
			return n.GetFlatContext(ctx, &contextv1.GetFlatContextRequest{Customer: customer, Slots: []string{"city"}})
		},
		"PlanQuestions": func() (proto.Message, error) {
			return n.PlanQuestions(ctx, &contextv1.PlanQuestionsRequest{Customer: customer, Slots: []*contextv1.SlotRequest{{Slot: "city"}}})
		},
		"RecordFacts": func() (proto.Message, error) {
			return n.RecordFacts(ctx, &contextv1.RecordFactsRequest{Customer: customer, Facts: []*contextv1.FactInput{fact("city", "Rome")}})
		},
		"RecordQuestion": func() (proto.Message, error) {
			return n.RecordQuestion(ctx, &contextv1.RecordQuestionRequest{Customer: customer, Slot: "city", RequestId: "q"})
		},
		"WatchContext": func() (proto.Message, error) {
			s, err := n.WatchContext(ctx, &contextv1.WatchContextRequest{Customer: customer})
			if err != nil {
				return nil, err
			}
			return s.Recv()
		},
		"RecordVerification": func() (proto.Message, error) {
			return n.RecordVerification(ctx, &contextv1.RecordVerificationRequest{
				Customer: customer, Method: "pin", Result: logv1.VerificationResult_VERIFICATION_RESULT_FAILED,
			})
		},
		"CheckVerification": func() (proto.Message, error) {
			return n.CheckVerification(ctx, &contextv1.CheckVerificationRequest{Customer: customer, Demand: &contextv1.CheckVerificationRequest_Requirement{
				Requirement: &contextv1.VerificationRequirement{MinLevel: levelSingle},
			}})
		},
		"CreateHandoff": func() (proto.Message, error) {
			return n.CreateHandoff(ctx, &contextv1.CreateHandoffRequest{Customer: customer, Target: "billing", Origin: origin})
		},
		"GetHandoff": func() (proto.Message, error) {
			return n.GetHandoff(ctx, &contextv1.GetHandoffRequest{Name: handoff})
		},
		"GetHandoff of a token": func() (proto.Message, error) {
			return n.GetHandoff(ctx, &contextv1.GetHandoffRequest{Token: token})
		},
		"AcceptHandoff": func() (proto.Message, error) {
			return n.AcceptHandoff(ctx, &contextv1.AcceptHandoffRequest{Name: handoff, Origin: origin})
		},
		"AcceptHandoff of a token": func() (proto.Message, error) {
			return n.AcceptHandoff(ctx, &contextv1.AcceptHandoffRequest{Token: token, Origin: origin})
		},
		"AcknowledgeHandoff": func() (proto.Message, error) {
			return n.AcknowledgeHandoff(ctx, &contextv1.AcknowledgeHandoffRequest{Name: handoff, ReadAll: true, Origin: origin})
		},
		"CompleteHandoff": func() (proto.Message, error) {
			return n.CompleteHandoff(ctx, &contextv1.CompleteHandoffRequest{Name: handoff, Origin: origin})
		},
		"DeclineHandoff": func() (proto.Message, error) {
			return n.DeclineHandoff(ctx, &contextv1.DeclineHandoffRequest{Name: handoff, Origin: origin})
		},
		"CancelHandoff": func() (proto.Message, error) {
			return n.CancelHandoff(ctx, &contextv1.CancelHandoffRequest{Name: handoff, Origin: origin})
		},
		"OpenCase": func() (proto.Message, error) {
			return n.OpenCase(ctx, &contextv1.OpenCaseRequest{Customer: customer, Case: &contextv1.Case{Subject: "again"}, Origin: origin})
		},
		"GetCase": func() (proto.Message, error) { return n.GetCase(ctx, &contextv1.GetCaseRequest{Name: matter}) },
		"UpdateCase": func() (proto.Message, error) {
			return n.UpdateCase(ctx, &contextv1.UpdateCaseRequest{Case: &contextv1.Case{Name: matter, Status: "waiting"}, Origin: origin})
		},
		"ResolveCase": func() (proto.Message, error) {
			return n.ResolveCase(ctx, &contextv1.ResolveCaseRequest{Name: matter, Origin: origin})
		},
		"ReopenCase": func() (proto.Message, error) {
			return n.ReopenCase(ctx, &contextv1.ReopenCaseRequest{Name: matter, Origin: origin})
		},
		"MergeCustomers": func() (proto.Message, error) {
			return n.MergeCustomers(ctx, &contextv1.MergeCustomersRequest{SurvivingCustomer: customer, MergedCustomer: "customers/other"})
		},
		"MergeCustomers as the other": func() (proto.Message, error) {
			return n.MergeCustomers(ctx, &contextv1.MergeCustomersRequest{SurvivingCustomer: "customers/other", MergedCustomer: customer})
		},
		"MergeCustomers in a dry run": func() (proto.Message, error) {
			return n.MergeCustomers(ctx, &contextv1.MergeCustomersRequest{SurvivingCustomer: "customers/other", MergedCustomer: customer, DryRun: true})
		},
		"UnmergeCustomers": func() (proto.Message, error) {
			return n.UnmergeCustomers(ctx, &contextv1.UnmergeCustomersRequest{SurvivingCustomer: customer, MergeId: "m"})
		},
		"ExportCustomer": func() (proto.Message, error) {
			s, err := n.ExportCustomer(ctx, &contextv1.ExportCustomerRequest{Customer: customer})
			if err != nil {
				return nil, err
			}
			return s.Recv()
		},
	}
}

// notOfCustomers are the RPCs that are not about a customer whom the request names, and EraseCustomer.
var notOfCustomers = []string{
	"ResolveCustomer", "EraseCustomer", "GetPolicy", "UpdatePolicy", "CreateSlot", "GetSlot", "ListSlots", "UpdateSlot", "DeleteSlot",
}

// wantGone checks that no RPC tells anything of a customer, or takes anything for it.
func (n *node) wantGone(customer, token, secret string) {
	n.t.Helper()
	calls := n.calls(customer, token)
	for _, m := range contextv1.ContextService_ServiceDesc.Methods {
		if _, ok := calls[m.MethodName]; !ok && !slices.Contains(notOfCustomers, m.MethodName) {
			n.t.Errorf("no case for %s", m.MethodName)
		}
	}
	for name, call := range calls {
		msg, err := call()
		switch {
		case name == "GetFlatContext":
			if flat, ok := msg.(*contextv1.FlatContext); err != nil || !ok || flat.GetStatus() != contextv1.FlatStatus_FLAT_STATUS_UNKNOWN {
				n.t.Errorf("%s: %v, %v", name, msg, err)
			}
		case strings.HasSuffix(name, "of a token"):
			wantReason(n.t, err, "HANDOFF_NOT_FOUND")
		case status.Code(err) != codes.NotFound || reasonOf(err) != erased:
			n.t.Errorf("%s: %v, %v", name, msg, err)
		}
		if said := fmt.Sprint(msg, err); strings.Contains(said, secret) {
			n.t.Errorf("%s tells: %s", name, said)
		}
	}
}

const planted = "Zanzibar"

// plant makes a customer with something of everything, and returns its name and the token of its handoff.
func (n *node) plant() (customer, token string) {
	n.t.Helper()
	who := must(n.ResolveCustomer(n.ctx(), called("+12025550123", "call-1")))(n.t)
	n.know(who.GetCustomer(), "city", planted)
	n.know("customers/twin", "city", planted)
	n.know("customers/other", "city", "Oslo")
	n.merge(who.GetCustomer(), "customers/twin")
	must(n.OpenCase(n.ctx(), &contextv1.OpenCaseRequest{Customer: who.GetCustomer(), Case: &contextv1.Case{Subject: planted}, CaseId: "k1"}))(n.t)
	offer := must(n.CreateHandoff(n.ctx(), &contextv1.CreateHandoffRequest{
		Customer: who.GetCustomer(), Target: "billing", Summary: planted, Origin: originIn("i1", "kim"),
	}))(n.t)
	return who.GetCustomer(), offer.GetToken()
}

func called(number, contact string) *contextv1.ResolveCustomerRequest {
	return &contextv1.ResolveCustomerRequest{
		Identifiers: []*logv1.Identifier{phone(number)}, Channel: logv1.Channel_CHANNEL_VOICE,
		PlatformContact: &contextv1.PlatformContact{Platform: "genesys", ContactId: contact},
	}
}

// Nothing is left of who was erased: not in any answer, not after a start from the same store, not when the view is
// built again from what is left in the log. Others are as before, and who calls with the same telephone is new.
func TestErasedCustomerIsNowhere(t *testing.T) {
	w := newWorld(t)
	store := memstore.New()
	n := w.start(store)
	n.ready()
	customer, token := n.plant()
	watch := must(n.WatchContext(n.ctx(), &contextv1.WatchContextRequest{Customer: customer}))(t)
	if !strings.Contains(fmt.Sprint(received(t, watch)), planted) {
		t.Fatal("the watch does not tell what is to be erased")
	}
	other := n.see("customers/other")

	resp := must(n.erase(customer))(t)
	want := []string{customer + " 6 true", "customers/twin 2 true"}
	if diff := cmp.Diff(want, names(resp)); diff != "" {
		t.Errorf("erased (-want +got):\n%s", diff)
	}
	for err := error(nil); ; {
		var msg *contextv1.WatchContextResponse
		if msg, err = watch.Recv(); err != nil {
			wantReason(t, err, erased)
			break
		}
		if len(msg.GetContext().GetMerges()) > 0 {
			t.Errorf("the watch still tells of the other: %v", msg)
		}
	}
	fresh := must(n.ResolveCustomer(n.ctx(), called("+12025550123", "call-2")))(t)
	if !fresh.GetCreated() || fresh.GetCustomer() == customer {
		t.Errorf("the same telephone: %v", fresh)
	}
	again := must(n.ResolveCustomer(n.ctx(), called("+12025550177", "call-1")))(t)
	if again.GetCustomer() == customer || !again.GetCreated() {
		t.Errorf("a contact of who was erased: %v", again)
	}
	n.followed()
	n.stop()
	for name, node := range map[string]*node{"at once": n, "from the store": w.start(store), "from the log": w.start(memstore.New())} {
		node.ready()
		t.Log(name)
		node.wantGone(customer, token, planted)
		node.wantGone("customers/twin", token, planted)
		if diff := cmp.Diff(other, node.see("customers/other"), butRevisions); diff != "" {
			t.Errorf("another customer (-before +after):\n%s", diff)
		}
		if got := must(node.GetContext(node.ctx(), &contextv1.GetContextRequest{Identifier: phone("+12025550123")}))(t); got.GetCustomer() != fresh.GetCustomer() {
			t.Errorf("the telephone leads to %s, want %s", got.GetCustomer(), fresh.GetCustomer())
		}
		repeated := must(node.erase(customer))(t)
		if len(repeated.GetCustomers()) != 1 || !proto.Equal(repeated.GetCustomers()[0], resp.GetCustomers()[0]) {
			t.Errorf("erased again: %v, want %v", repeated, resp.GetCustomers()[0])
		}
	}
}

func TestEraseDryRunChangesNothing(t *testing.T) {
	n := run(t)
	customer, _ := n.plant()
	before := n.see(customer)
	n.log.ResetCalls()
	resp := must(n.EraseCustomer(n.ctx(), &contextv1.EraseCustomerRequest{Customer: "customers/twin", DryRun: true}))(t)
	if diff := cmp.Diff([]string{"customers/twin 2 false", customer + " 6 false"}, names(resp)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n.log.Calls("EraseHistory")+n.log.Calls("AppendEvents") > 0 {
		t.Error("a dry run wrote")
	}
	if diff := cmp.Diff(before, n.see(customer), butRevisions); diff != "" {
		t.Errorf("changed:\n%s", diff)
	}
}

func TestEraseOfNobody(t *testing.T) {
	n := run(t)
	for _, customer := range []string{"customers/nobody"} {
		_, err := n.erase(customer)
		wantReason(t, err, "CUSTOMER_NOT_FOUND")
	}
	_, err := n.erase("customers/_slots")
	wantReason(t, err, fault.InvalidRequest)
}

func TestEraseNeedsTheLog(t *testing.T) {
	n := run(t)
	customer, _ := n.plant()
	before := n.see(customer)
	n.followed()
	n.log.Down()
	for _, dry := range []bool{true, false} {
		_, err := n.EraseCustomer(n.ctx(), &contextv1.EraseCustomerRequest{Customer: customer, DryRun: dry})
		wantReason(t, err, fault.ServiceUnavailable)
	}
	n.log.Up()
	if diff := cmp.Diff(before, n.see(customer), butRevisions); diff != "" {
		t.Errorf("changed:\n%s", diff)
	}
}

// tree merges d into c, b into a, c into a and a into root; e is merged into root, too.
func (n *node) tree() []string {
	all := []string{"customers/root", "customers/a", "customers/b", "customers/c", "customers/d", "customers/e"}
	for _, c := range all {
		n.know(c, "city", planted)
	}
	for _, m := range [][2]string{{"c", "d"}, {"a", "b"}, {"a", "c"}, {"root", "a"}, {"root", "e"}} {
		n.merge("customers/"+m[0], "customers/"+m[1])
	}
	return all
}

// A call that is cut off wherever it may be is repeated by the same name, and erases all who were one with it.
func TestEraseThatWasCutOffIsRepeated(t *testing.T) {
	for _, named := range []string{"root", "a", "b", "c", "d", "e"} {
		for good := range 6 {
			t.Run(fmt.Sprint(named, " after ", good), func(t *testing.T) {
				n := run(t)
				all := n.tree()
				left := good
				n.log.Intercept(func(_ context.Context, method string) error {
					if method == "EraseHistory" {
						if left--; left < 0 {
							return logfake.Unavailable()
						}
					}
					return nil
				})
				_, err := n.erase("customers/" + named)
				wantReason(t, err, fault.ServiceUnavailable)
				n.log.Up()
				resp := must(n.erase("customers/" + named))(t)
				if got := len(resp.GetCustomers()); got != len(all)-good {
					t.Errorf("%d are erased by the second call: %v", got, resp)
				}
				for _, c := range all {
					if events := n.log.Events(c); events[len(events)-1].GetCustomerErased() == nil {
						t.Errorf("%s is not erased", c)
					}
					_, err := n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: c})
					wantReason(t, err, erased)
				}
			})
		}
	}
}

// The log has erased a customer, and this server does not know yet.
func (n *node) eraseBehind(customer string) {
	n.t.Helper()
	n.followed()
	n.log.StallTails()
	if _, err := n.log.Erase(auth.DefaultTenant, customer, ""); err != nil {
		n.t.Fatal(err)
	}
}

func TestWritesMeetTheErasureInTheLog(t *testing.T) {
	for _, name := range []string{
		"RecordFacts", "RecordQuestion", "RecordVerification", "CreateHandoff", "OpenCase", "UpdateCase", "ResolveCase",
		"MergeCustomers", "MergeCustomers as the other", "ExportCustomer",
	} {
		t.Run(name, func(t *testing.T) {
			n := run(t)
			customer, token := n.plant()
			n.eraseBehind(customer)
			_, err := n.calls(customer, token)[name]()
			if status.Code(err) != codes.NotFound || reasonOf(err) != erased {
				t.Errorf("got %v", err)
			}
			if metaOf(err)["erase_time"] == "" {
				t.Errorf("no erase_time: %v", metaOf(err))
			}
			_, err = n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: customer})
			wantReason(t, err, erased)
		})
	}
}

// A claim that names one who was erased a moment ago leads to a new customer, without waiting for the follower.
func TestResolveMeetsTheErasureInTheLog(t *testing.T) {
	n := run(t)
	customer, _ := n.plant()
	n.eraseBehind(customer)
	got := must(n.ResolveCustomer(n.ctx(), called("+12025550123", "call-2")))(t)
	if !got.GetCreated() || got.GetCustomer() == customer {
		t.Errorf("got %v", got)
	}
	if same := must(n.ResolveCustomer(n.ctx(), called("+12025550123", "call-2")))(t); same.GetCustomer() != got.GetCustomer() {
		t.Errorf("again: %v", same)
	}
}

// Who was merged into one who is erased otherwise stands alone, and can be merged anew.
func TestWhoIsLeftOfAMergeStandsAlone(t *testing.T) {
	n := run(t)
	n.know("customers/left", "city", "Oslo")
	n.know("customers/gone", "city", planted)
	n.know("customers/other", "zip", "0150")
	n.merge("customers/gone", "customers/left")
	n.see("customers/left")
	n.eraseBehind("customers/gone")
	n.log.Resume()
	n.followed()
	if got := n.see("customers/left"); got.GetCustomer() != "customers/left" || values(got)["city"] != "Oslo" || got.GetFreshness().GetDegraded() {
		t.Errorf("got %v", got)
	}
	n.merge("customers/other", "customers/left")
	if got := values(n.see("customers/left")); got["city"] != "Oslo" || got["zip"] != "0150" {
		t.Errorf("merged anew: %v", got)
	}
	if text := prototext.Format(n.see("customers/other")); strings.Contains(text, planted) {
		t.Errorf("tells of who was erased: %s", text)
	}
}

// A watch of one who is one with who is erased, and is not erased itself, goes on without the other.
func TestWatchOfWhoIsLeft(t *testing.T) {
	n := run(t)
	n.know("customers/1", "city", "Oslo")
	n.know("customers/gone", "zip", planted)
	n.merge("customers/1", "customers/gone")
	n.followed()
	stream, _ := n.watch("")
	if !strings.Contains(fmt.Sprint(received(t, stream)), planted) {
		t.Fatal("the watch does not tell of both")
	}
	if _, err := n.log.Erase(auth.DefaultTenant, "customers/gone", ""); err != nil {
		t.Fatal(err)
	}
	for {
		got := received(t, stream)
		if slices.Contains(got.GetChangedSections(), sectionFacts) {
			if len(got.GetContext().GetFacts()) != 1 {
				t.Errorf("got %v", got.GetContext().GetFacts())
			}
			return
		}
	}
}

// Nobody makes two customers one while one of them is erased: the merge comes before, or is refused.
func TestEraseAndMergeAtTheSameTime(t *testing.T) {
	n := run(t)
	for i := range 10 {
		a, b := fmt.Sprint("customers/a", i), fmt.Sprint("customers/b", i)
		n.know(a, "city", "Oslo")
		n.know(b, "zip", "0150")
		merging := make(chan error, 1)
		go func() {
			_, err := n.MergeCustomers(n.ctx(), &contextv1.MergeCustomersRequest{SurvivingCustomer: a, MergedCustomer: b})
			merging <- err
		}()
		resp := must(n.erase(a))(t)
		err := <-merging
		_, left := n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: b})
		switch {
		case err == nil:
			wantReason(t, left, erased)
		case len(resp.GetCustomers()) == 2:
			t.Errorf("the merge was refused (%v), and both are erased", err)
		default:
			wantReason(t, err, erased)
			if left != nil {
				t.Errorf("the other is gone: %v", left)
			}
		}
	}
}

// Another tenant's customer of the same name is another one.
func TestEraseKeepsTenantsApart(t *testing.T) {
	n := run(t)
	if _, err := n.log.AppendFor("north", "customers/c1", stated("e1", "city", "Oslo")); err != nil {
		t.Fatal(err)
	}
	n.followed()
	_, err := n.erase("customers/c1")
	wantReason(t, err, "CUSTOMER_NOT_FOUND")
	n.know("customers/c1", "city", planted)
	must(n.erase("customers/c1"))(t)
	if got := n.log.EventsOf("north", "customers/c1"); len(got) != 1 || got[0].GetFactStated().GetValue() != "Oslo" {
		t.Errorf("another tenant's history: %v", got)
	}
}

// provokeErasures refuses what is about one who was erased.
func provokeErasures() []provocation {
	erase := func(n *node) {
		n.know("customers/1", "city", "Oslo")
		must(n.erase("customers/1"))(n.t)
	}
	return []provocation{
		{erased, "GetContext", "a desktop that still shows the customer", func(n *node) error {
			erase(n)
			_, err := n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: "customers/1"})
			return err
		}},
		{erased, "RecordFacts", "a fact that was on its way while its customer was erased", func(n *node) error {
			n.know("customers/1", "city", "Oslo")
			n.eraseBehind("customers/1")
			_, err := n.RecordFacts(n.ctx(), &contextv1.RecordFactsRequest{
				Customer: "customers/1", Facts: []*contextv1.FactInput{fact("city", "Rome")},
			})
			return err
		}},
		{"SLOW_CONSUMER", "ExportCustomer", "an export that nobody takes", func(n *node) error {
			return slowExport(n, 50*time.Millisecond)
		}},
	}
}
