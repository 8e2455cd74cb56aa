package interactionlog_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	interactionlog "github.com/throughline-cx/throughline/services/interaction-log"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func event(id string) *interactionlogv1.Event {
	return &interactionlogv1.Event{EventId: id, Payload: &interactionlogv1.Event_NoteAdded{NoteAdded: &interactionlogv1.NoteAdded{Text: "x"}}}
}

// What is stored is there after the service was opened again, and goes on where it was.
func TestServiceKeepsItsData(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		s, err := interactionlog.New(t.Context(), interactionlog.Config{Dir: dir, Shards: 4}, interactionlog.Deps{Logger: testkit.Logger(t)})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Run("round", func(t *testing.T) {
			conn := testkit.Serve(t, rpc.Options{Domain: interactionlog.Domain}, func(r grpc.ServiceRegistrar) { s.Register(r) })
			client := interactionlogv1.NewInteractionLogServiceClient(conn)
			resp, err := client.AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
				Customer: "customers/c1", Events: []*interactionlogv1.Event{event([]string{"a", "b", "c"}[round])},
			})
			if err != nil || resp.GetRevision() != int64(round+1) {
				t.Errorf("%v, %v", resp, err)
			}
		})
		for range 2 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Ready(t.Context()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a closed service is ready: %v", err)
		}
	}
}

func TestServiceRefusesWhatCannotWork(t *testing.T) {
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, interactionlog.FileName), []byte("this is somebody else's file, and no store"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken := t.TempDir()
	owner, err := interactionlog.New(t.Context(), interactionlog.Config{Dir: taken, Shards: 4}, interactionlog.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Close() })
	for name, c := range map[string]struct {
		cfg     interactionlog.Config
		reasons []string
	}{
		"no folder":       {interactionlog.Config{}, []string{fault.ConfigInvalid}},
		"unknown store":   {interactionlog.Config{Store: "tape"}, []string{fault.ConfigInvalid}},
		"too many shards": {interactionlog.Config{Store: interactionlog.StoreMemory, Shards: 5000}, []string{fault.ConfigInvalid}},
		"foreign file":    {interactionlog.Config{Dir: foreign}, []string{fault.StoreForeign, fault.StoreDamaged}},
		"in use":          {interactionlog.Config{Dir: taken}, []string{fault.StoreLocked}},
	} {
		s, err := interactionlog.New(t.Context(), c.cfg, interactionlog.Deps{})
		ok := false
		for _, r := range c.reasons {
			ok = ok || fault.ReasonOf(err) == r
		}
		if !ok || s != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServiceShowsItsFigures(t *testing.T) {
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	s, err := interactionlog.New(t.Context(), interactionlog.Config{Store: interactionlog.StoreMemory}, interactionlog.Deps{MeterProvider: provider})
	if err != nil {
		t.Fatal(err)
	}
	conn := testkit.Serve(t, rpc.Options{}, func(r grpc.ServiceRegistrar) { s.Register(r) })
	if _, err := interactionlogv1.NewInteractionLogServiceClient(conn).AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
		Customer: "customers/c1", Events: []*interactionlogv1.Event{event("a"), event("b")},
	}); err != nil {
		t.Fatal(err)
	}
	var got metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	sums := map[string]int64{}
	for _, m := range got.ScopeMetrics[0].Metrics {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
			sums[m.Name] = sum.DataPoints[0].Value
		}
	}
	if sums["interactionlog.events"] != 2 || sums["interactionlog.sequence"] != 2 || sums["interactionlog.requests"] != 1 {
		t.Errorf("figures: %v", sums)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
