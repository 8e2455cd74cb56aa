package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// fixture is an interaction log behind a real in-memory gRPC connection.
type fixture struct {
	interactionlogv1.InteractionLogServiceClient

	conn  *grpc.ClientConn
	rpc   *rpc.Server
	clock *testkit.Clock
	logs  *testkit.Buffer
	file  string // of a bolt store
}

// setup changes what a fixture is made of.
type setup struct {
	shards int
	store  domain.Store // replaces the store
	log    domain.Options
	server server.Options
	clock  func() time.Time
	// authenticate names the caller; everyone is the default tenant without it.
	authenticate auth.Authenticator
}

// onEachStore runs a test on every kind of store.
func onEachStore(t *testing.T, test func(t *testing.T, open func(testing.TB, setup) *fixture)) {
	t.Run("memstore", func(t *testing.T) { test(t, onMemory) })
	t.Run("boltstore", func(t *testing.T) { test(t, onBolt) })
}

func onMemory(t testing.TB, o setup) *fixture {
	t.Helper()
	if o.store == nil {
		store, err := memstore.New(max(o.shards, 4))
		if err != nil {
			t.Fatal(err)
		}
		o.store = store
	}
	return serve(t, o)
}

func serve(t testing.TB, o setup) *fixture {
	t.Helper()
	f := &fixture{clock: &testkit.Clock{}, logs: &testkit.Buffer{}}
	if o.clock == nil {
		o.clock = f.clock.Now
	}
	o.log.Clock, o.server.Clock = o.clock, o.clock
	log, err := domain.NewLog(t.Context(), o.store, o.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		log.Close()
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	})
	f.rpc, err = rpc.NewServer(rpc.Options{
		Domain:       server.Domain,
		Logger:       slog.New(slog.NewTextHandler(f.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Authenticate: o.authenticate,
	})
	if err != nil {
		t.Fatal(err)
	}
	interactionlogv1.RegisterInteractionLogServiceServer(f.rpc, server.New(log, o.server))
	f.conn = testkit.ServeOn(t, f.rpc)
	f.InteractionLogServiceClient = interactionlogv1.NewInteractionLogServiceClient(f.conn)
	return f
}

// append appends events and fails the test when they are refused.
func (f *fixture) append(t testing.TB, customer string, events ...*interactionlogv1.Event) *interactionlogv1.AppendEventsResponse {
	t.Helper()
	resp, err := f.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{Customer: customer, Events: events})
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return resp
}

// ingest sends messages and returns all acknowledgements.
func ingest(ctx context.Context, c interactionlogv1.InteractionLogServiceClient, messages ...[]*interactionlogv1.Event) ([]*interactionlogv1.IngestAck, error) {
	stream, err := c.IngestEvents(ctx)
	if err != nil {
		return nil, err
	}
	for _, events := range messages {
		if err := stream.Send(&interactionlogv1.IngestEventsRequest{Events: events}); err != nil {
			break // Recv has the reason
		}
	}
	_ = stream.CloseSend()
	return acksOf(stream)
}

func acksOf(stream grpc.BidiStreamingClient[interactionlogv1.IngestEventsRequest, interactionlogv1.IngestEventsResponse]) ([]*interactionlogv1.IngestAck, error) {
	var acks []*interactionlogv1.IngestAck
	for {
		resp, err := stream.Recv()
		if err != nil {
			return acks, notEOF(err)
		}
		acks = append(acks, resp.GetAcks()...)
	}
}

// said is an event in which somebody says something.
func said(id, text string) *interactionlogv1.Event {
	return &interactionlogv1.Event{
		EventId: id, InteractionId: "i1", Channel: interactionlogv1.Channel_CHANNEL_CHAT,
		Payload: &interactionlogv1.Event_MessageSent{MessageSent: &interactionlogv1.MessageSent{Text: text}},
	}
}

// of gives an event a customer.
func of(customer string, ev *interactionlogv1.Event) *interactionlogv1.Event {
	ev.Customer = customer
	return ev
}

func pressed(id, interaction, digits string) *interactionlogv1.Event {
	return &interactionlogv1.Event{
		EventId: id, InteractionId: interaction, Channel: interactionlogv1.Channel_CHANNEL_IVR,
		Payload: &interactionlogv1.Event_MenuSelected{MenuSelected: &interactionlogv1.MenuSelected{Menu: "m", Digits: digits}},
	}
}

func ids(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i+1)
	}
	return out
}

// wantReason checks the reason of a call's error and returns the fault.
func wantReason(t testing.TB, err error, reason string) *fault.Error {
	t.Helper()
	f := rpc.FromError(err)
	if f == nil || f.Reason != reason {
		t.Fatalf("error %v, want reason %s", err, reason)
	}
	return f
}

func wantSame(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func timestamp(seconds int64) *timestamppb.Timestamp { return &timestamppb.Timestamp{Seconds: seconds} }
