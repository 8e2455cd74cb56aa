package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
)

func updateMask(n *node) error {
	_, err := n.UpdateSlot(n.ctx(), &contextv1.UpdateSlotRequest{
		Slot:       n.slot(&contextv1.Slot{Name: "slots/masked"}),
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_nam"}},
	})
	return err
}

func fullSlot() *contextv1.Slot {
	return &contextv1.Slot{
		Name: "slots/account_number", DisplayName: "Account number", Description: "As on the bill.",
		Aliases:     []*contextv1.SlotAlias{{Name: "acct_no", Scope: "ivr"}, {Name: "Konto"}},
		Type:        contextv1.SlotType_SLOT_TYPE_ID,
		Validation:  &contextv1.SlotValidation{Pattern: "[A-Z]-[0-9]+", MinLength: 3, MaxLength: 12, AllowedValues: []string{"A-1", "A-2"}},
		Sensitivity: commonv1.Sensitivity_SENSITIVITY_SENSITIVE,
		MaxAge:      durationpb.New(90 * 24 * time.Hour), ExpireAfter: durationpb.New(1000*24*time.Hour + time.Nanosecond),
		MinConfidence: 0.625, OnConflict: contextv1.ConflictPolicy_CONFLICT_POLICY_LATEST,
		Links: []*contextv1.SlotLink{{FromSlot: "contract", Action: contextv1.LinkAction_LINK_ACTION_USE}},
	}
}

func TestSlotRoundTripAndRebuild(t *testing.T) {
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/contract"})
	n.clock.Advance(time.Hour)
	made := n.slot(fullSlot())
	ignore := protocmp.IgnoreFields(&contextv1.Slot{}, "etag", "create_time", "update_time")
	if diff := cmp.Diff(fullSlot(), made, protocmp.Transform(), ignore); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	if made.GetEtag() == "" || !made.GetCreateTime().AsTime().Equal(n.clock.Now()) {
		t.Errorf("etag %q, created %v", made.GetEtag(), made.GetCreateTime().AsTime())
	}
	n.clock.Advance(time.Hour)
	changed := must(n.UpdateSlot(n.ctx(), &contextv1.UpdateSlotRequest{
		Slot:       &contextv1.Slot{Name: made.GetName(), DisplayName: "Account", Description: "not masked", Etag: made.GetEtag()},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name", "max_age", "validation.pattern"}},
	}))(t)
	want := fullSlot()
	want.DisplayName, want.MaxAge, want.Validation.Pattern = "Account", nil, ""
	if diff := cmp.Diff(want, changed, protocmp.Transform(), ignore); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	if changed.GetEtag() == made.GetEtag() || !changed.GetCreateTime().AsTime().Equal(made.GetCreateTime().AsTime()) ||
		!changed.GetUpdateTime().AsTime().Equal(n.clock.Now()) {
		t.Errorf("etag and times: %v, before %v", changed, made)
	}
	// The dictionary is in the log: another node with an empty store has the same, etags and all.
	other := n.start(memstore.New())
	other.ready()
	got := must(other.GetSlot(n.ctx(), &contextv1.GetSlotRequest{Name: made.GetName()}))(t)
	if diff := cmp.Diff(changed, got, protocmp.Transform()); diff != "" {
		t.Errorf("on another node (-want +got):\n%s", diff)
	}
}

func TestUpdateSlotMasks(t *testing.T) {
	for name, c := range map[string]struct {
		paths []string
		slot  *contextv1.Slot
		want  *contextv1.Slot
	}{
		"no mask changes what is set": {nil, &contextv1.Slot{DisplayName: "New"}, &contextv1.Slot{DisplayName: "New", Description: "old"}},
		"a star changes all":          {[]string{"*"}, &contextv1.Slot{DisplayName: "New"}, &contextv1.Slot{DisplayName: "New"}},
		"paths clear what is not set": {[]string{"description"}, &contextv1.Slot{DisplayName: "New"}, &contextv1.Slot{DisplayName: "Old"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := run(t)
			n.slot(&contextv1.Slot{Name: "slots/city", DisplayName: "Old", Description: "old"})
			c.slot.Name, c.want.Name = "slots/city", "slots/city"
			got := must(n.UpdateSlot(n.ctx(), &contextv1.UpdateSlotRequest{Slot: c.slot, UpdateMask: &fieldmaskpb.FieldMask{Paths: c.paths}}))(t)
			ignore := protocmp.IgnoreFields(&contextv1.Slot{}, "etag", "create_time", "update_time")
			if diff := cmp.Diff(c.want, got, protocmp.Transform(), ignore); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeleteSlot(t *testing.T) {
	n := run(t)
	slot := n.slot(&contextv1.Slot{Name: "slots/city"})
	_, err := n.DeleteSlot(n.ctx(), &contextv1.DeleteSlotRequest{Name: "slots/city", Etag: "other"})
	wantReason(t, err, "ETAG_MISMATCH")
	must(n.DeleteSlot(n.ctx(), &contextv1.DeleteSlotRequest{Name: "slots/city", Etag: slot.GetEtag()}))(t)
	_, err = n.GetSlot(n.ctx(), &contextv1.GetSlotRequest{Name: "slots/city"})
	wantReason(t, err, "SLOT_NOT_FOUND")
	_, err = n.DeleteSlot(n.ctx(), &contextv1.DeleteSlotRequest{Name: "slots/city"})
	wantReason(t, err, "SLOT_NOT_FOUND")
	n.clock.Advance(time.Hour)
	again := n.slot(&contextv1.Slot{Name: "slots/city"})
	if !again.GetCreateTime().AsTime().Equal(n.clock.Now()) {
		t.Errorf("a slot made anew was created at %v", again.GetCreateTime().AsTime())
	}
}

func TestListSlotsInPages(t *testing.T) {
	n := run(t)
	for i := range 7 {
		n.slot(&contextv1.Slot{Name: fmt.Sprint("slots/s", 6-i)})
	}
	var names []string
	req := &contextv1.ListSlotsRequest{PageSize: 3}
	for pages := 0; ; pages++ {
		resp := must(n.ListSlots(n.ctx(), req))(t)
		for _, s := range resp.GetSlots() {
			names = append(names, s.GetName())
		}
		if pages == 0 {
			// What comes and goes between two pages upsets nothing.
			n.slot(&contextv1.Slot{Name: "slots/s0a"})
			must(n.DeleteSlot(n.ctx(), &contextv1.DeleteSlotRequest{Name: "slots/s2"}))(t)
		}
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	want := []string{"slots/s0", "slots/s1", "slots/s2", "slots/s3", "slots/s4", "slots/s5", "slots/s6"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestDictionaryChangesActAtOnce(t *testing.T) {
	n := run(t)
	n.append("customers/c1", stated("e1", "acct_no", "A-17"))
	n.followed()
	plan := func(slot string) *contextv1.SlotPlan {
		return must(n.PlanQuestions(n.ctx(), &contextv1.PlanQuestionsRequest{
			Customer: "customers/c1", Slots: []*contextv1.SlotRequest{{Slot: slot}},
		}))(t).GetPlans()[0]
	}
	facts := func() []*contextv1.Fact {
		return must(n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: "customers/c1"}))(t).GetFacts()
	}
	if p := plan("account_number"); p.GetDecision() != contextv1.Decision_DECISION_ASK {
		t.Errorf("before: %v", p)
	}
	if f := facts(); f[0].GetSlotId() != "" {
		t.Errorf("before: %v", f)
	}
	n.slot(&contextv1.Slot{Name: "slots/account_number", Aliases: []*contextv1.SlotAlias{{Name: "Acct No"}}})
	if p := plan("account_number"); p.GetDecision() != contextv1.Decision_DECISION_USE || p.GetValue() != "A-17" {
		t.Errorf("after: %v", p)
	}
	if f := facts(); f[0].GetSlotId() != "account_number" {
		t.Errorf("after: %v", f)
	}
}
