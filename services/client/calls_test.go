package client_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
)

// TestRequests says what each method sends. Each write also has the origin of the customer's place and the request id,
// which the table leaves out.
func TestRequests(t *testing.T) {
	at := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	place := client.Place{
		InteractionID: "call-7", Channel: client.ChannelIVR, Actor: client.Actor{Kind: client.ActorIVR, ID: "menu"},
		CaseID: "T-1", Scope: "menu", Purpose: "service", Intent: "refund",
	}
	const (
		origin = `origin{interaction_id:"call-7" channel:CHANNEL_IVR actor{kind:ACTOR_KIND_IVR id:"menu"} case_id:"T-1" source:"ivr-prod" occurred_at{seconds:1772442000}} request_id:"r1"`
		asker  = `asker{channel:CHANNEL_IVR interaction_id:"call-7" purpose:"service" intent:"refund"}`
	)
	f := newFake(t)
	c := f.dial(t, client.WithSource("ivr-prod"))
	customer := c.Customer("customers/1").At(place)
	if customer.Place() != place || customer.Name() != "customers/1" {
		t.Errorf("handle of %s at %+v", customer.Name(), customer.Place())
	}
	write := []client.WriteOption{client.WithRequestID("r1"), client.WithTime(at)}
	for _, tc := range []struct {
		method string
		answer proto.Message
		want   string
		call   func(ctx context.Context) error
	}{
		{"ResolveCustomer", &contextv1.ResolveCustomerResponse{}, `identifiers{type:IDENTIFIER_TYPE_PHONE value:"555"} default_region:"US" create_missing:false
			origin:LINK_ORIGIN_PLATFORM platform_contact{platform:"sip" contact_id:"7"} channel:CHANNEL_IVR bind_anonymous:true`,
			func(ctx context.Context) error {
				_, err := c.Resolve(ctx, client.ResolveRequest{
					Identifiers: []client.Identifier{{Type: client.IdentifierPhone, Value: "555"}}, DefaultRegion: "US", MustExist: true,
					Origin: client.LinkOriginPlatform, PlatformContact: client.PlatformContact{Platform: "sip", ContactID: "7"},
					Channel: client.ChannelIVR, BindAnonymous: true,
				})
				return err
			}},
		{"ResolveCustomer", &contextv1.ResolveCustomerResponse{}, `identifiers{type:IDENTIFIER_TYPE_ACCOUNT value:"A-17"}`,
			func(ctx context.Context) error {
				_, err := c.Resolve(ctx, client.ResolveRequest{Identifiers: []client.Identifier{{Type: client.IdentifierAccount, Value: "A-17"}}})
				return err
			}},
		{"GetContext", &contextv1.CustomerContext{}, `customer:"customers/1" view:CONTEXT_VIEW_IVR consistency{fully_consistent:true} ` + asker,
			func(ctx context.Context) error {
				_, err := customer.Context(ctx, client.ViewIVR, client.FullyConsistent())
				return err
			}},
		{"GetContext", &contextv1.CustomerContext{}, `handoff_token:"th7" view:CONTEXT_VIEW_AGENT ` + asker,
			func(ctx context.Context) error {
				_, err := c.Lookup(ctx, client.Lookup{HandoffToken: "th7", View: client.ViewAgent, Place: place})
				return err
			}},
		{"GetContext", &contextv1.CustomerContext{}, `identifier{type:IDENTIFIER_TYPE_EMAIL value:"ada@example.com"}`,
			func(ctx context.Context) error {
				_, err := c.Lookup(ctx, client.Lookup{Identifier: client.Identifier{Type: client.IdentifierEmail, Value: "ada@example.com"}})
				return err
			}},
		{"GetFlatContext", &contextv1.FlatContext{}, `customer:"customers/1" slots:"zip" scope:"menu" ` + asker,
			func(ctx context.Context) error { _, err := customer.Flat(ctx, "zip"); return err }},
		{"GetFlatContext", &contextv1.FlatContext{}, `platform_contact:"sip:7" slots:"zip" scope:"menu" ` + asker,
			func(ctx context.Context) error {
				_, err := c.LookupFlat(ctx, client.FlatLookup{PlatformContact: "sip:7", Slots: []string{"zip"}, Place: place})
				return err
			}},
		{"PlanQuestions", &contextv1.PlanQuestionsResponse{}, `customer:"customers/1" slots{slot:"zip"} slots{slot:"city"} scope:"menu" ` + asker,
			func(ctx context.Context) error { _, err := customer.Plan(ctx, []string{"zip", "city"}); return err }},
		{"RecordFacts", &contextv1.RecordFactsResponse{}, `customer:"customers/1" scope:"menu" facts{slot:"zip" value:"12345" action:FACT_ACTION_CONFIRM expire_time{seconds:1772442000}} ` + origin,
			func(ctx context.Context) error {
				_, err := customer.RecordFacts(ctx, []client.FactInput{{Slot: "zip", Value: "12345", Action: client.FactActionConfirm, ExpireTime: at}}, write...)
				return err
			}},
		{"RecordQuestion", &contextv1.RecordQuestionResponse{}, `customer:"customers/1" scope:"menu" slot:"zip" action:QUESTION_ACTION_ASKED purpose:QUESTION_PURPOSE_COLLECT prompt:"Zip?" ` + origin,
			func(ctx context.Context) error {
				_, err := customer.RecordQuestion(ctx, client.Question{Slot: "zip", Action: client.QuestionAsked, Purpose: client.PurposeCollect, Prompt: "Zip?"}, write...)
				return err
			}},
		{"RecordVerification", &contextv1.RecordVerificationResponse{}, `customer:"customers/1" method:"pin" result:VERIFICATION_RESULT_PASSED level:VERIFICATION_LEVEL_SINGLE_FACTOR scopes:"payments" ` + origin,
			func(ctx context.Context) error {
				_, err := customer.RecordVerification(ctx, client.VerificationAttempt{
					Method: "pin", Result: client.VerificationPassed, Level: client.LevelSingleFactor, Scopes: []string{"payments"},
				}, write...)
				return err
			}},
		{"CheckVerification", &contextv1.CheckVerificationResponse{}, `customer:"customers/1" action:"change_address" ` + asker,
			func(ctx context.Context) error {
				_, err := customer.CheckVerification(ctx, "change_address")
				return err
			}},
		{"CheckVerification", &contextv1.CheckVerificationResponse{}, `customer:"customers/1" requirement{min_level:VERIFICATION_LEVEL_MULTI_FACTOR max_age{seconds:600}} ` + asker,
			func(ctx context.Context) error {
				_, err := customer.CheckRequirement(ctx, client.VerificationRequirement{MinLevel: client.LevelMultiFactor, MaxAge: 10 * time.Minute})
				return err
			}},
		{"OpenCase", &contextv1.CaseChange{}, `customer:"customers/1" case_id:"T-2" case{subject:"Refund" priority:CASE_PRIORITY_HIGH promise{text:"call back" due_time{seconds:1772442000}}} ` + origin,
			func(ctx context.Context) error {
				_, err := customer.OpenCase(ctx, client.NewCase{
					ID: "T-2", Subject: "Refund", Priority: client.PriorityHigh, Promise: &client.Promise{Text: "call back", DueTime: at},
				}, write...)
				return err
			}},
		{"GetCase", &contextv1.Case{}, `name:"customers/1/cases/T-2"`,
			func(ctx context.Context) error { _, err := customer.Case(ctx, "T-2"); return err }},
		{"UpdateCase", &contextv1.CaseChange{}, `case{name:"customers/1/cases/T-2" status:"waiting" etag:"e1"} update_mask{paths:"status" paths:"promise"} ` + origin,
			func(ctx context.Context) error {
				_, err := customer.UpdateCase(ctx, "T-2", client.CaseUpdate{Status: "waiting", PromiseSettled: true, Etag: "e1"}, write...)
				return err
			}},
		{"UpdateCase", &contextv1.CaseChange{}, `case{name:"customers/2/cases/T-2" subject:"s" intent:"i" priority:CASE_PRIORITY_LOW promise{text:"p"}}
			update_mask{paths:"subject" paths:"intent" paths:"priority" paths:"promise"} ` + origin,
			func(ctx context.Context) error {
				_, err := customer.UpdateCase(ctx, "customers/2/cases/T-2", client.CaseUpdate{
					Subject: "s", Intent: "i", Priority: client.PriorityLow, Promise: &client.Promise{Text: "p"},
				}, write...)
				return err
			}},
		{"ResolveCase", &contextv1.CaseChange{}, `name:"customers/1/cases/T-2" resolution:"paid" code:"R1" etag:"e1" ` + origin,
			func(ctx context.Context) error {
				_, err := customer.ResolveCase(ctx, "T-2", client.CaseResolution{Resolution: "paid", Code: "R1", Etag: "e1"}, write...)
				return err
			}},
		{"ReopenCase", &contextv1.CaseChange{}, `name:"customers/1/cases/T-2" reason:"again" ` + origin,
			func(ctx context.Context) error {
				_, err := customer.ReopenCase(ctx, "T-2", client.CaseReopening{Reason: "again"}, write...)
				return err
			}},
		{"CreateHandoff", &contextv1.CreateHandoffResponse{}, `customer:"customers/1" scope:"menu" target:"billing" target_channel:CHANNEL_VOICE offered_slots:"zip" ttl{seconds:300} refer_to_uri:"sip:a@b" ` + origin,
			func(ctx context.Context) error {
				_, err := customer.Handoff(ctx, client.HandoffRequest{
					Target: "billing", TargetChannel: client.ChannelVoice, OfferedSlots: []string{"zip"}, TTL: 5 * time.Minute, ReferToURI: "sip:a@b",
				}, write...)
				return err
			}},
		{"GetHandoff", &contextv1.Handoff{}, `token:"th7"`,
			func(ctx context.Context) error { _, err := c.Handoff(ctx, "th7"); return err }},
		{"GetHandoff", &contextv1.Handoff{}, `name:"customers/1/handoffs/h1" consistency{minimize_latency:true}`,
			func(ctx context.Context) error {
				_, err := c.Handoff(ctx, "customers/1/handoffs/h1", client.MinimizeLatency())
				return err
			}},
		{"AcceptHandoff", &contextv1.HandoffChange{}, `token:"th7" ` + origin,
			func(ctx context.Context) error { _, err := c.AcceptHandoff(ctx, "th7", place, write...); return err }},
		{"AcceptHandoff", &contextv1.HandoffChange{}, `name:"customers/1/handoffs/h1" ` + origin,
			func(ctx context.Context) error {
				_, err := c.AcceptHandoff(ctx, "customers/1/handoffs/h1", place, write...)
				return err
			}},
		{"AcknowledgeHandoff", &contextv1.HandoffChange{}, `name:"customers/1/handoffs/h1" scope:"menu" dropped_slots:"zip" read_all:true ` + origin,
			func(ctx context.Context) error {
				_, err := customer.AcknowledgeHandoff(ctx, "customers/1/handoffs/h1", client.HandoffReading{ReadAll: true, DroppedSlots: []string{"zip"}}, write...)
				return err
			}},
		{"CompleteHandoff", &contextv1.HandoffChange{}, `name:"customers/1/handoffs/h1" ` + origin,
			func(ctx context.Context) error {
				_, err := customer.CompleteHandoff(ctx, "customers/1/handoffs/h1", write...)
				return err
			}},
		{"DeclineHandoff", &contextv1.HandoffChange{}, `name:"customers/1/handoffs/h1" reason:"busy" ` + origin,
			func(ctx context.Context) error {
				_, err := customer.DeclineHandoff(ctx, "customers/1/handoffs/h1", "busy", write...)
				return err
			}},
		{"CancelHandoff", &contextv1.HandoffChange{}, `name:"customers/1/handoffs/h1" reason:"solved" ` + origin,
			func(ctx context.Context) error {
				_, err := customer.CancelHandoff(ctx, "customers/1/handoffs/h1", "solved", write...)
				return err
			}},
		{"MergeCustomers", &contextv1.MergeCustomersResponse{}, `surviving_customer:"customers/1" merged_customer:"customers/9" dry_run:true`,
			func(ctx context.Context) error { _, err := customer.PreviewMerge(ctx, "customers/9"); return err }},
		{"MergeCustomers", &contextv1.MergeCustomersResponse{}, `surviving_customer:"customers/1" merged_customer:"customers/9" reason:"same" ` + origin,
			func(ctx context.Context) error {
				_, err := customer.Merge(ctx, "customers/9", "same", write...)
				return err
			}},
		{"UnmergeCustomers", &contextv1.UnmergeCustomersResponse{}, `surviving_customer:"customers/1" merge_id:"m1" reason:"not so" ` + origin,
			func(ctx context.Context) error { _, err := customer.Unmerge(ctx, "m1", "not so", write...); return err }},
		{"AppendEvents", &logv1.AppendEventsResponse{}, `customer:"customers/1"
			events{event_id:"r1.0" occurred_at{seconds:1772442000} interaction_id:"call-7" case_id:"T-1" channel:CHANNEL_IVR actor{kind:ACTOR_KIND_IVR id:"menu"} source:"ivr-prod"
				menu_selected{menu:"main" option:"billing" digits:"2"}}
			events{event_id:"e2" occurred_at{seconds:1772442060} interaction_id:"chat-1" case_id:"T-9" channel:CHANNEL_CHAT actor{kind:ACTOR_KIND_CUSTOMER} source:"ivr-prod" touchpoint:"/help"
				message_sent{text:"Hello"}}`,
			func(ctx context.Context) error {
				_, err := customer.Append(ctx, []client.Event{
					{Payload: client.MenuSelected{Menu: "main", Option: "billing", Digits: "2"}},
					{
						Payload: client.MessageSent{Text: "Hello"}, Actor: client.Actor{Kind: client.ActorCustomer}, OccurredAt: at.Add(time.Minute),
						InteractionID: "chat-1", CaseID: "T-9", Channel: client.ChannelChat, Touchpoint: "/help", EventID: "e2",
					},
				}, write...)
				return err
			}},
	} {
		f.always(tc.method, tc.answer)
		if err := tc.call(t.Context()); err != nil {
			t.Errorf("%s: %v", tc.method, err)
			continue
		}
		got := f.last(t, tc.method).req
		want := got.ProtoReflect().New().Interface()
		if err := prototext.Unmarshal([]byte(tc.want), want); err != nil {
			t.Fatalf("%s: %v", tc.method, err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.method, diff)
		}
	}
}

// Every kind of event has its place in the log's oneof.
func TestEveryKindOfEventIsSent(t *testing.T) {
	kinds := []client.Payload{
		client.InteractionStarted{}, client.InteractionEnded{}, client.InteractionSegmentChanged{}, client.MessageSent{Text: "x"},
		client.MenuSelected{}, client.IntentDetected{Intent: "x"}, client.FlowStarted{FlowRunID: "r", FlowID: "f"},
		client.StepEntered{FlowRunID: "r", StepID: "s"}, client.StepFailed{FlowRunID: "r", StepID: "s"}, client.FlowEnded{FlowRunID: "r"},
		client.ConsentChanged{Purpose: "p", Status: client.ConsentGranted}, client.SurveyAnswered{SurveyID: "s", QuestionID: "q", ScaleMax: 10},
		client.DispositionSet{Code: "x"}, client.NoteAdded{Text: "x"}, client.OutcomeRecorded{Outcome: client.OutcomeRefund},
		client.CustomEvent{Type: "acme.points", Attributes: map[string]any{"n": 1}},
	}
	var events []client.Event
	for _, k := range kinds {
		events = append(events, client.Event{Payload: k})
	}
	f := newFake(t)
	f.always("AppendEvents", &logv1.AppendEventsResponse{
		Revision: 16, ConsistencyToken: "t16", Results: []*logv1.AppendResult{{EventId: "e", Revision: 1, Sequence: 4}},
	})
	res, err := f.dial(t).Customer("customers/1").Append(t.Context(), events)
	if err != nil || res.Revision != 16 || res.Results[0].Sequence != 4 {
		t.Fatalf("got %+v, %v", res, err)
	}
	seen := map[string]bool{}
	for _, e := range f.last(t, "AppendEvents").req.(*logv1.AppendEventsRequest).GetEvents() {
		m := e.ProtoReflect()
		seen[string(m.WhichOneof(m.Descriptor().Oneofs().ByName("payload")).Name())] = true
	}
	if len(seen) != len(kinds) {
		t.Errorf("%d kinds were sent: %v", len(seen), seen)
	}
}

func TestPlanOfASlot(t *testing.T) {
	p := client.Plan{Slots: []client.SlotPlan{{Slot: "zip", Decision: client.DecisionUse, Value: "12345"}}}
	if got := p.Slot("zip"); got.Value != "12345" {
		t.Errorf("got %+v", got)
	}
	if got := p.Slot("city"); got.Slot != "city" || got.Decision != "" {
		t.Errorf("a slot that was not asked for: %+v", got)
	}
}
