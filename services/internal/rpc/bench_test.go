package rpc_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// echo answers with as many bytes as it is asked for.
type echo struct {
	testpb.UnimplementedTestServiceServer
	answer *testpb.SimpleResponse
}

func (e *echo) UnaryCall(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return e.answer, nil
}

// BenchmarkUnary compares the server of the suite with a bare one of grpc-go: a 4 KB answer to 64 callers.
func BenchmarkUnary(b *testing.B) {
	svc := &echo{answer: &testpb.SimpleResponse{Payload: &testpb.Payload{Body: make([]byte, 4096)}}}
	b.Run("bare", func(b *testing.B) {
		srv := grpc.NewServer()
		testpb.RegisterTestServiceServer(srv, svc)
		defer srv.Stop()
		lis := listen(b)
		go func() { _ = srv.Serve(lis) }()
		conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		call(b, conn)
	})
	b.Run("suite", func(b *testing.B) {
		srv, err := rpc.NewServer(rpc.Options{
			Logger:        slog.New(slog.NewTextHandler(io.Discard, nil)),
			MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader())),
		})
		if err != nil {
			b.Fatal(err)
		}
		testpb.RegisterTestServiceServer(srv, svc)
		defer srv.Stop()
		lis := listen(b)
		go func() { _ = srv.Serve(lis) }()
		conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		call(b, conn)
	})
}

func listen(b *testing.B) net.Listener {
	b.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return lis
}

func call(b *testing.B, conn *grpc.ClientConn) {
	b.Helper()
	client := testpb.NewTestServiceClient(conn)
	if _, err := client.UnaryCall(context.Background(), &testpb.SimpleRequest{}); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(32)
	b.ReportAllocs()
	before := cpuTime(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.UnaryCall(context.Background(), &testpb.SimpleRequest{}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// cpuTime returns the processor time of this process so far. Unlike the wall clock it tells two servers apart on a
// machine that others use too.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
