package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/eventtest"
	"github.com/throughline-cx/throughline/services/internal/rest"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// Events of every kind come back whole by each way of reading: with the append, and with its retry, in a list, in a
// tail, and as JSON.
func TestEveryKindComesBackWhole(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		req := &interactionlogv1.AppendEventsRequest{Customer: "customers/full", IncludeEvents: true}
		for _, kind := range eventtest.Kinds() {
			ev := eventtest.Full(kind, string(kind.Name()))
			ev.Touchpoint = "shop, card 4111111111111111"
			req.Events = append(req.Events, ev)
		}
		first, err := f.AppendEvents(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		again, err := f.AppendEvents(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]*interactionlogv1.Event, len(req.GetEvents()))
		for i, r := range first.GetResults() {
			want[i] = of("customers/full", eventtest.Full(eventtest.Kinds()[i], r.GetEventId()))
			want[i].Touchpoint = "shop, card 411111******1111"
			want[i].Revision, want[i].RecordedAt = int64(i+1), r.GetRecordedAt()
			want[i].Shard, want[i].Sequence = r.GetShard(), int64(i+1)
			want[i].Redactions = []*interactionlogv1.Redaction{
				{Kind: interactionlogv1.RedactionKind_REDACTION_KIND_CARD_NUMBER, Field: "touchpoint", Count: 1},
			}
			wantSame(t, "appended", r.GetEvent(), want[i])
			wantSame(t, "redactions", r.GetRedactions(), want[i].GetRedactions())
			wantSame(t, "appended again", again.GetResults()[i].GetEvent(), want[i])
			wantSame(t, "redactions again", again.GetResults()[i].GetRedactions(), want[i].GetRedactions())
		}
		list, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/full"})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "list", list.GetEvents(), want)
		wantSame(t, "tail", tailed(t, f), want)
		wantSame(t, "JSON", listJSON(t, f).GetEvents(), want)
	})
}

func tailed(t *testing.T, f *fixture) (events []*interactionlogv1.Event) {
	t.Helper()
	stream, err := f.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{StopAtHead: true})
	if err != nil {
		t.Fatal(err)
	}
	for {
		msg, err := stream.Recv()
		if err != nil {
			if notEOF(err) != nil {
				t.Fatal(err)
			}
			return events
		}
		events = append(events, msg.GetEvents()...)
	}
}

// listJSON reads the list by way of the REST edge.
func listJSON(t *testing.T, f *fixture) *interactionlogv1.ListEventsResponse {
	t.Helper()
	edge, err := rest.New(context.Background(), rest.Options{Logger: testkit.Logger(t), Backends: []rest.Backend{
		{Conn: f.conn, Register: interactionlogv1.RegisterInteractionLogServiceHandler},
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/v1/customers/full/events", nil)
	edge.Handler().ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	list := &interactionlogv1.ListEventsResponse{}
	if err := protojson.Unmarshal(body, list); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v: %.300s", w.Code, err, body)
	}
	return list
}
