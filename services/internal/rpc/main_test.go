package rpc_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// fake is a service whose handlers are the test's.
type fake struct {
	testpb.UnimplementedTestServiceServer
	unary  func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error)
	stream func(grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error
	upload func(grpc.ClientStreamingServer[testpb.StreamingInputCallRequest, testpb.StreamingInputCallResponse]) error
}

func (f *fake) UnaryCall(ctx context.Context, r *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return f.unary(ctx, r)
}

func (f *fake) StreamingOutputCall(_ *testpb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error {
	return f.stream(s)
}

func (f *fake) StreamingInputCall(s grpc.ClientStreamingServer[testpb.StreamingInputCallRequest, testpb.StreamingInputCallResponse]) error {
	return f.upload(s)
}

// serve starts the fake behind the real interceptors.
func serve(t *testing.T, o rpc.Options, f *fake) testpb.TestServiceClient {
	t.Helper()
	if o.Domain == "" {
		o.Domain = "test.throughline"
	}
	return testpb.NewTestServiceClient(testkit.Serve(t, o, func(r grpc.ServiceRegistrar) {
		testpb.RegisterTestServiceServer(r, f)
	}))
}

func failing(err error) *fake {
	return &fake{
		unary:  func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) { return nil, err },
		stream: func(grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error { return err },
	}
}
