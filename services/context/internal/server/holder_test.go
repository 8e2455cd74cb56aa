package server_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Of customers who are one, any name leads to a case and to a handoff; they stay in the history in which they are.
func TestAnyNameLeadsToCasesAndHandoffs(t *testing.T) {
	n := run(t)
	ctx := n.ctx()
	n.know("customers/a", "city", "Oslo")
	n.know("customers/b", "size", "XL")
	ofA := must(n.OpenCase(ctx, &contextv1.OpenCaseRequest{Customer: "customers/a", CaseId: "k1", Case: &contextv1.Case{Subject: "a parcel"}}))(t)
	must(n.OpenCase(ctx, &contextv1.OpenCaseRequest{Customer: "customers/b", CaseId: "k2", Case: &contextv1.Case{Subject: "a card"}}))(t)
	h := must(n.CreateHandoff(ctx, &contextv1.CreateHandoffRequest{Customer: "customers/b", Target: "billing"}))(t).GetHandoff()
	byA := "customers/a/handoffs/" + h.GetName()[len("customers/b/handoffs/"):]

	_, err := n.GetCase(ctx, &contextv1.GetCaseRequest{Name: "customers/a/cases/k2"})
	wantReason(t, err, "CASE_NOT_FOUND")
	merge := n.merge("customers/a", "customers/b")
	for name, want := range map[string]string{
		"customers/a/cases/k1": "customers/a/cases/k1", "customers/b/cases/k1": "customers/a/cases/k1",
		"customers/a/cases/k2": "customers/b/cases/k2", "customers/b/cases/k2": "customers/b/cases/k2",
	} {
		if got := must(n.GetCase(ctx, &contextv1.GetCaseRequest{Name: name}))(t); got.GetName() != want {
			t.Errorf("%s is %s, want %s", name, got.GetName(), want)
		}
	}
	_, err = n.GetCase(ctx, &contextv1.GetCaseRequest{Name: "customers/a/cases/k3"})
	wantReason(t, err, "CASE_NOT_FOUND")
	for _, name := range []string{"customers/a", "customers/b"} {
		for _, id := range []string{"k1", "k2"} {
			_, err = n.OpenCase(ctx, &contextv1.OpenCaseRequest{Customer: name, CaseId: id, Case: &contextv1.Case{Subject: "another"}})
			wantReason(t, err, "CASE_EXISTS")
		}
	}
	for range 2 { // the second time it is a repetition
		got := must(n.UpdateCase(ctx, &contextv1.UpdateCaseRequest{RequestId: "u1", Case: &contextv1.Case{
			Name: "customers/b/cases/k1", Status: "searching", Etag: ofA.GetCase().GetEtag(),
		}}))(t)
		if c := got.GetCase(); c.GetName() != "customers/a/cases/k1" || c.GetStatus() != "searching" {
			t.Errorf("changed: %v", c)
		}
	}
	must(n.ResolveCase(ctx, &contextv1.ResolveCaseRequest{Name: "customers/a/cases/k2"}))(t)
	must(n.ReopenCase(ctx, &contextv1.ReopenCaseRequest{Name: "customers/a/cases/k2"}))(t)

	// The token of the context in which it was found is good for a look at the handoff.
	seen := n.see("customers/a")
	fresh := &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: seen.GetConsistencyToken()}}
	for _, name := range []string{seen.GetPendingHandoffs()[0].GetName(), byA} {
		got := must(n.GetHandoff(ctx, &contextv1.GetHandoffRequest{Name: name, Consistency: fresh}))(t)
		if got.GetName() != h.GetName() {
			t.Errorf("%s is %s", name, got.GetName())
		}
	}
	must(n.AcceptHandoff(ctx, &contextv1.AcceptHandoffRequest{Name: byA}))(t)
	must(n.AcknowledgeHandoff(ctx, &contextv1.AcknowledgeHandoffRequest{Name: byA, ReadAll: true}))(t)
	must(n.CompleteHandoff(ctx, &contextv1.CompleteHandoffRequest{Name: byA}))(t)

	n.unmerge("customers/a", merge.GetMerge().GetMergeId())
	_, err = n.GetHandoff(ctx, &contextv1.GetHandoffRequest{Name: byA})
	wantReason(t, err, "HANDOFF_NOT_FOUND")
	_, err = n.GetHandoff(ctx, &contextv1.GetHandoffRequest{Name: h.GetName(), Consistency: fresh})
	wantReason(t, err, "INVALID_CONSISTENCY_TOKEN")
}

// The receiver of a handoff asks for what was handed over by one name or another of the customer: it is asked again.
func TestAskedAgainByAnyName(t *testing.T) {
	n := run(t)
	ctx := n.ctx()
	n.know("customers/a", "city", "Oslo")
	n.know("customers/b", "size", "XL")
	merge := n.merge("customers/a", "customers/b")
	var handoffs []string
	for _, of := range []string{"customers/a", "customers/b"} {
		h := must(n.CreateHandoff(ctx, &contextv1.CreateHandoffRequest{Customer: of, Target: "billing"}))(t).GetHandoff()
		desk := originIn("desk-"+of[len("customers/"):], "ben")
		must(n.AcceptHandoff(ctx, &contextv1.AcceptHandoffRequest{Name: h.GetName(), Origin: desk}))(t)
		for customer, slot := range map[string]string{"customers/a": "city", "customers/b": "size"} {
			n.clock.Advance(time.Second)
			if !must(n.RecordQuestion(ctx, &contextv1.RecordQuestionRequest{Customer: customer, Slot: slot, Origin: desk}))(t).GetRepeat() {
				t.Errorf("%s of %s is no repeat", slot, customer)
			}
		}
		want := []string{"city", "size"}
		shown := map[string]*contextv1.Handoff{"read": n.handoff(h.GetName())}
		for range 2 { // the second time it is a repetition
			shown["completed"] = must(n.CompleteHandoff(ctx, &contextv1.CompleteHandoffRequest{Name: h.GetName(), RequestId: "done-" + of[len("customers/"):]}))(t).GetHandoff()
		}
		for what, got := range shown {
			again := slices.Sorted(slices.Values(got.GetAskedAgainSlots()))
			if diff := cmp.Diff(want, again); diff != "" || got.GetName() != h.GetName() {
				t.Errorf("%s %s: %s", what, got.GetName(), diff)
			}
		}
		handoffs = append(handoffs, h.GetName())
	}
	n.unmerge("customers/a", merge.GetMerge().GetMergeId())
	for _, name := range handoffs {
		if got := n.handoff(name).GetAskedAgainSlots(); len(got) != 1 {
			t.Errorf("parted, %s was asked again for %v", name, got)
		}
	}
}

// A server that is behind asks the log before it says that a case or a handoff is not there, and finds it in the history
// of a customer of whose merge it has not heard. Without the log it cannot tell.
func TestHoldersThatAnotherServerKnows(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(memstore.New()), w.start(memstore.New())
	for _, n := range []*node{a, b} {
		n.ready()
	}
	a.known(cA, cB)
	for _, n := range []*node{a, b} {
		n.followed()
		n.alone(cA, cB)
	}
	var away atomic.Bool
	w.log.Intercept(func(ctx context.Context, method string) error {
		switch {
		case method == "TailEvents":
			<-ctx.Done()
		case away.Load():
			return logfake.Unavailable()
		}
		return nil
	})
	w.log.CutTails()
	ctx := w.ctx()
	for _, id := range []string{"k1", "k2"} {
		must(a.OpenCase(ctx, &contextv1.OpenCaseRequest{Customer: cA, CaseId: id, Case: &contextv1.Case{Subject: "a parcel"}}))(t)
	}
	h := must(a.CreateHandoff(ctx, &contextv1.CreateHandoffRequest{Customer: cA, Target: "billing"}))(t).GetHandoff().GetName()
	a.merge(cB, cA)

	away.Store(true)
	_, err := b.GetCase(ctx, &contextv1.GetCaseRequest{Name: cB + "/cases/k1"})
	wantReason(t, err, fault.ServiceUnavailable)
	_, err = b.ResolveCase(ctx, &contextv1.ResolveCaseRequest{Name: cA + "/cases/k1"})
	wantReason(t, err, fault.ServiceUnavailable)
	_, err = b.GetHandoff(ctx, &contextv1.GetHandoffRequest{Name: cB + h[len(cA):]})
	wantReason(t, err, fault.ServiceUnavailable)
	away.Store(false)

	if got := must(b.GetCase(ctx, &contextv1.GetCaseRequest{Name: cB + "/cases/k1"}))(t); got.GetName() != cA+"/cases/k1" {
		t.Errorf("found %s", got.GetName())
	}
	c := w.start(memstore.New()) // it reads the log for each customer, for it never catches up
	if got := must(c.GetHandoff(ctx, &contextv1.GetHandoffRequest{Name: cB + h[len(cA):]}))(t); got.GetName() != h {
		t.Errorf("found %s", got.GetName())
	}
	a.open(&contextv1.OpenCaseRequest{Customer: cB, CaseId: "k3", Case: &contextv1.Case{Subject: "a card"}})
	if got := must(b.ResolveCase(ctx, &contextv1.ResolveCaseRequest{Name: cA + "/cases/k3"}))(t).GetCase(); got.GetName() != cB+"/cases/k3" {
		t.Errorf("resolved %s", got.GetName())
	}
	_, err = b.GetCase(ctx, &contextv1.GetCaseRequest{Name: cB + "/cases/k4"})
	wantReason(t, err, "CASE_NOT_FOUND")
	w.log.Intercept(nil)
	w.log.CutTails()
}

// Customers who are one have no more open cases than one may have.
func TestCasesOfManyAreCountedTogether(t *testing.T) {
	n := run(t)
	ctx := n.ctx()
	open := func(customer, id string) error {
		_, err := n.OpenCase(ctx, &contextv1.OpenCaseRequest{Customer: customer, CaseId: id, Case: &contextv1.Case{Subject: "a parcel"}})
		return err
	}
	n.known(cA, cB)
	for i := range domain.MaxOpenCases / 2 {
		for _, of := range []string{cA, cB} {
			if err := open(of, fmt.Sprint(of[len("customers/"):], i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	must(n.ResolveCase(ctx, &contextv1.ResolveCaseRequest{Name: cB + "/cases/b0"}))(t)
	merge := n.merge(cA, cB)
	if err := open(cA, "last"); err != nil {
		t.Error(err)
	}
	for _, of := range []string{cA, cB} {
		wantReason(t, open(of, "more"), "TOO_MANY_CASES")
	}
	_, err := n.ReopenCase(ctx, &contextv1.ReopenCaseRequest{Name: cB + "/cases/b0"})
	wantReason(t, err, "TOO_MANY_CASES")
	n.unmerge(cA, merge.GetMerge().GetMergeId())
	must(n.ReopenCase(ctx, &contextv1.ReopenCaseRequest{Name: cB + "/cases/b0"}))(t)
}

// Once they are parted no name leads to what is the other's, not even for a repetition: a wrong merge was undone.
func TestRepetitionsAfterAParting(t *testing.T) {
	n := run(t)
	ctx := n.ctx()
	n.known(cA, cB)
	n.open(&contextv1.OpenCaseRequest{Customer: cB, CaseId: "k1", Case: &contextv1.Case{Subject: "a parcel"}})
	merge := n.merge(cA, cB)
	by := func(customer string) *contextv1.UpdateCaseRequest {
		return &contextv1.UpdateCaseRequest{RequestId: "u1", Case: &contextv1.Case{Name: customer + "/cases/k1", Status: "searching"}}
	}
	first := must(n.UpdateCase(ctx, by(cA)))(t)
	n.unmerge(cA, merge.GetMerge().GetMergeId())
	_, err := n.UpdateCase(ctx, by(cA))
	wantReason(t, err, "CASE_NOT_FOUND")
	if again := must(n.UpdateCase(ctx, by(cB)))(t); !proto.Equal(again.GetCase(), first.GetCase()) {
		t.Errorf("the repetition by the name of the answer gives %v, want %v", again, first)
	}
}
