package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/eventtest"
	"github.com/throughline-cx/throughline/services/internal/aip"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func TestAppendAnswersWithPlaces(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		resp := f.append(t, "customers/c1", said("e1", "hello"), said("e2", "world"))
		if resp.GetRevision() != 2 || len(resp.GetResults()) != 2 {
			t.Fatalf("answer: %v", resp)
		}
		for i, r := range resp.GetResults() {
			want := &interactionlogv1.AppendResult{
				EventId: fmt.Sprintf("e%d", i+1), Revision: int64(i + 1), Shard: r.GetShard(), Sequence: int64(i + 1),
				RecordedAt: timestamppb.New(testkit.Epoch),
			}
			wantSame(t, "result", r, want)
		}
		p, err := aip.DecodeToken(auth.DefaultTenant, resp.GetConsistencyToken())
		if err != nil || p != (aip.Position{Customer: "c1", Revision: 2}) {
			t.Errorf("token stands for %v, %v", p, err)
		}
	})
}

// What is appended comes back whole: every field of every kind of event.
func TestEveryKindRoundTrips(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		var want []*interactionlogv1.Event
		for i, kind := range eventtest.Kinds() {
			ev := eventtest.Full(kind, fmt.Sprintf("e%d", i))
			sent := proto.CloneOf(ev)
			sent.Customer = "" // may be left out
			resp, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
				Customer: ev.GetCustomer(), Events: []*interactionlogv1.Event{sent}, IncludeEvents: true,
			})
			if err != nil {
				t.Fatalf("%s: %v", kind.Name(), err)
			}
			r := resp.GetResults()[0]
			ev.Revision, ev.Shard, ev.Sequence, ev.RecordedAt = int64(i+1), r.GetShard(), int64(i+1), timestamppb.New(testkit.Epoch)
			wantSame(t, string(kind.Name()), r.GetEvent(), ev)
			want = append(want, ev)
		}
		list, err := f.ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/full"})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "list", list.GetEvents(), want)
	})
}

func TestMissingTimeAndTraceAreFilledIn(t *testing.T) {
	f := onMemory(t, setup{})
	ctx := withTrace(t.Context(), "0af7651916cd43dd8448eb211c80319c")
	ev := said("e1", "hello")
	resp, err := f.AppendEvents(ctx, &interactionlogv1.AppendEventsRequest{
		Customer: "customers/c1", Events: []*interactionlogv1.Event{ev}, IncludeEvents: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	got := resp.GetResults()[0].GetEvent()
	if !got.GetOccurredAt().AsTime().Equal(testkit.Epoch) {
		t.Errorf("occurred at %v", got.GetOccurredAt().AsTime())
	}
	if !strings.HasPrefix(got.GetTraceparent(), "00-0af7651916cd43dd8448eb211c80319c-") {
		t.Errorf("traceparent %q", got.GetTraceparent())
	}

	// The same event again, later and in another trace, is the same event.
	f.clock.Advance(1e9)
	ctx = withTrace(t.Context(), "ffffffff16cd43dd8448eb211c80319c")
	again, err := f.AppendEvents(ctx, &interactionlogv1.AppendEventsRequest{
		Customer: "customers/c1", Events: []*interactionlogv1.Event{ev}, IncludeEvents: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := proto.CloneOf(resp)
	want.Results[0].Replayed = true
	wantSame(t, "replay", again, want)
}

func TestRetriesAnswerWithTheFirstResult(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		req := &interactionlogv1.AppendEventsRequest{
			Customer: "customers/c1", ExpectedRevision: proto.Int64(0), IncludeEvents: true,
			Events: []*interactionlogv1.Event{said("e1", "my card is 4111 1111 1111 1111"), said("e2", "bye")},
		}
		first, err := f.AppendEvents(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if len(first.GetResults()[0].GetRedactions()) != 1 {
			t.Fatalf("redactions: %v", first.GetResults()[0].GetRedactions())
		}
		f.append(t, "customers/c1", said("e3", "later"))
		// expected_revision is not checked when all are replays.
		again, err := f.AppendEvents(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range again.GetResults() {
			want := proto.CloneOf(first.GetResults()[i])
			want.Replayed = true
			wantSame(t, "result", r, want)
		}
	})
}

func TestConcurrentRetriesStoreOnce(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		const callers, rounds = 16, 20
		for round := range rounds {
			var wg sync.WaitGroup
			revisions := make([]int64, callers)
			errs := make([]error, callers)
			for c := range callers {
				wg.Go(func() {
					resp, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
						Customer: "customers/c1",
						Events:   []*interactionlogv1.Event{pressed(fmt.Sprintf("e%d", round), "i1", "4")},
					})
					if errs[c] = err; err == nil {
						revisions[c] = resp.GetResults()[0].GetRevision()
					}
				})
			}
			wg.Wait()
			for c := range callers {
				if errs[c] != nil || revisions[c] != int64(round+1) {
					t.Fatalf("round %d, caller %d: revision %d, %v", round, c, revisions[c], errs[c])
				}
			}
		}
		head, err := f.GetHead(t.Context(), &interactionlogv1.GetHeadRequest{Customer: "customers/c1"})
		if err != nil || head.GetRevision() != rounds {
			t.Errorf("head %v, %v", head, err)
		}
	})
}

func TestRefusedAppendStoresNothing(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		bad := said("e2", strings.Repeat("x", 40_000))
		_, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
			Customer: "customers/c1", Events: []*interactionlogv1.Event{said("e1", "good"), bad},
		})
		got := wantReason(t, err, "INVALID_REQUEST")
		if len(got.Fields) != 1 || got.Fields[0].Path != "events[1].message_sent.text" {
			t.Errorf("fields: %v", got.Fields)
		}
		_, err = f.GetHead(t.Context(), &interactionlogv1.GetHeadRequest{Customer: "customers/c1"})
		wantReason(t, err, "CUSTOMER_NOT_FOUND")
	})
}

// withTrace returns a context whose calls carry a trace.
func withTrace(ctx context.Context, id string) context.Context {
	return metadataContext(ctx, "traceparent", "00-"+id+"-b7ad6b7169203331-01")
}
