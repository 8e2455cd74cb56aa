package projector_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func stated(id, slot, value string) *logv1.Event {
	return &logv1.Event{EventId: id, Payload: &logv1.Event_FactStated{FactStated: &logv1.FactStated{Slot: slot, Value: value}}}
}

func asked(id, slot string) *logv1.Event {
	return &logv1.Event{EventId: id, Payload: &logv1.Event_QuestionAsked{QuestionAsked: &logv1.QuestionAsked{Slot: slot}}}
}

// fixture is a log and a projector that follows it, seen by the default tenant.
type fixture struct {
	*projector.Projector
	*projector.Tenant
	t     *testing.T
	log   *logfake.Log
	store domain.Store
	stop  func()
}

func newLog(t *testing.T) (*logfake.Log, logv1.InteractionLogServiceClient) {
	t.Helper()
	log := logfake.New(4)
	conn := testkit.Serve(t, rpc.Options{Domain: logfake.Domain, Authenticate: logfake.Authenticate}, func(r grpc.ServiceRegistrar) {
		logv1.RegisterInteractionLogServiceServer(r, log)
	})
	return log, logv1.NewInteractionLogServiceClient(conn)
}

// follow runs a projector until the test ends or stop is called.
func follow(t *testing.T, log *logfake.Log, client logv1.InteractionLogServiceClient, store domain.Store, tune func(*projector.Options)) *fixture {
	t.Helper()
	o := projector.Options{
		Log: client, Store: store, Logger: testkit.Logger(t),
		SaveEvery: 2 * time.Millisecond, PollEvery: 5 * time.Millisecond, RetryMin: time.Millisecond, RetryMax: 5 * time.Millisecond,
	}
	if tune != nil {
		tune(&o)
	}
	p, err := projector.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	f := &fixture{Projector: p, Tenant: p.Tenant(auth.DefaultTenant), t: t, log: log, store: store, stop: sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})}
	t.Cleanup(f.stop)
	return f
}

func (f *fixture) append(customer string, events ...*logv1.Event) {
	f.t.Helper()
	if _, err := f.log.Append("customers/"+customer, events...); err != nil {
		f.t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// settle waits until all of the log is applied, saved and reacted to.
func (f *fixture) settle() {
	f.t.Helper()
	eventually(f.t, "the view settles", func() bool {
		resp, err := f.log.ListShards(f.t.Context(), &logv1.ListShardsRequest{})
		return err == nil && f.Ready() == nil && f.Followed(resp.GetShards()) && f.Backlog() == 0
	})
}

func (f *fixture) wantRevision(customer string, want int64) {
	f.t.Helper()
	r, err := f.Read(f.t.Context(), customer, projector.Want{})
	if err != nil {
		f.t.Fatal(err)
	}
	if r.State.Revision != want {
		f.t.Errorf("%s: revision %d, want %d", customer, r.State.Revision, want)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	log, client := newLog(t)
	const budget = 200 << 10
	f := follow(t, log, client, memstore.New(), func(o *projector.Options) { o.CacheBytes = budget })
	const customers = 500
	for i := range customers {
		f.append(fmt.Sprint("c", i), stated("e1", "city", strings.Repeat("x", 200)), stated("e2", "name", "y"))
	}
	f.settle()
	if got := f.CachedBytes(); got > budget {
		t.Errorf("%d bytes in memory, budget %d", got, budget)
	}
	for i := range customers {
		f.wantRevision(fmt.Sprint("c", i), 2)
	}
	for i := range customers {
		f.append(fmt.Sprint("c", i), stated("e3", "age", "7"))
	}
	f.settle()
	for i := range customers {
		f.wantRevision(fmt.Sprint("c", i), 3)
	}
	if got := f.CachedBytes(); got > budget {
		t.Errorf("%d bytes in memory after reading, budget %d", got, budget)
	}
}

func TestUnknownCustomersLeaveNothingBehind(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	f.settle()
	for i := range 100 {
		f.wantRevision(fmt.Sprint("nobody", i), 0)
	}
	if got := f.CachedBytes(); got != 0 {
		t.Errorf("%d bytes in memory", got)
	}
}

func TestStoreAheadOfTheLogSaysWhatToDo(t *testing.T) {
	log, client := newLog(t)
	store := memstore.New()
	if err := store.Save(t.Context(), domain.Progress{Positions: map[int32]int64{2: 17}}); err != nil {
		t.Fatal(err)
	}
	f := follow(t, log, client, store, nil)
	eventually(t, "it says what to do", func() bool {
		err := f.Ready()
		return err != nil && strings.Contains(err.Error(), "delete the context store")
	})
}

// Positions without snapshots, as after damage: the log has the rest.
func TestMissingSnapshotsAreReadFromTheLog(t *testing.T) {
	log, client := newLog(t)
	first := follow(t, log, client, memstore.New(), nil)
	for i := range 10 {
		first.append("c1", stated(fmt.Sprint("e", i), "city", "x"))
	}
	first.settle()
	first.stop()
	positions, err := first.store.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New()
	if err := store.Save(t.Context(), domain.Progress{Positions: positions}); err != nil {
		t.Fatal(err)
	}
	f := follow(t, log, client, store, nil)
	f.settle()
	f.wantRevision("c1", 10)
	f.append("c1", stated("e10", "city", "y"))
	f.settle()
	f.wantRevision("c1", 11)
}

// The same, but the follower meets the customer before anybody asks for it.
func TestFollowerFillsGaps(t *testing.T) {
	log, client := newLog(t)
	for i := range 10 {
		if _, err := log.Append("customers/c1", stated(fmt.Sprint("e", i), "city", "x")); err != nil {
			t.Fatal(err)
		}
	}
	store := memstore.New()
	resp, err := log.ListShards(t.Context(), &logv1.ListShardsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	positions := map[int32]int64{}
	for _, s := range resp.GetShards() {
		positions[s.GetShard()] = s.GetHeadSequence()
	}
	if err := store.Save(t.Context(), domain.Progress{Positions: positions}); err != nil {
		t.Fatal(err)
	}
	f := follow(t, log, client, store, nil)
	f.append("c1", stated("e10", "city", "y"))
	f.settle()
	if got, err := store.LoadState(t.Context(), "default", "c1"); err != nil || got == nil || got.Revision != 11 {
		t.Errorf("stored: %v, %v", got, err)
	}
}

// A tail that hangs is found out by asking the log how far it is.
func TestStalledTailIsOpenedAgain(t *testing.T) {
	log, client := newLog(t)
	var tails atomic.Int32
	log.Intercept(func(ctx context.Context, method string) error {
		if method == "TailEvents" && tails.Add(1) == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	})
	if _, err := log.Append("customers/c1", stated("e1", "city", "x")); err != nil {
		t.Fatal(err)
	}
	f := follow(t, log, client, memstore.New(), nil)
	f.settle()
	f.wantRevision("c1", 1)
	if tails.Load() < 2 {
		t.Error("the first tail brought something")
	}
}

// More customers owe a repeat than may wait: they are recorded before their time, and the follower goes on.
func TestManyOwedRepeatsDoNotBlock(t *testing.T) {
	log, client := newLog(t)
	const customers = 40
	for i := range customers {
		if _, err := log.Append(fmt.Sprint("customers/c", i), stated("e1", "city", "x"), asked("q", "city")); err != nil {
			t.Fatal(err)
		}
	}
	f := follow(t, log, client, memstore.New(), func(o *projector.Options) { o.MaxDirty = 3 })
	f.settle()
	for i := range customers {
		f.wantRevision(fmt.Sprint("c", i), 3)
	}
}

// A repeat that the log refuses for good does not hold up everything behind it.
func TestRefusedRepeatIsGivenUp(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), func(o *projector.Options) {
		o.Logger = testkit.Logger(t)
	})
	f.settle()
	log.Intercept(func(_ context.Context, method string) error {
		if method == "AppendEvents" {
			return invalid()
		}
		return nil
	})
	f.append("c1", stated("e1", "city", "x"), asked("q", "city"))
	f.settle()
	if got, err := f.store.LoadState(t.Context(), "default", "c1"); err != nil || got.Revision != 2 {
		t.Errorf("stored: %v, %v", got, err)
	}
}

func TestMetrics(t *testing.T) {
	log, client := newLog(t)
	reader := metric.NewManualReader()
	f := follow(t, log, client, memstore.New(), func(o *projector.Options) {
		o.Meter = metric.NewMeterProvider(metric.WithReader(reader))
	})
	f.append("c1", stated("e1", "city", "x"))
	f.settle()
	var got metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	values := map[string]int64{}
	for _, m := range got.ScopeMetrics[0].Metrics {
		if g, ok := m.Data.(metricdata.Gauge[int64]); ok {
			values[m.Name] = g.DataPoints[0].Value
		}
	}
	if values["throughline.context.follower.lag"] != 0 || values["throughline.context.cache.customers"] != 1 || values["throughline.context.cache.size"] == 0 {
		t.Errorf("got %v", values)
	}
}

func invalid() error {
	return fault.New(fault.Invalid, "CARD_NUMBER_IN_ID", "an id holds a card number")
}
