package server_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/context/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// provocation is a call that is refused.
type provocation struct {
	reason string
	rpc    string
	when   string
	call   func(n *node) error
}

// resolving provokes a reason by ResolveCustomer.
func resolving(reason, when string, req *contextv1.ResolveCustomerRequest) provocation {
	return provocation{reason, "ResolveCustomer", when, func(n *node) error {
		_, err := n.ResolveCustomer(n.ctx(), req)
		return err
	}}
}

// recording provokes a reason by RecordFacts, with a dictionary that has a PIN and a date.
func recording(reason, when string, facts ...*contextv1.FactInput) provocation {
	return provocation{reason, "RecordFacts", when, func(n *node) error {
		n.slot(&contextv1.Slot{Name: "slots/pin", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SECRET})
		n.slot(&contextv1.Slot{Name: "slots/party_size", Type: contextv1.SlotType_SLOT_TYPE_INTEGER})
		_, err := n.RecordFacts(n.ctx(), &contextv1.RecordFactsRequest{Customer: "customers/c1", Facts: facts})
		if got := n.log.Events("customers/c1"); len(got) > 0 {
			n.t.Errorf("%s: %d events were stored", reason, len(got))
		}
		return err
	}}
}

// slot makes a slot; its name has its id.
func (n *node) slot(s *contextv1.Slot) *contextv1.Slot {
	n.t.Helper()
	made, err := n.CreateSlot(n.ctx(), &contextv1.CreateSlotRequest{SlotId: wire.SlotID(s.GetName()), Slot: s})
	if err != nil {
		n.t.Fatal(err)
	}
	return made
}

func createSlot(n *node, s *contextv1.Slot) error {
	_, err := n.CreateSlot(n.ctx(), &contextv1.CreateSlotRequest{SlotId: wire.SlotID(s.GetName()), Slot: s})
	return err
}

// provocations has a case for every reason of the contract; docs/errors.md is made of their outcome.
var provocations = []provocation{
	{"CUSTOMER_NOT_FOUND", "GetContext", "a customer of whom nothing is known", func(n *node) error {
		_, err := n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: "customers/nobody"})
		return err
	}},
	{"IDENTIFIER_NOT_FOUND", "GetContext", "a telephone number that names nobody", func(n *node) error {
		_, err := n.GetContext(n.ctx(), &contextv1.GetContextRequest{Identifier: phone("+12025550199")})
		return err
	}},
	resolving("IDENTIFIER_NOT_FOUND", "a first call that may not make a customer", &contextv1.ResolveCustomerRequest{
		Identifiers: []*logv1.Identifier{phone("+12025550199")}, CreateMissing: new(bool),
	}),
	resolving("INVALID_IDENTIFIER", "a telephone number of two digits", &contextv1.ResolveCustomerRequest{
		Identifiers: []*logv1.Identifier{phone("+12")},
	}),
	resolving("INVALID_IDENTIFIER", "a platform's contact among the identifiers", &contextv1.ResolveCustomerRequest{
		Identifiers: []*logv1.Identifier{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_PLATFORM_CONTACT, Value: "sip:1"}},
	}),
	resolving("INVALID_IDENTIFIER", "a card number as account number", &contextv1.ResolveCustomerRequest{
		Identifiers: []*logv1.Identifier{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_ACCOUNT, Value: "4111 1111 1111 1111"}},
	}),
	resolving("INVALID_IDENTIFIER", "a card number as contact id", &contextv1.ResolveCustomerRequest{
		PlatformContact: &contextv1.PlatformContact{Platform: "sip", ContactId: "4111111111111111"},
	}),
	resolving("REGION_REQUIRED", "a telephone number without country code, and no region", &contextv1.ResolveCustomerRequest{
		Identifiers: []*logv1.Identifier{phone("202-555-0123")},
	}),
	resolving("NOTHING_TO_RESOLVE", "a request without identifiers and contact", &contextv1.ResolveCustomerRequest{}),
	recording("SECRET_NOT_STORED", "a PIN among the facts",
		&contextv1.FactInput{Slot: "party_size", Value: "4"}, &contextv1.FactInput{Slot: "PIN", Value: "1234"}),
	recording("INVALID_SLOT_VALUE", "a word for a slot of type INTEGER", &contextv1.FactInput{Slot: "Party Size", Value: "some"}),
	{"SLOT_NOT_FOUND", "GetSlot", "a slot that does not exist", func(n *node) error {
		_, err := n.GetSlot(n.ctx(), &contextv1.GetSlotRequest{Name: "slots/acct"})
		return err
	}},
	{"SLOT_EXISTS", "CreateSlot", "creating a slot twice", func(n *node) error {
		n.slot(&contextv1.Slot{Name: "slots/customer_name"})
		return createSlot(n, &contextv1.Slot{Name: "slots/customer_name"})
	}},
	{"ALIAS_TAKEN", "CreateSlot", "a name without scope that leads to another slot", func(n *node) error {
		n.slot(&contextv1.Slot{Name: "slots/customer_name", Aliases: []*contextv1.SlotAlias{{Name: "Name"}}})
		return createSlot(n, &contextv1.Slot{Name: "slots/restaurant", Aliases: []*contextv1.SlotAlias{{Name: "name"}}})
	}},
	{"ETAG_MISMATCH", "UpdateSlot", "an update with the etag of an older version", func(n *node) error {
		old := n.slot(&contextv1.Slot{Name: "slots/city"})
		if _, err := n.UpdateSlot(n.ctx(), &contextv1.UpdateSlotRequest{Slot: &contextv1.Slot{Name: "slots/city", DisplayName: "City"}}); err != nil {
			n.t.Fatal(err)
		}
		_, err := n.UpdateSlot(n.ctx(), &contextv1.UpdateSlotRequest{Slot: &contextv1.Slot{Name: "slots/city", DisplayName: "Town", Etag: old.GetEtag()}})
		return err
	}},
	{"INVALID_SLOT", "CreateSlot", "a link to a slot that does not exist", func(n *node) error {
		return createSlot(n, &contextv1.Slot{Name: "slots/city", Links: []*contextv1.SlotLink{{FromSlot: "airport"}}})
	}},
	{"INVALID_SLOT", "DeleteSlot", "deleting a slot that another one links to", func(n *node) error {
		n.slot(&contextv1.Slot{Name: "slots/airport"})
		n.slot(&contextv1.Slot{Name: "slots/city", Links: []*contextv1.SlotLink{{FromSlot: "airport"}}})
		_, err := n.DeleteSlot(n.ctx(), &contextv1.DeleteSlotRequest{Name: "slots/airport"})
		return err
	}},
	{"CONTENTION", "RecordFacts", "a customer to whom others write all the time", func(n *node) error {
		written := 0
		n.log.Intercept(func(_ context.Context, method string) error {
			if method == "AppendEvents" {
				written++
				n.append("customers/c1", stated(fmt.Sprint("other-", written), "city", fmt.Sprint(written)))
			}
			return nil
		})
		_, err := n.RecordFacts(n.ctx(), &contextv1.RecordFactsRequest{
			Customer: "customers/c1", Facts: []*contextv1.FactInput{{Slot: "name", Value: "Ada"}},
		})
		n.log.Intercept(nil)
		return err
	}},
	{"REQUEST_ID_REUSED", "RecordFacts", "a request id that was used for another value", func(n *node) error {
		req := &contextv1.RecordFactsRequest{
			Customer: "customers/c1", RequestId: "1", Facts: []*contextv1.FactInput{{Slot: "name", Value: "Ada"}},
		}
		if _, err := n.RecordFacts(n.ctx(), req); err != nil {
			n.t.Fatal(err)
		}
		req.Facts[0].Value = "Bob"
		_, err := n.RecordFacts(n.ctx(), req)
		return err
	}},
	{"TOO_MANY_SLOTS", "CreateSlot", "the 1,001st slot", func(n *node) error {
		var events []*logv1.Event
		for i := range 1000 {
			e, err := wire.SlotChanged(fmt.Sprint("slot-", i), &contextv1.Slot{Name: fmt.Sprint("slots/s", i)})
			if err != nil {
				n.t.Fatal(err)
			}
			events = append(events, e)
		}
		n.append("customers/_slots", events...)
		n.followed()
		return createSlot(n, &contextv1.Slot{Name: "slots/one_more"})
	}},
}

func TestEveryReasonIsProvoked(t *testing.T) {
	refusals := testkit.Refusals{Domain: server.Domain}
	all := slices.Concat(
		provocations,
		provokeCases(),
		provokeVerifications(),
		provokeHandoffs(),
		provokeMerges(),
		provokeWatches(),
		provokeErasures(),
	)
	for _, p := range all {
		t.Run(p.reason, func(t *testing.T) { // so that its servers end with it
			refusals.Add(t, p.call(run(t)), p.reason, p.rpc, p.when)
		})
	}
	refusals.WantAll(t, contextv1.ErrorReason(0).Descriptor())
	refusals.Golden(t)
}

// Refusals by reasons that all services share.
func TestSharedReasons(t *testing.T) {
	n := run(t)
	n.append("customers/c1", stated("e1", "city", "Oslo"))
	n.followed()
	fact := func(change func(*contextv1.RecordFactsRequest)) error {
		req := &contextv1.RecordFactsRequest{Customer: "customers/c1", Facts: []*contextv1.FactInput{{Slot: "city", Value: "Rome"}}}
		change(req)
		_, err := n.RecordFacts(n.ctx(), req)
		return err
	}
	read := func(req *contextv1.GetContextRequest) error { _, err := n.GetContext(n.ctx(), req); return err }
	fresh := func(token string) *contextv1.Consistency {
		return &contextv1.Consistency{Requirement: &contextv1.Consistency_AtLeastAsFresh{AtLeastAsFresh: token}}
	}
	other := must(n.RecordFacts(n.ctx(), &contextv1.RecordFactsRequest{
		Customer: "customers/c2", Facts: []*contextv1.FactInput{{Slot: "city", Value: "Rome"}},
	}))(t).GetConsistencyToken()
	list := func(token string) error {
		_, err := n.ListSlots(n.ctx(), &contextv1.ListSlotsRequest{PageToken: token})
		return err
	}
	for name, c := range map[string]struct {
		err           error
		reason, field string
	}{
		"no facts":              {fact(func(r *contextv1.RecordFactsRequest) { r.Facts = nil }), "INVALID_REQUEST", "facts"},
		"no value":              {fact(func(r *contextv1.RecordFactsRequest) { r.Facts[0].Value = "" }), "INVALID_REQUEST", "facts[0].value"},
		"nothing to confirm":    {fact(confirmNothing), "INVALID_REQUEST", "facts[0].value"},
		"a service's customer":  {fact(func(r *contextv1.RecordFactsRequest) { r.Customer = "customers/_slots" }), "INVALID_REQUEST", "customer"},
		"no customer":           {fact(func(r *contextv1.RecordFactsRequest) { r.Customer = "bob" }), "INVALID_REQUEST", "customer"},
		"a bad request id":      {fact(func(r *contextv1.RecordFactsRequest) { r.RequestId = "a b" }), "INVALID_REQUEST", "request_id"},
		"no target":             {read(&contextv1.GetContextRequest{}), "INVALID_REQUEST", ""},
		"damaged token":         {read(&contextv1.GetContextRequest{Customer: "customers/c1", Consistency: fresh("xx")}), "INVALID_CONSISTENCY_TOKEN", "consistency_token"},
		"another's token":       {read(&contextv1.GetContextRequest{Customer: "customers/c1", Consistency: fresh(other)}), "INVALID_CONSISTENCY_TOKEN", "consistency_token"},
		"the dictionary itself": {read(&contextv1.GetContextRequest{Customer: "customers/_slots"}), "CUSTOMER_NOT_FOUND", ""},
		"page token":            {list("xx"), "INVALID_PAGE_TOKEN", "page_token"},
		"names that differ":     {createSlotNamed(n), "INVALID_REQUEST", "slot.name"},
		"a slot without name":   {updateSlot(n, &contextv1.Slot{}), "INVALID_REQUEST", "slot.name"},
		"unknown mask":          {updateMask(n), "UNKNOWN_FIELD", "update_mask"},
		"a slot of 40 KiB":      {createSlot(n, hugeSlot()), "INVALID_SLOT", "slot"},
	} {
		if reasonOf(c.err) != c.reason {
			t.Errorf("%s: got %v, want %s", name, c.err, c.reason)
		}
		if got := fieldsOf(c.err); c.field != "" && (len(got) != 1 || got[0] != c.field) {
			t.Errorf("%s: blames %v, want %s", name, got, c.field)
		}
	}
}

func confirmNothing(r *contextv1.RecordFactsRequest) {
	r.Facts[0].Value, r.Facts[0].Action = "", contextv1.FactAction_FACT_ACTION_CONFIRM
}

func createSlotNamed(n *node) error {
	_, err := n.CreateSlot(n.ctx(), &contextv1.CreateSlotRequest{SlotId: "town", Slot: &contextv1.Slot{Name: "slots/city"}})
	return err
}

func updateSlot(n *node, s *contextv1.Slot) error {
	_, err := n.UpdateSlot(n.ctx(), &contextv1.UpdateSlotRequest{Slot: s})
	return err
}

func hugeSlot() *contextv1.Slot {
	s := &contextv1.Slot{Name: "slots/huge"}
	for i := range 160 {
		s.Aliases = append(s.Aliases, &contextv1.SlotAlias{Name: fmt.Sprintf("%0128d", i), Scope: strings.Repeat("s", 128)})
	}
	return s
}
