package server_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestEraseHistory(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		const c1 = "customers/c1"
		for i := range 3 {
			f.append(t, c1, said(fmt.Sprint("e", i), "planted"))
		}
		f.append(t, "customers/c2", said("e1", "planted"))
		req := &interactionlogv1.EraseHistoryRequest{Customer: c1, Reason: "request 4711"}
		first, err := f.EraseHistory(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if first.GetRevision() != 4 || first.GetErasedEvents() != 3 || first.GetEraseTime() == nil {
			t.Errorf("erased: %v", first)
		}
		again, err := f.EraseHistory(t.Context(), &interactionlogv1.EraseHistoryRequest{Customer: c1})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "again", again, first)

		list, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: c1})
		if err != nil {
			t.Fatal(err)
		}
		for i, ev := range list.GetEvents()[:3] {
			wantSame(t, "stub", ev, &interactionlogv1.Event{
				Customer: c1, Revision: int64(i + 1), RecordedAt: ev.GetRecordedAt(), Shard: ev.GetShard(), Sequence: ev.GetSequence(),
				Payload: &interactionlogv1.Event_EventErased{EventErased: &interactionlogv1.EventErased{}},
			})
		}
		if last := list.GetEvents()[3]; last.GetCustomerErased().GetReason() != "request 4711" || last.GetEventId() != domain.ErasureID {
			t.Errorf("the last event is %v", last)
		}
		found, err := f.SearchEvents(t.Context(), &interactionlogv1.SearchEventsRequest{Customer: c1, Query: "planted"})
		if err != nil || len(found.GetHits()) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
		_, err = f.GetTranscript(t.Context(), &interactionlogv1.GetTranscriptRequest{Customer: c1, InteractionId: "i1"})
		wantReason(t, err, domain.ReasonInteractionNotFound)
		acks, err := ingest(t.Context(), f, []*interactionlogv1.Event{of(c1, said("late", "hello")), of("customers/c2", said("e2", "hello"))})
		if err != nil || len(acks) != 2 || acks[0].GetError().GetReason() != domain.ReasonCustomerErased || acks[1].GetError() != nil {
			t.Errorf("acknowledged %v, %v", acks, err)
		}
		kept, err := f.SearchEvents(t.Context(), &interactionlogv1.SearchEventsRequest{Customer: "customers/c2", Query: "planted"})
		if err != nil || len(kept.GetHits()) != 1 {
			t.Errorf("of another customer %v, %v", kept, err)
		}
		_, err = f.EraseHistory(t.Context(), &interactionlogv1.EraseHistoryRequest{Customer: "customers/nobody"})
		wantReason(t, err, domain.ReasonCustomerNotFound)
		for _, bad := range []string{"customers/_slots", "nobody", ""} {
			_, err = f.EraseHistory(t.Context(), &interactionlogv1.EraseHistoryRequest{Customer: bad})
			wantReason(t, err, fault.InvalidRequest)
		}
	})
}

// Only the log ends a history, and says what is left of it.
func TestErasedIsNotAppended(t *testing.T) {
	f := onMemory(t, setup{})
	for _, ev := range []*interactionlogv1.Event{
		{EventId: "e1", Payload: &interactionlogv1.Event_CustomerErased{CustomerErased: &interactionlogv1.CustomerErased{}}},
		{EventId: "e1", Payload: &interactionlogv1.Event_EventErased{EventErased: &interactionlogv1.EventErased{}}},
	} {
		_, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{Customer: "customers/c1", Events: []*interactionlogv1.Event{ev}})
		wantReason(t, err, domain.ReasonOutputOnlyField)
	}
	_, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
		Customer: "customers/c1", Events: []*interactionlogv1.Event{said(domain.ErasureID, "hello")},
	})
	wantReason(t, err, fault.InvalidRequest)
	// The domain knows a stub's bytes, and not what they stand for.
	stub := (&domain.Event{}).Stub()
	var ev interactionlogv1.Event
	if err := proto.Unmarshal(stub.Payload, &ev); err != nil || ev.GetEventErased() == nil {
		t.Errorf("a stub decodes to %v, %v", &ev, err)
	}
	if domain.TypeEventErased != int32(interactionlogv1.EventType_EVENT_TYPE_EVENT_ERASED) ||
		domain.TypeCustomerErased != int32(interactionlogv1.EventType_EVENT_TYPE_CUSTOMER_ERASED) {
		t.Error("the domain's numbers are not the contract's")
	}
}
