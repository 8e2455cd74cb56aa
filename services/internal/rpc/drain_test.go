package rpc_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

type running struct {
	srv    *rpc.Server
	conn   *grpc.ClientConn
	client testpb.TestServiceClient
	served chan error
}

func start(t *testing.T, grace time.Duration, f *fake) *running {
	t.Helper()
	srv, err := rpc.NewServer(rpc.Options{Logger: testkit.Logger(t), DrainGrace: grace})
	if err != nil {
		t.Fatal(err)
	}
	testpb.RegisterTestServiceServer(srv, f)
	pipe := rpc.NewPipe()
	r := &running{srv: srv, served: make(chan error, 1)}
	go func() { r.served <- srv.Serve(pipe.Listener()) }()
	if r.conn, err = pipe.Dial(rpc.DialOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.conn.Close() })
	r.client = testpb.NewTestServiceClient(r.conn)
	return r
}

// open opens a stream and waits for its first message, so that its handler runs.
func (r *running) open(t *testing.T) grpc.ServerStreamingClient[testpb.StreamingOutputCallResponse] {
	t.Helper()
	s, err := r.client.StreamingOutputCall(context.Background(), &testpb.StreamingOutputCallRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recv(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDrainEndsStreams(t *testing.T) {
	r := start(t, time.Minute, &fake{stream: func(s grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error {
		if err := s.Send(&testpb.StreamingOutputCallResponse{}); err != nil {
			return err
		}
		<-rpc.Draining(s.Context())
		return rpc.DrainingFault()
	}})
	r.srv.SetReady(true)
	watch, err := healthpb.NewHealthClient(r.conn).Check(context.Background(), &healthpb.HealthCheckRequest{})
	if err != nil || watch.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Fatal(watch, err)
	}
	streams := []grpc.ServerStreamingClient[testpb.StreamingOutputCallResponse]{r.open(t), r.open(t), r.open(t)}
	if err := r.srv.Drain(context.Background()); err != nil {
		t.Errorf("drain: %v", err)
	}
	for _, s := range streams {
		if _, err := s.Recv(); seen(err).Reason != fault.ServerDraining {
			t.Errorf("stream ended with %v", err)
		}
	}
	if err := <-r.served; err != nil {
		t.Errorf("serve: %v", err)
	}
	if err := r.srv.Drain(context.Background()); err != nil {
		t.Errorf("second drain: %v", err)
	}
}

func TestDrainLetsUnaryCallsFinish(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	r := start(t, time.Minute, &fake{unary: func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
		close(entered)
		<-release
		return &testpb.SimpleResponse{}, nil
	}})
	answered := make(chan error, 1)
	go func() {
		_, err := r.client.UnaryCall(context.Background(), &testpb.SimpleRequest{})
		answered <- err
	}()
	<-entered
	go func() {
		<-r.srv.Draining()
		close(release)
	}()
	if err := r.srv.Drain(context.Background()); err != nil {
		t.Errorf("drain: %v", err)
	}
	if err := <-answered; err != nil {
		t.Errorf("call: %v", err)
	}
	<-r.served
}

// TestDrainCutsOff has a handler that does not heed the signal: GracefulStop alone would wait for it for ever.
func TestDrainCutsOff(t *testing.T) {
	r := start(t, 20*time.Millisecond, &fake{stream: func(s grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error {
		if err := s.Send(&testpb.StreamingOutputCallResponse{}); err != nil {
			return err
		}
		<-s.Context().Done()
		return s.Context().Err()
	}})
	s := r.open(t)
	if err := r.srv.Drain(context.Background()); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("drain: %v", err)
	}
	if _, err := s.Recv(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("stream ended with %v", err)
	}
	<-r.served
}

func TestDrainReportsAStuckHandler(t *testing.T) {
	release := make(chan struct{})
	r := start(t, time.Minute, &fake{stream: func(s grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error {
		if err := s.Send(&testpb.StreamingOutputCallResponse{}); err != nil {
			return err
		}
		<-release
		return nil
	}})
	r.open(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // no patience at all
	if err := r.srv.Drain(ctx); err == nil || !strings.Contains(err.Error(), "ignores") {
		t.Errorf("drain: %v", err)
	}
	close(release)
	<-r.served
}

func TestInbox(t *testing.T) {
	r := start(t, time.Minute, &fake{upload: func(s grpc.ClientStreamingServer[testpb.StreamingInputCallRequest, testpb.StreamingInputCallResponse]) error {
		in, n := rpc.Inbox(s.Context(), s.Recv, 1), int32(0)
		for {
			select {
			case m := <-in:
				if errors.Is(m.Err, io.EOF) {
					return s.SendAndClose(&testpb.StreamingInputCallResponse{AggregatedPayloadSize: n})
				}
				if m.Err != nil {
					return m.Err
				}
				n++
			case <-rpc.Draining(s.Context()):
				return rpc.DrainingFault()
			}
		}
	}})
	for _, drain := range []bool{false, true} {
		s, err := r.client.StreamingInputCall(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := s.Send(&testpb.StreamingInputCallRequest{}); err != nil {
				t.Fatal(err)
			}
		}
		if drain {
			if err := r.srv.Drain(context.Background()); err != nil {
				t.Error(err)
			}
			if err := s.RecvMsg(&testpb.StreamingInputCallResponse{}); rpc.FromError(err).Kind != fault.Unavailable {
				t.Errorf("drained: %v", err)
			}
			break
		}
		resp, err := s.CloseAndRecv()
		if err != nil || resp.GetAggregatedPayloadSize() != 5 {
			t.Errorf("got %v, %v", resp, err)
		}
	}
	<-r.served
}
