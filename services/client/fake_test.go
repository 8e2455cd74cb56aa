package client_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// call is one attempt of a call as the server saw it.
type call struct {
	method string
	req    proto.Message
	header metadata.MD
	left   time.Duration // until its deadline; 0 when it had none
}

// fake is a server, with the interceptors and the validation of the real one, whose answers a test gives.
type fake struct {
	contextv1.UnimplementedContextServiceServer
	logv1.UnimplementedInteractionLogServiceServer

	addr    string
	mu      sync.Mutex
	calls   []call
	answers map[string]func(proto.Message) (proto.Message, error)
	export  func(grpc.ServerStreamingServer[contextv1.ExportCustomerResponse]) error
	watch   func(*contextv1.WatchContextRequest, grpc.ServerStreamingServer[contextv1.WatchContextResponse]) error
}

// serve serves on a free port of loopback, with the plumbing of the real services.
func serve(register func(grpc.ServiceRegistrar), opts ...grpc.ServerOption) (addr string, stop func(), err error) {
	srv, err := rpc.NewServer(rpc.Options{
		Domain: "context.throughline", Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), ServerOptions: opts,
	})
	if err != nil {
		return "", nil, err
	}
	register(srv)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	var served sync.WaitGroup
	served.Go(func() { _ = srv.Serve(lis) })
	return lis.Addr().String(), func() {
		srv.Stop()
		served.Wait()
	}, nil
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{answers: map[string]func(proto.Message) (proto.Message, error){}}
	addr, stop, err := serve(func(r grpc.ServiceRegistrar) {
		contextv1.RegisterContextServiceServer(r, f)
		logv1.RegisterInteractionLogServiceServer(r, f)
	}, grpc.ChainUnaryInterceptor(f.unary))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	f.addr = addr
	return f
}

// dial returns a client of the fake, closed at the end of the test.
func (f *fake) dial(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.Dial(f.addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// answer says what a method answers.
func (f *fake) answer(method string, with func(proto.Message) (proto.Message, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[method] = with
}

// always answers a method with the same message.
func (f *fake) always(method string, m proto.Message) {
	f.answer(method, func(proto.Message) (proto.Message, error) { return m, nil })
}

func (f *fake) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	f.record(ctx, path.Base(info.FullMethod), req.(proto.Message))
	f.mu.Lock()
	with := f.answers[path.Base(info.FullMethod)]
	f.mu.Unlock()
	if with == nil {
		return handler(ctx, req)
	}
	return with(req.(proto.Message))
}

func (f *fake) record(ctx context.Context, method string, req proto.Message) {
	header, _ := metadata.FromIncomingContext(ctx)
	c := call{method: method, req: proto.Clone(req), header: header}
	if d, ok := ctx.Deadline(); ok {
		c.left = time.Until(d)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, c)
}

// WatchContext answers by the test's function.
func (f *fake) WatchContext(req *contextv1.WatchContextRequest, s grpc.ServerStreamingServer[contextv1.WatchContextResponse]) error {
	f.record(s.Context(), "WatchContext", req)
	return f.watch(req, s)
}

// ExportCustomer answers by the test's function.
func (f *fake) ExportCustomer(req *contextv1.ExportCustomerRequest, s grpc.ServerStreamingServer[contextv1.ExportCustomerResponse]) error {
	f.record(s.Context(), "ExportCustomer", req)
	return f.export(s)
}

// seen returns the attempts of a method so far.
func (f *fake) seen(method string) []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	var of []call
	for _, c := range f.calls {
		if c.method == method {
			of = append(of, c)
		}
	}
	return of
}

// last returns the newest attempt of a method.
func (f *fake) last(t *testing.T, method string) call {
	t.Helper()
	of := f.seen(method)
	if len(of) == 0 {
		t.Fatalf("%s was not called", method)
	}
	return of[len(of)-1]
}
