package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func metadataContext(ctx context.Context, key, value string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, key, value)
}

// history is a customer with 30 events in three interactions.
func history(t testing.TB, f *fixture) {
	t.Helper()
	for i := range 30 {
		ev := said(fmt.Sprintf("e%d", i+1), fmt.Sprintf("message number %d about billing", i+1))
		ev.InteractionId = fmt.Sprintf("i%d", i%3)
		ev.CaseId = []string{"", "case-a"}[i%2]
		ev.Channel = []interactionlogv1.Channel{interactionlogv1.Channel_CHANNEL_IVR, interactionlogv1.Channel_CHANNEL_CHAT}[i/15]
		ev.OccurredAt = timestamppb.New(testkit.Epoch.Add(time.Duration(i) * time.Minute))
		if i%5 == 4 {
			ev.Payload = &interactionlogv1.Event_MenuSelected{MenuSelected: &interactionlogv1.MenuSelected{Menu: "main", Option: "sales"}}
		}
		f.append(t, "customers/c1", ev)
	}
}

func TestListEvents(t *testing.T) {
	at := func(minute int) *timestamppb.Timestamp {
		return timestamppb.New(testkit.Epoch.Add(time.Duration(minute) * time.Minute))
	}
	cases := []struct {
		name   string
		filter *interactionlogv1.EventFilter
		want   func(i int) bool // of the event with revision i
	}{
		{"all", nil, func(int) bool { return true }},
		{"interaction", &interactionlogv1.EventFilter{InteractionId: "i1"}, func(i int) bool { return (i-1)%3 == 1 }},
		{"case", &interactionlogv1.EventFilter{CaseId: "case-a"}, func(i int) bool { return i%2 == 0 }},
		{"channel", &interactionlogv1.EventFilter{Channels: []interactionlogv1.Channel{interactionlogv1.Channel_CHANNEL_CHAT}}, func(i int) bool { return i > 15 }},
		{"type", &interactionlogv1.EventFilter{Types: []interactionlogv1.EventType{interactionlogv1.EventType_EVENT_TYPE_MENU_SELECTED}}, func(i int) bool { return i%5 == 0 }},
		{"time", &interactionlogv1.EventFilter{StartTime: at(10), EndTime: at(20)}, func(i int) bool { return i > 10 && i <= 20 }},
		{"revisions", &interactionlogv1.EventFilter{AfterRevision: 5, ThroughRevision: 9}, func(i int) bool { return i > 5 && i <= 9 }},
		{"together", &interactionlogv1.EventFilter{InteractionId: "i0", CaseId: "case-a", StartTime: at(3)}, func(i int) bool { return (i-1)%3 == 0 && i%2 == 0 && i > 3 }},
		{"none", &interactionlogv1.EventFilter{InteractionId: "nope"}, func(int) bool { return false }},
	}
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		history(t, f)
		for _, c := range cases {
			for _, size := range []int32{0, 1, 4, 1000} {
				var forward, want []int64
				for i := 1; i <= 30; i++ {
					if c.want(i) {
						want = append(want, int64(i))
					}
				}
				forward = listAll(t, f, &interactionlogv1.ListEventsRequest{Customer: "customers/c1", Filter: c.filter, PageSize: size})
				wantSame(t, fmt.Sprintf("%s, pages of %d", c.name, size), forward, want)
				backward := listAll(t, f, &interactionlogv1.ListEventsRequest{
					Customer: "customers/c1", Filter: c.filter, PageSize: size, Order: interactionlogv1.EventOrder_EVENT_ORDER_NEWEST_FIRST,
				})
				for i, j := 0, len(want)-1; i < j; i, j = i+1, j-1 {
					want[i], want[j] = want[j], want[i]
				}
				wantSame(t, fmt.Sprintf("%s, newest first, pages of %d", c.name, size), backward, want)
			}
		}
		empty, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/nobody"})
		if err != nil || len(empty.GetEvents()) != 0 || empty.GetHeadRevision() != 0 || empty.GetNextPageToken() != "" {
			t.Errorf("unknown customer: %v, %v", empty, err)
		}
	})
}

// listAll follows the pages and returns the revisions.
func listAll(t testing.TB, f *fixture, req *interactionlogv1.ListEventsRequest) []int64 {
	t.Helper()
	var revisions []int64
	for range 100 {
		resp, err := f.ListEvents(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.GetHeadRevision() != 30 {
			t.Errorf("head %d", resp.GetHeadRevision())
		}
		for _, ev := range resp.GetEvents() {
			revisions = append(revisions, ev.GetRevision())
		}
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			return revisions
		}
	}
	t.Fatal("the pages do not end")
	return nil
}

func TestPagesStayBelowAMebibyte(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		text := strings.Repeat("long message. ", 2300)
		for i := range 60 {
			f.append(t, "customers/c1", said(fmt.Sprintf("e%d", i), text))
		}
		for _, order := range []interactionlogv1.EventOrder{0, interactionlogv1.EventOrder_EVENT_ORDER_NEWEST_FIRST} {
			req := &interactionlogv1.ListEventsRequest{Customer: "customers/c1", PageSize: 1000, Order: order}
			seen := map[int64]bool{}
			for {
				resp, err := f.ListEvents(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				if n := proto.Size(resp); n > 1<<20+1024 {
					t.Fatalf("a page of %d bytes", n)
				}
				for _, ev := range resp.GetEvents() {
					seen[ev.GetRevision()] = true
				}
				if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
					break
				}
			}
			if len(seen) != 60 {
				t.Errorf("%s: %d events", order, len(seen))
			}
		}
	})
}

func TestGetTranscript(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		agent := &interactionlogv1.Actor{Kind: interactionlogv1.ActorKind_ACTOR_KIND_AGENT, Id: "ann"}
		events := []*interactionlogv1.Event{
			said("e1", "good morning"),
			{EventId: "e2", InteractionId: "i1", Payload: &interactionlogv1.Event_InteractionStarted{InteractionStarted: &interactionlogv1.InteractionStarted{}}},
			{EventId: "e3", InteractionId: "i1", Actor: agent, Payload: &interactionlogv1.Event_QuestionAsked{QuestionAsked: &interactionlogv1.QuestionAsked{Slot: "name", Prompt: "your name?"}}},
			{EventId: "e4", InteractionId: "i1", Payload: &interactionlogv1.Event_QuestionAsked{QuestionAsked: &interactionlogv1.QuestionAsked{Slot: "silent"}}},
			{EventId: "e5", InteractionId: "i1", Payload: &interactionlogv1.Event_MenuSelected{MenuSelected: &interactionlogv1.MenuSelected{Option: "billing", Digits: "2"}}},
			pressed("e6", "i1", "7"),
			{EventId: "e7", InteractionId: "quiet", Payload: &interactionlogv1.Event_InteractionStarted{InteractionStarted: &interactionlogv1.InteractionStarted{}}},
			said("e8", "elsewhere"),
		}
		events[7].InteractionId = "i2"
		f.append(t, "customers/c1", events...)
		for _, size := range []int32{0, 1, 2} {
			var got []string
			req := &interactionlogv1.GetTranscriptRequest{Customer: "customers/c1", InteractionId: "i1", PageSize: size}
			for {
				resp, err := f.GetTranscript(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range resp.GetEntries() {
					got = append(got, fmt.Sprintf("%d %s %s: %s", e.GetRevision(), e.GetType(), e.GetActor().GetId(), e.GetText()))
				}
				if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
					break
				}
			}
			wantSame(t, fmt.Sprintf("pages of %d", size), got, []string{
				"1 EVENT_TYPE_MESSAGE_SENT : good morning",
				"3 EVENT_TYPE_QUESTION_ASKED ann: your name?",
				"5 EVENT_TYPE_MENU_SELECTED : billing",
				"6 EVENT_TYPE_MENU_SELECTED : 7",
			})
		}
		quiet, err := f.GetTranscript(t.Context(), &interactionlogv1.GetTranscriptRequest{Customer: "customers/c1", InteractionId: "quiet"})
		if err != nil || len(quiet.GetEntries()) != 0 {
			t.Errorf("quiet interaction: %v, %v", quiet, err)
		}
	})
}

func TestSearchEvents(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		f.append(t, "customers/c1",
			said("e1", "I moved to Elm Street"),
			said("e2", "the INVOICE for elm street is wrong"),
			&interactionlogv1.Event{EventId: "e3", Payload: &interactionlogv1.Event_NoteAdded{NoteAdded: &interactionlogv1.NoteAdded{Text: "invoices sent twice"}}},
			&interactionlogv1.Event{EventId: "e4", Payload: &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{Slot: "street", Value: "Elm Street 12"}}},
		)
		for query, want := range map[string][]string{
			"elm":            {"e4", "e2", "e1"},
			"Street elm":     {"e4", "e2", "e1"},
			"invoice":        {"e3", "e2"},
			"invoice street": {"e2"},
			"elm 12":         {"e4"},
			"nothing":        nil,
		} {
			var got []string
			req := &interactionlogv1.SearchEventsRequest{Customer: "customers/c1", Query: query, PageSize: 1}
			for {
				resp, err := f.SearchEvents(t.Context(), req)
				if err != nil {
					t.Fatalf("%s: %v", query, err)
				}
				for _, h := range resp.GetHits() {
					got = append(got, h.GetEvent().GetEventId())
					if h.GetSnippet() == "" || len(h.GetSnippet()) > 200 {
						t.Errorf("%s: snippet %q", query, h.GetSnippet())
					}
				}
				if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
					break
				}
			}
			wantSame(t, query, got, want)
		}
	})
}

func TestGetHeadAndShards(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{shards: 8})
		resp := f.append(t, "customers/c1", said("e1", "a"), said("e2", "b"))
		last := resp.GetResults()[1]
		head, err := f.GetHead(t.Context(), &interactionlogv1.GetHeadRequest{Customer: "customers/c1"})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "head", head, &interactionlogv1.GetHeadResponse{
			Revision: 2, Shard: last.GetShard(), Sequence: 2, RecordedAt: last.GetRecordedAt(), ConsistencyToken: resp.GetConsistencyToken(),
		})
		shards, err := f.ListShards(t.Context(), &interactionlogv1.ListShardsRequest{})
		if err != nil || len(shards.GetShards()) != 8 {
			t.Fatalf("%v, %v", shards, err)
		}
		for i, s := range shards.GetShards() {
			want := int64(0)
			if s.GetShard() == last.GetShard() {
				want = 2
			}
			if s.GetShard() != int32(i) || s.GetHeadSequence() != want {
				t.Errorf("shard %d: %v", i, s)
			}
		}
	})
}
