package e2e

import (
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// idsToTry are ids of every kind of character, alone, at the beginning, within and at the end, and of every length that
// matters.
func idsToTry() []string {
	ids := []string{"", strings.Repeat("a", 127), strings.Repeat("a", 128), strings.Repeat("a", 129), "é", "a\u00a0b"}
	for c := range rune(0x80) {
		ids = append(ids, string(c), string(c)+"a", "a"+string(c)+"b", "a"+string(c))
	}
	return ids
}

// What the log takes as the id of something that has a name can be named in every call that is about such a thing.
func TestIDsOfEventsCanBeNamed(t *testing.T) {
	event := func(id string) *logv1.Event { return &logv1.Event{EventId: id, Customer: "customers/c"} }
	for what, c := range map[string]struct {
		events, calls func(id string) []proto.Message
	}{
		"case": {
			func(id string) []proto.Message {
				e := event("e")
				e.CaseId, e.Payload = id, &logv1.Event_CaseOpened{CaseOpened: &logv1.CaseOpened{Subject: "s"}}
				return []proto.Message{e, &contextv1.Origin{CaseId: id}}
			},
			func(id string) []proto.Message {
				name := "customers/c/cases/" + id
				return []proto.Message{
					&contextv1.GetCaseRequest{Name: name}, &contextv1.ResolveCaseRequest{Name: name},
					&contextv1.ReopenCaseRequest{Name: name}, &contextv1.UpdateCaseRequest{Case: &contextv1.Case{Name: name}},
				}
			},
		},
		"handoff": {
			func(id string) []proto.Message {
				var all []proto.Message
				for _, p := range []*logv1.Event{
					{Payload: &logv1.Event_HandoffOffered{HandoffOffered: &logv1.HandoffOffered{HandoffId: id}}},
					{Payload: &logv1.Event_HandoffOffered{HandoffOffered: &logv1.HandoffOffered{HandoffId: "h", PreviousHandoffId: id}}},
					{Payload: &logv1.Event_HandoffAccepted{HandoffAccepted: &logv1.HandoffAccepted{HandoffId: id}}},
					{Payload: &logv1.Event_HandoffRead{HandoffRead: &logv1.HandoffRead{HandoffId: id}}},
					{Payload: &logv1.Event_HandoffCompleted{HandoffCompleted: &logv1.HandoffCompleted{HandoffId: id}}},
					{Payload: &logv1.Event_HandoffDeclined{HandoffDeclined: &logv1.HandoffDeclined{HandoffId: id}}},
					{Payload: &logv1.Event_HandoffExpired{HandoffExpired: &logv1.HandoffExpired{HandoffId: id}}},
					{Payload: &logv1.Event_HandoffCancelled{HandoffCancelled: &logv1.HandoffCancelled{HandoffId: id}}},
				} {
					p.EventId, p.Customer = "e", "customers/c"
					all = append(all, p)
				}
				return all
			},
			func(id string) []proto.Message {
				name := "customers/c/handoffs/" + id
				return []proto.Message{
					&contextv1.GetHandoffRequest{Name: name}, &contextv1.AcceptHandoffRequest{Name: name},
					&contextv1.AcknowledgeHandoffRequest{Name: name}, &contextv1.CompleteHandoffRequest{Name: name},
					&contextv1.DeclineHandoffRequest{Name: name}, &contextv1.CancelHandoffRequest{Name: name},
				}
			},
		},
		"merged customer": {
			func(id string) []proto.Message {
				surviving, merged := event("e"), event("e")
				surviving.Payload = &logv1.Event_CustomersMerged{CustomersMerged: &logv1.CustomersMerged{
					MergeId: "m", SurvivingCustomer: "customers/" + id, MergedCustomer: "customers/c",
				}}
				merged.Payload = &logv1.Event_CustomersMerged{CustomersMerged: &logv1.CustomersMerged{
					MergeId: "m", SurvivingCustomer: "customers/c", MergedCustomer: "customers/" + id,
				}}
				return []proto.Message{surviving, merged}
			},
			func(id string) []proto.Message {
				name := "customers/" + id
				return []proto.Message{
					&contextv1.GetContextRequest{Customer: name},
					&contextv1.MergeCustomersRequest{SurvivingCustomer: name, MergedCustomer: name},
					&contextv1.UnmergeCustomersRequest{SurvivingCustomer: name, MergeId: "m"},
				}
			},
		},
		"merge": {
			func(id string) []proto.Message {
				e := event("e")
				e.Payload = &logv1.Event_CustomersMerged{CustomersMerged: &logv1.CustomersMerged{
					MergeId: id, SurvivingCustomer: "customers/c", MergedCustomer: "customers/d",
				}}
				return []proto.Message{e}
			},
			func(id string) []proto.Message {
				return []proto.Message{&contextv1.UnmergeCustomersRequest{SurvivingCustomer: "customers/c", MergeId: id}}
			},
		},
		"interaction": {
			func(id string) []proto.Message {
				e, accepted := event("e"), event("e")
				e.InteractionId, e.Payload = id, &logv1.Event_MessageSent{MessageSent: &logv1.MessageSent{}}
				accepted.Payload = &logv1.Event_HandoffAccepted{HandoffAccepted: &logv1.HandoffAccepted{HandoffId: "h", InteractionId: id}}
				return []proto.Message{e, accepted, &contextv1.Origin{InteractionId: id}}
			},
			func(id string) []proto.Message {
				return []proto.Message{&contextv1.Asker{InteractionId: id}, &logv1.GetTranscriptRequest{Customer: "customers/c", InteractionId: id}}
			},
		},
	} {
		taken := 0
		for _, id := range idsToTry() {
			for _, e := range c.events(id) {
				if id == "" || protovalidate.Validate(e) != nil {
					continue
				}
				taken++
				for _, call := range c.calls(id) {
					if err := protovalidate.Validate(call); err != nil {
						t.Errorf("%s %q is taken by %T and refused by %T: %v", what, id, e, call, err)
					}
				}
			}
		}
		if taken < 100 {
			t.Errorf("%s: only %d of the ids are taken; the test needs both kinds", what, taken)
		}
	}
}
