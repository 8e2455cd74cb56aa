package projector_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/boltstore"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// BenchmarkRebuild measures how fast a view is built from the log: 50,000 events of 5,000 customers.
func BenchmarkRebuild(b *testing.B) {
	const customers, each = 5000, 10
	log := logfake.New(64)
	for i := range customers {
		var events []*logv1.Event
		for j := range each {
			events = append(events, stated(fmt.Sprint("e", j), fmt.Sprint("slot", j%5), "some value"))
		}
		if _, err := log.Append(fmt.Sprint("customers/c", i), events...); err != nil {
			b.Fatal(err)
		}
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))
	conn := testkit.Serve(b, rpc.Options{Logger: quiet}, func(r grpc.ServiceRegistrar) {
		logv1.RegisterInteractionLogServiceServer(r, log)
	})
	stores := map[string]func(b *testing.B) domain.Store{
		"memstore": func(*testing.B) domain.Store { return memstore.New() },
		"boltstore": func(b *testing.B) domain.Store {
			s, err := boltstore.Open(filepath.Join(b.TempDir(), "c.db"), boltstore.Options{Logger: quiet})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			return s
		},
	}
	for name, open := range stores {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				view, err := projector.New(projector.Options{
					Log: logv1.NewInteractionLogServiceClient(conn), Store: open(b), Logger: quiet,
				})
				if err != nil {
					b.Fatal(err)
				}
				ctx, cancel := context.WithCancel(b.Context())
				var running sync.WaitGroup
				running.Go(func() { _ = view.Run(ctx) })
				for view.Ready() != nil {
					time.Sleep(time.Millisecond)
				}
				cancel()
				running.Wait()
				b.ReportMetric(float64(view.CachedBytes())/customers, "estimated-B/customer")
				runtime.KeepAlive(view)
			}
			b.ReportMetric(float64(b.N*customers*each)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkRead measures a read of a customer in memory, the path of nearly all screen pops.
func BenchmarkRead(b *testing.B) {
	log := logfake.New(4)
	conn := testkit.Serve(b, rpc.Options{Domain: logfake.Domain}, func(r grpc.ServiceRegistrar) {
		logv1.RegisterInteractionLogServiceServer(r, log)
	})
	view, err := projector.New(projector.Options{Log: logv1.NewInteractionLogServiceClient(conn), Store: memstore.New()})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := log.Append("customers/c1", stated("e1", "city", "x")); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = view.Run(ctx) })
	for view.Ready() != nil {
		time.Sleep(time.Millisecond)
	}
	for b.Loop() {
		r, err := view.Tenant("default").Read(ctx, "c1", projector.Want{})
		if err != nil || r.State.Revision != 1 {
			b.Fatal(err)
		}
	}
	cancel()
	running.Wait()
}
