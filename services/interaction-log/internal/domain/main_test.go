package domain_test

import (
	"context"
	"testing"
	"time"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// gate is a store whose appends wait until they are let through, so that a test
// decides what happens while one is on its way.
type gate struct {
	domain.Store
	arrived chan []*domain.Batch
	let     chan error
}

func newGate(t testing.TB) *gate {
	t.Helper()
	return &gate{Store: newMemory(t), arrived: make(chan []*domain.Batch), let: make(chan error)}
}

// Append waits for the test, which gives the error it ends with.
func (g *gate) Append(ctx context.Context, batches []*domain.Batch) error {
	g.arrived <- batches
	if err := <-g.let; err != nil {
		return err
	}
	return g.Store.Append(ctx, batches)
}

// pass lets the next append through and returns its batches.
func (g *gate) pass(err error) []*domain.Batch {
	batches := <-g.arrived
	g.let <- err
	return batches
}

func newMemory(t testing.TB) domain.Store {
	t.Helper()
	s, err := memstore.New(4)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newLog(t testing.TB, s domain.Store, o domain.Options) *domain.Log {
	t.Helper()
	if o.Clock == nil {
		// Events made by storetest have its time.
		o.Clock = func() time.Time { return storetest.Epoch }
	}
	l, err := domain.NewLog(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func wantReason(t testing.TB, err error, kind fault.Kind, reason string) *fault.Error {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || f.Reason != reason {
		t.Fatalf("error %v, want %v %s", err, kind, reason)
	}
	return f
}
