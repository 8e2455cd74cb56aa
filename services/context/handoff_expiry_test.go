package contextservice_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	contextservice "github.com/throughline-cx/throughline/services/context"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// An offer that lapses while no process runs expires after the next start, with nobody asking for it.
func TestHandoffsExpireAfterARestart(t *testing.T) {
	log, target := serveLog(t)
	clock := &testkit.Clock{}
	log.Now = clock.Now
	data := t.TempDir()
	start := func() (contextv1.ContextServiceClient, func()) {
		service, err := contextservice.New(contextservice.Config{DataDir: data, SaveEvery: time.Millisecond}, contextservice.Deps{
			Log: logv1.NewInteractionLogServiceClient(dial(t, target)), Logger: testkit.Logger(t), Now: clock.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() {
			if err := service.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		stop := sync.OnceFunc(func() {
			cancel()
			running.Wait()
			if err := service.Close(); err != nil {
				t.Error(err)
			}
		})
		t.Cleanup(stop)
		conn := testkit.Serve(t, rpc.Options{Domain: contextservice.Domain}, func(r grpc.ServiceRegistrar) { service.Register(r) })
		return contextv1.NewContextServiceClient(conn), stop
	}
	const customer = "customers/c1"
	if _, err := log.Append(customer, &logv1.Event{EventId: "n", Payload: &logv1.Event_NoteAdded{NoteAdded: &logv1.NoteAdded{Text: "hi"}}}); err != nil {
		t.Fatal(err)
	}
	client, stop := start()
	made, err := client.CreateHandoff(t.Context(), &contextv1.CreateHandoffRequest{Customer: customer})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	clock.Advance(24 * time.Hour)
	start()
	for end := time.Now().Add(time.Minute); expiries(log, customer) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the handoff never expires")
		}
	}
	last := log.Events(customer)[2]
	if got, want := last.GetOccurredAt().AsTime(), made.GetHandoff().GetExpireTime().AsTime(); !got.Equal(want) {
		t.Errorf("it expired at %v, want %v", got, want)
	}
}

func expiries(log *logfake.Log, customer string) int {
	n := 0
	for _, e := range log.Events(customer) {
		if e.GetHandoffExpired() != nil {
			n++
		}
	}
	return n
}
