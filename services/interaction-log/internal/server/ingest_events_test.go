package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestIngestAcknowledgesEachEventInOrder(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		var messages [][]*interactionlogv1.Event
		n := 0
		for m := range 50 {
			var events []*interactionlogv1.Event
			for range m%7 + 1 {
				events = append(events, of(fmt.Sprintf("customers/c%d", n%5), said(fmt.Sprintf("e%d", n), "hello")))
				n++
			}
			messages = append(messages, events)
		}
		acks, err := ingest(t.Context(), f, messages...)
		if err != nil || len(acks) != n {
			t.Fatalf("%d acknowledgements of %d, %v", len(acks), n, err)
		}
		for i, ack := range acks {
			if ack.GetIndex() != int64(i) || ack.GetError() != nil || ack.GetRevision() != int64(i/5+1) || ack.GetSequence() == 0 || ack.GetEventId() != "" {
				t.Fatalf("acknowledgement %d: %v", i, ack)
			}
		}
		again, err := ingest(t.Context(), f, messages...)
		if err != nil {
			t.Fatal(err)
		}
		for i, ack := range again {
			want := proto.CloneOf(acks[i])
			want.Replayed, want.EventId = true, fmt.Sprintf("e%d", i)
			wantSame(t, "replay", ack, want)
		}
	})
}

// What is wrong with one event does not stop the others.
func TestIngestRefusesSingleEvents(t *testing.T) {
	onEachStore(t, func(t *testing.T, open func(testing.TB, setup) *fixture) {
		f := open(t, setup{})
		f.append(t, "customers/c1", said("taken", "first"))
		output := of("customers/c1", said("output", "x"))
		output.Revision = 7
		early := of("customers/c1", said("early", "x"))
		early.OccurredAt = timestamp(-1)
		acks, err := ingest(t.Context(), f, []*interactionlogv1.Event{
			of("customers/c1", said("good-1", "x")),
			of("customers/c1", said("taken", "second")),
			of("customers/c1", said("4111111111111111", "x")),
			output,
			early,
			of("customers/c1", said("large", strings.Repeat("x", 32_769))),
			of("customers/c1", &interactionlogv1.Event{EventId: "huge", Touchpoint: strings.Repeat("x", 70_000)}),
			said("nobody", "x"),
			of("customers/c1", &interactionlogv1.Event{EventId: "empty"}),
			of("customers/c1", said("good-1", "x")),
			of("customers/c1", said("good-1", "other")),
			of("customers/c2", said("good-2", "x")),
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, a := range acks {
			if a.GetIndex() != int64(i) {
				t.Errorf("acknowledgement %d has index %d", i, a.GetIndex())
			}
			e := a.GetError()
			got = append(got, fmt.Sprintf("%s r%d replayed=%v %s %d %s", a.GetEventId(), a.GetRevision(), a.GetReplayed(), e.GetReason(), e.GetCode(), e.GetField()))
			if e.GetRetryable() {
				t.Errorf("%s is not retryable", a.GetEventId())
			}
		}
		wantSame(t, "acknowledgements", got, []string{
			" r2 replayed=false  0 ",
			"taken r0 replayed=false EVENT_ID_REUSED 6 ",
			" r0 replayed=false CARD_NUMBER_IN_ID 3 event_id",
			"output r0 replayed=false OUTPUT_ONLY_FIELD 3 revision",
			"early r0 replayed=false INVALID_TIME 3 occurred_at",
			"large r0 replayed=false INVALID_REQUEST 3 message_sent.text",
			"huge r0 replayed=false EVENT_TOO_LARGE 3 ",
			"nobody r0 replayed=false INVALID_REQUEST 3 customer",
			"empty r0 replayed=false INVALID_REQUEST 3 payload",
			"good-1 r2 replayed=true  0 ",
			"good-1 r0 replayed=false EVENT_ID_REUSED 6 ",
			" r1 replayed=false  0 ",
		})
		if got := revisionOf(t, f, "customers/c1"); got != 2 {
			t.Errorf("c1 is at revision %d", got)
		}
	})
}

// A message that is wrong as a whole ends the stream; what came before is stored.
func TestIngestEndsAtAWrongMessage(t *testing.T) {
	f := onMemory(t, setup{})
	good := []*interactionlogv1.Event{of("customers/c1", said("e1", "x"))}
	for name, c := range map[string]struct {
		events []*interactionlogv1.Event
		reason string
	}{
		"empty":      {nil, "INVALID_REQUEST"},
		"too many":   {make([]*interactionlogv1.Event, 1001), "BATCH_TOO_LARGE"},
		"too large":  {largeBatch(), "BATCH_TOO_LARGE"},
		"over limit": {append(largeBatch(), largeBatch()...), "REQUEST_TOO_LARGE"},
	} {
		for i := range c.events {
			if c.events[i] == nil {
				c.events[i] = &interactionlogv1.Event{}
			}
		}
		stream, err := f.IngestEvents(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(&interactionlogv1.IngestEventsRequest{Events: good}); err != nil {
			t.Fatal(err)
		}
		resp, err := stream.Recv()
		if err != nil || len(resp.GetAcks()) != 1 || resp.GetAcks()[0].GetRevision() != 1 {
			t.Errorf("%s: %v, %v", name, resp, err)
		}
		_ = stream.Send(&interactionlogv1.IngestEventsRequest{Events: c.events})
		_, err = acksOf(stream)
		wantReason(t, err, c.reason)
	}
}

// largeBatch is a little more than 1 MiB.
func largeBatch() []*interactionlogv1.Event {
	var events []*interactionlogv1.Event
	for i := range 33 {
		events = append(events, of("customers/c1", said(fmt.Sprintf("large%d", i), strings.Repeat("x", 32_000))))
	}
	return events
}

// failing is a store whose commits fail.
type failing struct {
	domain.Store
	err error
}

func (s failing) Append(context.Context, []*domain.Batch) error { return s.err }

func TestIngestTellsOfFailedCommits(t *testing.T) {
	for _, c := range []struct {
		err    error
		reason string
		code   int32
	}{
		{fault.New(fault.Exhausted, fault.StoreFull, "the store is full"), "STORE_FULL", 8},
		{fmt.Errorf("read /secret/path: input/output error"), "INTERNAL", 13},
	} {
		inner, err := memstore.New(4)
		if err != nil {
			t.Fatal(err)
		}
		f := serve(t, setup{store: failing{inner, c.err}})
		acks, err := ingest(t.Context(), f, []*interactionlogv1.Event{of("customers/c1", said("e1", "x")), of("customers/c2", said("e1", "x"))})
		if err != nil || len(acks) != 2 {
			t.Fatalf("%v, %v", acks, err)
		}
		for _, a := range acks {
			e := a.GetError()
			if e.GetReason() != c.reason || e.GetCode() != c.code || !e.GetRetryable() || strings.Contains(e.GetMessage(), "secret") {
				t.Errorf("error %v, want %s", e, c.reason)
			}
		}
	}
}

// gate is a store whose commits wait to be let through.
type gate struct {
	domain.Store
	open chan struct{}
}

func (s gate) Append(ctx context.Context, batches []*domain.Batch) error {
	<-s.open
	return s.Store.Append(ctx, batches)
}

// While a commit is on its way, more is read, but not without bound.
func TestIngestHoldsTheSenderBack(t *testing.T) {
	inner, err := memstore.New(4)
	if err != nil {
		t.Fatal(err)
	}
	g := gate{inner, make(chan struct{})}
	f := serve(t, setup{store: g})
	stream, err := f.IngestEvents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const messages = 40 // of half a mebibyte each
	sent := make(chan int, messages)
	go func() {
		defer close(sent)
		for m := range messages {
			var events []*interactionlogv1.Event
			for i := range 16 {
				events = append(events, of("customers/c1", said(fmt.Sprintf("e%d-%d", m, i), strings.Repeat("x", 32_000))))
			}
			if stream.Send(&interactionlogv1.IngestEventsRequest{Events: events}) != nil {
				return
			}
			sent <- m
		}
		_ = stream.CloseSend()
	}()
	for range 4 { // several are taken before the first is stored
		<-sent
	}
	close(g.open)
	acks, err := acksOf(stream)
	if err != nil || len(acks) != messages*16 {
		t.Fatalf("%d acknowledgements, %v", len(acks), err)
	}
	for i, a := range acks {
		if a.GetRevision() != int64(i+1) {
			t.Fatalf("acknowledgement %d: %v", i, a)
		}
	}
}

// Nothing is acknowledged before it is stored.
func TestIngestAcknowledgesAfterTheCommit(t *testing.T) {
	inner, err := memstore.New(4)
	if err != nil {
		t.Fatal(err)
	}
	g := gate{inner, make(chan struct{})}
	f := serve(t, setup{store: g})
	stream, err := f.IngestEvents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := stream.Recv()
		got <- err
	}()
	for i := range 10 {
		if err := stream.Send(&interactionlogv1.IngestEventsRequest{Events: []*interactionlogv1.Event{of("customers/c1", said(fmt.Sprintf("e%d", i), "x"))}}); err != nil {
			t.Fatal(err)
		}
	}
	// Another call is answered in the meantime.
	if _, err := f.ListShards(t.Context(), &interactionlogv1.ListShardsRequest{}); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-got:
		t.Fatalf("answered before the commit: %v", err)
	default:
	}
	close(g.open)
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	_ = stream.CloseSend()
	if _, err := acksOf(stream); err != nil {
		t.Fatal(err)
	}
}

func TestIngestEndsWhenTheServerDrains(t *testing.T) {
	f := onMemory(t, setup{})
	stream, err := f.IngestEvents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&interactionlogv1.IngestEventsRequest{Events: []*interactionlogv1.Event{of("customers/c1", said("e1", "x"))}}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if err := f.rpc.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = acksOf(stream)
	wantReason(t, err, "SERVER_DRAINING")
}

// A client that does not take its acknowledgements is dropped like any other slow reader.
func TestIngestDropsASlowReader(t *testing.T) {
	o := setup{}
	o.server.SlowConsumer = 20 * time.Millisecond
	f := onMemory(t, o)
	stream, err := f.IngestEvents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	go func() { // a sender that does not read is stuck, like the server, until somebody reads
		defer close(sent)
		for m := range 40 { // whose acknowledgements are more than a reader's window
			var events []*interactionlogv1.Event
			for i := range 500 {
				events = append(events, of("customers/c1", said(fmt.Sprintf("e%d-%d", m, i), "x")))
			}
			if stream.Send(&interactionlogv1.IngestEventsRequest{Events: events}) != nil {
				return
			}
		}
	}()
	waitFor(t, f, "SLOW_CONSUMER")
	_, err = acksOf(stream)
	wantReason(t, err, "SLOW_CONSUMER")
	<-sent
}

func revisionOf(t testing.TB, f *fixture, customer string) int64 {
	t.Helper()
	head, err := f.GetHead(t.Context(), &interactionlogv1.GetHeadRequest{Customer: customer})
	if err != nil {
		t.Fatal(err)
	}
	return head.GetRevision()
}
