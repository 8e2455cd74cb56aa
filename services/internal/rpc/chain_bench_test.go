package rpc

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
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

// BenchmarkChainCaller compares a call to an open server with that of a caller with an API key.
func BenchmarkChainCaller(b *testing.B) {
	path := filepath.Join(b.TempDir(), apikey.FileName)
	_, key, err := apikey.Add(path, apikey.Spec{Tenant: "acme", Roles: []string{"agent"}}, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	ring, err := apikey.Open(path, apikey.Options{Logger: log})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = ring.Close() }()
	ctx := metadata.NewIncomingContext(context.Background(), metadata.MD{
		":authority": []string{"localhost"}, auth.AuthorizationHeader: []string{"Bearer " + key},
	})
	req, resp := &interactionlogv1.GetHeadRequest{Customer: "customers/1"}, &interactionlogv1.GetHeadResponse{}
	handler := func(context.Context, any) (any, error) { return resp, nil }
	info := &grpc.UnaryServerInfo{FullMethod: interactionlogv1.InteractionLogService_GetHead_FullMethodName}
	for name, check := range map[string]auth.Authenticator{"open": auth.Open, "key": (&auth.Guard{Keys: ring}).Authenticate} {
		b.Run(name, func(b *testing.B) {
			s, err := NewServer(Options{
				Logger:        log,
				MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader())),
				Authenticate:  check,
			})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Stop()
			s.methods.add(&interactionlogv1.InteractionLogService_ServiceDesc, nil)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.chain.unary(ctx, req, info, handler); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
