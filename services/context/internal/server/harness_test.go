package server_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/domain/token"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

type projectorOptions = projector.Options

// testKey is the key of all nodes, as of replicas.
var testKey = token.Key{1, 2, 3}

func TestMain(m *testing.M) { testkit.Main(m) }

// shards is how many shards the fake log has.
const shards = 4

// world is a log and, in front of it, a context service; everything talks over in-memory connections.
type world struct {
	t      testing.TB
	log    *logfake.Log
	logRPC logv1.InteractionLogServiceClient
	clock  *testkit.Clock
	// options are what the servers of the world are made with, besides their view.
	options server.Options
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, log: logfake.New(shards), clock: &testkit.Clock{}}
	w.log.Now = w.clock.Now
	conn := testkit.Serve(t, rpc.Options{Domain: logfake.Domain, Authenticate: logfake.Authenticate}, func(r grpc.ServiceRegistrar) {
		logv1.RegisterInteractionLogServiceServer(r, w.log)
	})
	w.logRPC = logv1.NewInteractionLogServiceClient(conn)
	return w
}

// node is one running context service.
type node struct {
	contextv1.ContextServiceClient
	*world
	view *projector.Projector
	stop func()
}

// start runs a context service on a store until the test ends or stop is called.
func (w *world) start(store domain.Store, tune ...func(*projector.Options)) *node {
	w.t.Helper()
	o := projector.Options{
		Log: w.logRPC, Store: store, Tenants: []string{auth.DefaultTenant}, Logger: testkit.Logger(w.t), Now: w.clock.Now,
		SaveEvery: 5 * time.Millisecond, PollEvery: 20 * time.Millisecond,
		RetryMin: time.Millisecond, RetryMax: 20 * time.Millisecond, ReadyWait: 2 * time.Second,
	}
	for _, f := range tune {
		f(&o)
	}
	view, err := projector.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := view.Run(ctx); err != nil {
			w.t.Errorf("run: %v", err)
		}
	})
	stop := sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	w.t.Cleanup(stop)
	conn := testkit.Serve(w.t, rpc.Options{Domain: server.Domain}, func(r grpc.ServiceRegistrar) {
		so := w.options
		so.View, so.HandoffKey = view, testKey
		contextv1.RegisterContextServiceServer(r, server.New(so))
	})
	return &node{ContextServiceClient: contextv1.NewContextServiceClient(conn), world: w, view: view, stop: stop}
}

// run makes a world with one node on an empty store and waits until it is ready.
func run(t testing.TB) *node {
	t.Helper()
	n := newWorld(t).start(memstore.New())
	n.ready()
	return n
}

// ready waits until the node has read the log.
func (n *node) ready() {
	n.t.Helper()
	n.eventually("the node is ready", func() bool { return n.view.Ready() == nil })
}

func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	w.t.Cleanup(cancel)
	return ctx
}

// eventually waits until a condition holds that background work brings about.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("never happened: %s", what)
		}
	}
}

// followed waits until the node has applied all that the log holds.
func (n *node) followed() {
	n.t.Helper()
	n.eventually("the follower applies all of the log", func() bool {
		resp, err := n.logRPC.ListShards(n.ctx(), &logv1.ListShardsRequest{})
		if err != nil {
			n.t.Fatal(err)
		}
		return n.view.Followed(resp.GetShards())
	})
}

func (w *world) append(customer string, events ...*logv1.Event) {
	w.t.Helper()
	if _, err := w.log.Append(customer, events...); err != nil {
		w.t.Fatal(err)
	}
}

// reasonOf returns the reason in an error of a call, "" for none.
func reasonOf(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// metaOf returns the facts in an error of a call.
func metaOf(err error) map[string]string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetMetadata()
		}
	}
	return nil
}

// fieldsOf returns the fields that an error of a call blames.
func fieldsOf(err error) []string {
	var fields []string
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				fields = append(fields, v.GetField())
			}
		}
	}
	slices.Sort(fields)
	return fields
}

func wantReason(t testing.TB, err error, reason string) {
	t.Helper()
	if err == nil || reasonOf(err) != reason {
		t.Errorf("got error %v, want reason %s", err, reason)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func phone(number string) *logv1.Identifier {
	return &logv1.Identifier{Type: logv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: number}
}

func email(address string) *logv1.Identifier {
	return &logv1.Identifier{Type: logv1.IdentifierType_IDENTIFIER_TYPE_EMAIL, Value: address}
}

func stated(id, slot, value string) *logv1.Event {
	return &logv1.Event{EventId: id, Payload: &logv1.Event_FactStated{FactStated: &logv1.FactStated{Slot: slot, Value: value}}}
}

func asked(id, slot string) *logv1.Event {
	return &logv1.Event{EventId: id, Payload: &logv1.Event_QuestionAsked{QuestionAsked: &logv1.QuestionAsked{Slot: slot}}}
}
