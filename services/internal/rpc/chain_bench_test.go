package rpc

import (
	"context"
	"io"
	"log/slog"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
)

// BenchmarkChain is what the interceptors cost by themselves, on the way of a call that succeeds.
func BenchmarkChain(b *testing.B) {
	s, err := NewServer(Options{
		Logger:        slog.New(slog.NewTextHandler(io.Discard, nil)),
		MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader())),
	})
	if err != nil {
		b.Fatal(err)
	}
	s.methods.add(&testpb.TestService_ServiceDesc, nil)
	ctx := metadata.NewIncomingContext(context.Background(), metadata.MD{":authority": []string{"localhost"}})
	req, resp := &testpb.SimpleRequest{}, &testpb.SimpleResponse{}
	handler := func(context.Context, any) (any, error) { return resp, nil }
	info := &grpc.UnaryServerInfo{FullMethod: testpb.TestService_UnaryCall_FullMethodName}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.chain.unary(ctx, req, info, handler); err != nil {
			b.Fatal(err)
		}
	}
}
