package server_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/context/internal/store/boltstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// callers is how many call at the same time in the benchmarks, on one connection.
const callers = 64

// busyCustomer writes a customer whose context is about 4 KB.
func busyCustomer(n *node) string {
	const customer = "customers/busy"
	for i := range 12 {
		e := stated(fmt.Sprint("fact-", i), fmt.Sprint("slot_", i), fmt.Sprint("value number ", i))
		e.InteractionId, e.Channel = fmt.Sprint("genesys:", i%4), logv1.Channel_CHANNEL_IVR
		n.append(customer, e, &logv1.Event{
			EventId: fmt.Sprint("msg-", i), InteractionId: e.InteractionId, Channel: e.Channel,
			Actor:   &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_CUSTOMER},
			Payload: &logv1.Event_MessageSent{MessageSent: &logv1.MessageSent{Text: "I would like to change my billing address, please."}},
		})
	}
	n.followed()
	return customer
}

// echoServer answers every call with the same prepared message: what gRPC itself costs.
type echoServer struct {
	contextv1.UnimplementedContextServiceServer
	answer *contextv1.CustomerContext
}

func (e *echoServer) GetContext(context.Context, *contextv1.GetContextRequest) (*contextv1.CustomerContext, error) {
	return e.answer, nil
}

func dialTCP(b *testing.B, serve func(net.Listener)) contextv1.ContextServiceClient {
	b.Helper()
	lis, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go serve(lis)
	conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return contextv1.NewContextServiceClient(conn)
}

func hammer(b *testing.B, client contextv1.ContextServiceClient, customer string) {
	b.Helper()
	b.SetParallelism(callers / 2)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.GetContext(context.Background(), &contextv1.GetContextRequest{Customer: customer}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkGetContext(b *testing.B) {
	n := run(b)
	customer := busyCustomer(n)
	answer, err := n.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: customer})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("echo", func(b *testing.B) {
		srv := grpc.NewServer()
		contextv1.RegisterContextServiceServer(srv, &echoServer{answer: answer})
		b.Cleanup(srv.Stop)
		hammer(b, dialTCP(b, func(l net.Listener) { _ = srv.Serve(l) }), customer)
	})
	b.Run("service", func(b *testing.B) {
		srv, err := rpc.NewServer(rpc.Options{Domain: server.Domain})
		if err != nil {
			b.Fatal(err)
		}
		contextv1.RegisterContextServiceServer(srv, server.New(server.Options{
			View: n.view,
		}))
		b.Cleanup(srv.Stop)
		b.ReportMetric(float64(proto.Size(answer)), "answer-bytes")
		hammer(b, dialTCP(b, func(l net.Listener) { _ = srv.Serve(l) }), customer)
	})
}

// BenchmarkColdContext measures the screen pop of a customer who is not in memory, without gRPC.
func BenchmarkColdContext(b *testing.B) {
	const customers = 20_000
	store, err := boltstore.Open(filepath.Join(b.TempDir(), "context.db"), boltstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	n := newWorld(b).start(store, func(o *projector.Options) { o.CacheBytes = 1 << 20 })
	for i := range customers {
		e := &logv1.Event{
			EventId: "m1", InteractionId: fmt.Sprint("call-", i), Channel: logv1.Channel_CHANNEL_CHAT,
			Actor:   &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_CUSTOMER},
			Payload: &logv1.Event_MessageSent{MessageSent: &logv1.MessageSent{Text: "I would like to change my billing address, please.", Locale: "en-GB"}},
		}
		second := proto.Clone(e).(*logv1.Event)
		second.EventId = "m2"
		n.append(fmt.Sprint("customers/c", i), e, second)
	}
	n.followed()
	n.eventually("all is saved", func() bool { return n.view.Backlog() == 0 })
	s := server.New(server.Options{View: n.view})
	ctx := must(auth.Open(context.Background(), ""))(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 7919) % customers
		if _, err := s.GetContext(ctx, &contextv1.GetContextRequest{Customer: fmt.Sprint("customers/c", i)}); err != nil {
			b.Fatal(err)
		}
	}
}
