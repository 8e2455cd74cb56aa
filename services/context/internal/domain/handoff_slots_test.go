package domain

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

func handoffDictionary() *Dictionary {
	return NewDictionary(1, []Slot{
		{ID: "account_number", Aliases: []Alias{{Name: "acct_no", Scope: "ivr"}}},
		{ID: "city", ExpireAfter: time.Hour},
		{ID: "delivery_city", Links: []Link{{FromSlot: "city", Action: LinkUse}}},
		{ID: "pin", Sensitivity: SensitivitySecret, Aliases: []Alias{{Name: "secret code"}}},
	})
}

func TestOfferedSlots(t *testing.T) {
	state := foldHistory(t,
		happensIn("a", FactStated{Slot: "acct_no", Scope: "ivr", Value: "12"}), happensIn("a", FactStated{Slot: "city", Value: "Oslo"}),
		happensIn("a", FactStated{Slot: "Shoe Size", Value: "42"}), happensIn("a", FactStated{Slot: "shoe_size", Scope: "shop", Value: "43"}),
		happensIn("a", FactStated{Slot: "gone", Value: "x"}), happensIn("a", FactRetracted{Slot: "gone"}),
		happensIn("a", FactStated{Slot: "pin", Value: "1234"}), happensIn("a", FactStated{Slot: "card", Value: "4111********1111"}),
	)
	v := NewView(state, handoffDictionary())
	for name, c := range map[string]struct {
		now   time.Time
		scope string
		given []string
		want  []string
	}{
		"all":                     {at(9), "", nil, []string{"shoe_size", "city", "delivery_city", "account_number"}},
		"after one has expired":   {at(90), "", nil, []string{"shoe_size", "account_number"}},
		"by the giver's own name": {at(9), "ivr", []string{"acct_no", "City", "nickname"}, []string{"account_number", "city", "nickname"}},
		"in another scope":        {at(9), "bot", []string{"acct_no"}, []string{"acct_no"}},
		"each once":               {at(9), "ivr", []string{"acct_no", "ACCT-NO", "account number", "nick", "N I C K"}, []string{"account_number", "nick"}},
		"never a secret":          {at(9), "", []string{"pin", "Secret Code", "city"}, []string{"city"}},
		"nothing but secrets":     {at(9), "", []string{"pin"}, nil},
	} {
		if diff := cmp.Diff(c.want, OfferedSlots(v, c.now, c.scope, c.given)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestOfferedSlotsAreBounded(t *testing.T) {
	var events []Event
	for i := range MaxHandoffSlots + 50 {
		events = append(events, happensIn("a", FactStated{Slot: fmt.Sprint("slot", i), Value: "x"}))
	}
	got := OfferedSlots(NewView(foldHistory(t, events...), nil), at(9), "", nil)
	if len(got) != MaxHandoffSlots || got[0] != fmt.Sprint("slot", MaxHandoffSlots+49) {
		t.Errorf("%d slots, the first %s", len(got), got[0])
	}
}

func TestAcknowledge(t *testing.T) {
	h := &Handoff{Offered: []string{"account_number", "city", "Shoe Size", "old_name"}, Dropped: []string{"city"}}
	for name, c := range map[string]struct {
		scope         string
		read, dropped []string
		all           bool
		want          Reading
		reason        string
	}{
		"by the receiver's own name": {scope: "ivr", read: []string{"acct_no"}, want: Reading{Read: []string{"account_number"}}},
		"a name without entry":       {read: []string{"shoe-size"}, dropped: []string{"OLD NAME"}, want: Reading{Read: []string{"Shoe Size"}, Dropped: []string{"old_name"}}},
		"each once":                  {scope: "ivr", read: []string{"acct_no", "account_number"}, want: Reading{Read: []string{"account_number"}}},
		"all":                        {all: true, want: Reading{Read: []string{"account_number", "Shoe Size", "old_name"}}},
		"all but one": {
			all: true, dropped: []string{"shoe size"}, want: Reading{Read: []string{"account_number", "old_name"}, Dropped: []string{"Shoe Size"}},
		},
		"what was dropped is read after all": {all: true, read: []string{"city"}, want: Reading{Read: []string{"city", "account_number", "Shoe Size", "old_name"}}},
		"not offered":                        {read: []string{"city", "delivery_city"}, reason: ReasonSlotNotOffered},
		"not offered, of no use":             {dropped: []string{"nope"}, reason: ReasonSlotNotOffered},
		"another scope's name":               {scope: "bot", read: []string{"acct_no"}, reason: ReasonSlotNotOffered},
		"read and of no use":                 {scope: "ivr", read: []string{"acct_no"}, dropped: []string{"account_number"}, reason: fault.InvalidRequest},
	} {
		got, err := h.Acknowledge(handoffDictionary(), c.scope, c.read, c.dropped, c.all)
		if fault.ReasonOf(err) != c.reason {
			t.Errorf("%s: %v, want %q", name, err, c.reason)
		}
		if diff := cmp.Diff(c.want, got); err == nil && diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
