package rpc_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestHealthFollowsReady(t *testing.T) {
	srv, err := rpc.NewServer(rpc.Options{Logger: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	testpb.RegisterTestServiceServer(srv, &fake{})
	client := healthpb.NewHealthClient(testkit.ServeOn(t, srv))
	for _, ready := range []bool{true, false, true} {
		srv.SetReady(ready)
		for _, service := range []string{"", "grpc.testing.TestService"} {
			resp, err := client.Check(context.Background(), &healthpb.HealthCheckRequest{Service: service})
			if err != nil {
				t.Fatal(err)
			}
			if got := resp.GetStatus() == healthpb.HealthCheckResponse_SERVING; got != ready {
				t.Errorf("%q: serving %v, want %v", service, got, ready)
			}
		}
	}
}

func TestDeadline(t *testing.T) {
	var left time.Duration
	client := serve(t, rpc.Options{DefaultTimeout: time.Minute, MaxTimeout: time.Hour}, &fake{
		unary: func(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
			at, _ := ctx.Deadline()
			left = time.Until(at)
			return &testpb.SimpleResponse{}, nil
		},
	})
	for name, c := range map[string]struct{ given, least, most time.Duration }{
		"none: the default":  {0, 30 * time.Second, time.Minute},
		"short: the caller":  {20 * time.Minute, 15 * time.Minute, 20 * time.Minute},
		"long: capped":       {24 * time.Hour, 30 * time.Minute, time.Hour},
		"at the cap, nearly": {time.Hour, 30 * time.Minute, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			if c.given > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.given)
				defer cancel()
			}
			if _, err := client.UnaryCall(ctx, &testpb.SimpleRequest{}); err != nil {
				t.Fatal(err)
			}
			if left < c.least || left > c.most {
				t.Errorf("the handler had %s, want %s to %s", left, c.least, c.most)
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	var inHandler string
	var fail error
	client := serve(t, rpc.Options{}, &fake{
		unary: func(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
			inHandler = obs.RequestID(ctx)
			return &testpb.SimpleResponse{}, fail
		},
	})
	long := strings.Repeat("x", obs.MaxRequestID+1)
	for name, c := range map[string]struct {
		given    string
		fail     error
		answered bool // the answer names the id
		kept     bool // the given id is used
	}{
		"given":           {given: "abc-123", answered: true, kept: true},
		"none":            {},
		"none, and error": {fail: fault.New(fault.NotFound, "X", "x"), answered: true},
		"too long":        {given: long, answered: true},
		"with a space":    {given: "a b", answered: true},
	} {
		t.Run(name, func(t *testing.T) {
			fail = c.fail
			ctx := context.Background()
			if c.given != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, rpc.RequestIDHeader, c.given)
			}
			var header, trailer metadata.MD
			_, _ = client.UnaryCall(ctx, &testpb.SimpleRequest{}, grpc.Header(&header), grpc.Trailer(&trailer))
			got := header.Get(rpc.RequestIDHeader)
			if fail != nil {
				got = trailer.Get(rpc.RequestIDHeader)
			}
			if c.answered != (len(got) == 1) || c.answered && got[0] != inHandler {
				t.Errorf("answer has %q, handler had %q", got, inHandler)
			}
			if (inHandler == c.given) != c.kept || inHandler == "" {
				t.Errorf("handler had %q for %q", inHandler, c.given)
			}
		})
	}
}

// TestPropagation sends a call through two servers: request id and trace arrive at the second one, with tracing off
// (the caller's own context goes through) and on (the spans are one trace).
func TestPropagation(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, traced := range []bool{false, true} {
		spans := tracetest.NewInMemoryExporter()
		var o rpc.Options
		var d rpc.DialOptions
		if traced {
			tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
			o.TracerProvider, d.TracerProvider = tp, tp
		}
		var id, trace string
		o.Logger = testkit.Logger(t)
		back := newPair(t, o, d, &fake{unary: func(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
			id, trace = obs.RequestID(ctx), obs.TraceParent(ctx)
			return &testpb.SimpleResponse{}, nil
		}})
		front := newPair(t, o, rpc.DialOptions{}, &fake{unary: func(ctx context.Context, r *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
			return back.UnaryCall(ctx, r)
		}})
		ctx := metadata.AppendToOutgoingContext(context.Background(), rpc.RequestIDHeader, "id-9", "traceparent", parent)
		if _, err := front.UnaryCall(ctx, &testpb.SimpleRequest{}); err != nil {
			t.Fatal(err)
		}
		if id != "id-9" || !strings.HasPrefix(trace, parent[:36]) {
			t.Errorf("traced %v: second server saw id %q, trace %q", traced, id, trace)
		}
		if n := len(spans.GetSpans()); traced && n < 2 || !traced && (n != 0 || trace != parent) {
			t.Errorf("traced %v: %d spans, trace %q", traced, n, trace)
		}
	}
}

func newPair(t *testing.T, o rpc.Options, d rpc.DialOptions, f *fake) testpb.TestServiceClient {
	t.Helper()
	srv, err := rpc.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	testpb.RegisterTestServiceServer(srv, f)
	pipe := rpc.NewPipe()
	done := make(chan error, 1)
	go func() { done <- srv.Serve(pipe.Listener()) }()
	conn, err := pipe.Dial(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		srv.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return testpb.NewTestServiceClient(conn)
}

func TestAccessLog(t *testing.T) {
	for name, c := range map[string]struct {
		level slog.Level
		fail  error
		want  string // "" is no line
	}{
		"success at info":  {level: slog.LevelInfo},
		"success at debug": {level: slog.LevelDebug, want: "level=DEBUG msg=call method=grpc.testing.TestService/UnaryCall code=OK"},
		"refusal":          {slog.LevelInfo, fault.New(fault.Exists, "TWICE", "x"), "level=INFO msg=call method=grpc.testing.TestService/UnaryCall code=AlreadyExists"},
		"refusal at warn":  {level: slog.LevelWarn, fail: fault.New(fault.Exists, "TWICE", "x")},
		"unavailable":      {slog.LevelWarn, fault.New(fault.Unavailable, "", "x"), "level=WARN"},
	} {
		t.Run(name, func(t *testing.T) {
			var log testkit.Buffer
			o := rpc.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: c.level}))}
			client := serve(t, o, &fake{unary: func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
				return &testpb.SimpleResponse{}, c.fail
			}})
			_, _ = client.UnaryCall(context.Background(), &testpb.SimpleRequest{Payload: &testpb.Payload{Body: []byte("4111")}})
			got := log.String()
			if c.want == "" && got != "" || !strings.Contains(got, c.want) || strings.Contains(got, "4111") {
				t.Errorf("log %q, want %q", got, c.want)
			}
		})
	}
}

// Readers of streams leave all day; that is for debugging, and a call that somebody gave up on is not.
func TestAccessLogOfCallersWhoLeave(t *testing.T) {
	lines := make(lineChan, 10)
	o := rpc.Options{Logger: slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	ctx, leave := context.WithCancel(context.Background())
	client := serve(t, o, &fake{
		stream: func(s grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error {
			leave()
			<-s.Context().Done()
			return s.Context().Err()
		},
		unary: func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
			return nil, context.Canceled
		},
	})
	stream, err := client.StreamingOutputCall(ctx, &testpb.StreamingOutputCallRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Canceled {
		t.Fatal(err)
	}
	if got, want := <-lines, "level=DEBUG msg=call method=grpc.testing.TestService/StreamingOutputCall code=Canceled"; !strings.Contains(got, want) {
		t.Errorf("log %q, want %q", got, want)
	}
	_, _ = client.UnaryCall(context.Background(), &testpb.SimpleRequest{})
	if got, want := <-lines, "level=INFO msg=call method=grpc.testing.TestService/UnaryCall code=Canceled"; !strings.Contains(got, want) {
		t.Errorf("log %q, want %q", got, want)
	}
}

// lineChan is a writer that hands on what it gets.
type lineChan chan string

func (c lineChan) Write(p []byte) (int, error) {
	c <- string(p)
	return len(p), nil
}

func TestMetrics(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	conn := testkit.Serve(t, rpc.Options{MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))}, func(r grpc.ServiceRegistrar) {
		testpb.RegisterTestServiceServer(r, failing(fault.New(fault.NotFound, "X", "x")))
	})
	_, _ = testpb.NewTestServiceClient(conn).UnaryCall(context.Background(), &testpb.SimpleRequest{})
	_ = conn.Invoke(context.Background(), "/made.Up/Name", &testpb.Empty{}, &testpb.Empty{})
	var got metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &got); err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, p := range got.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints {
		m, _ := p.Attributes.Value(attribute.Key("rpc.method"))
		c, _ := p.Attributes.Value(attribute.Key("rpc.response.status_code"))
		calls = append(calls, m.AsString()+" "+c.AsString())
	}
	slices.Sort(calls)
	if want := []string{"_other Unimplemented", "grpc.testing.TestService/UnaryCall NotFound"}; !slices.Equal(calls, want) {
		t.Errorf("got %q, want %q", calls, want)
	}
}

func TestAuthenticatorRunsForEveryCall(t *testing.T) {
	var tenant string
	o := rpc.Options{Authenticate: func(ctx context.Context, method string) (context.Context, error) {
		if strings.HasSuffix(method, "/StreamingOutputCall") {
			return nil, fault.New(fault.Denied, fault.PermissionDenied, "not you")
		}
		return auth.WithTenant(ctx, "acme"), nil
	}}
	client := serve(t, o, &fake{unary: func(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
		tenant = auth.Tenant(ctx)
		return &testpb.SimpleResponse{}, nil
	}})
	if _, err := client.UnaryCall(context.Background(), &testpb.SimpleRequest{}); err != nil || tenant != "acme" {
		t.Errorf("tenant %q, error %v", tenant, err)
	}
	s, err := client.StreamingOutputCall(context.Background(), &testpb.StreamingOutputCallRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recv(); seen(err).Reason != fault.PermissionDenied {
		t.Errorf("stream: %v", err)
	}
}

func TestMessageLimit(t *testing.T) {
	client := serve(t, rpc.Options{MaxRecvBytes: 1000}, &fake{
		upload: func(s grpc.ClientStreamingServer[testpb.StreamingInputCallRequest, testpb.StreamingInputCallResponse]) error {
			_, err := s.Recv()
			return err
		},
	})
	big := &testpb.Payload{Body: make([]byte, 2000)}
	_, err := client.UnaryCall(context.Background(), &testpb.SimpleRequest{Payload: big})
	if status.Code(err) != codes.ResourceExhausted || rpc.FromError(err).Reason != fault.RequestTooLarge {
		t.Errorf("unary: %v", err)
	}
	s, err := client.StreamingInputCall(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Send(&testpb.StreamingInputCallRequest{Payload: big})
	if _, err := s.CloseAndRecv(); rpc.FromError(err).Reason != fault.RequestTooLarge {
		t.Errorf("stream: %v", err)
	}
}

// headOnly is a service of the real contract, for its validation rules and idempotency levels.
type headOnly struct {
	interactionlogv1.UnimplementedInteractionLogServiceServer
	calls, failures atomic.Int32
}

func (h *headOnly) GetHead(context.Context, *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error) {
	h.calls.Add(1)
	if h.failures.Add(-1) >= 0 {
		return nil, fault.New(fault.Unavailable, fault.ServiceUnavailable, "not now")
	}
	return &interactionlogv1.GetHeadResponse{}, nil
}

func TestValidation(t *testing.T) {
	h := &headOnly{}
	client := interactionlogv1.NewInteractionLogServiceClient(testkit.Serve(t, rpc.Options{}, func(r grpc.ServiceRegistrar) {
		interactionlogv1.RegisterInteractionLogServiceServer(r, h)
	}))
	_, err := client.GetHead(context.Background(), &interactionlogv1.GetHeadRequest{Customer: "not a name"})
	got := seen(err)
	if got.Code != codes.InvalidArgument || got.Reason != fault.InvalidRequest || len(got.Fields) == 0 ||
		!strings.HasPrefix(got.Fields[0], "customer: ") || h.calls.Load() != 0 {
		t.Errorf("got %+v after %d calls", got, h.calls.Load())
	}
}

func TestRetries(t *testing.T) {
	const service = "throughline.interactionlog.v1.InteractionLogService"
	for name, c := range map[string]struct {
		services []string
		failures int32
		calls    int32
		ok       bool
	}{
		"recovers":          {[]string{service}, 2, 3, true},
		"at most three":     {[]string{service}, 9, 3, false},
		"only when told to": {nil, 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := &headOnly{}
			h.failures.Store(c.failures)
			srv, err := rpc.NewServer(rpc.Options{Logger: testkit.Logger(t)})
			if err != nil {
				t.Fatal(err)
			}
			interactionlogv1.RegisterInteractionLogServiceServer(srv, h)
			pipe := rpc.NewPipe()
			done := make(chan error, 1)
			go func() { done <- srv.Serve(pipe.Listener()) }()
			conn, err := pipe.Dial(rpc.DialOptions{Services: c.services})
			if err != nil {
				t.Fatal(err)
			}
			_, err = interactionlogv1.NewInteractionLogServiceClient(conn).GetHead(context.Background(),
				&interactionlogv1.GetHeadRequest{Customer: "customers/1"})
			if (err == nil) != c.ok || h.calls.Load() != c.calls {
				t.Errorf("error %v after %d calls, want %d", err, h.calls.Load(), c.calls)
			}
			_ = conn.Close()
			srv.Stop()
			<-done
		})
	}
	if _, err := rpc.Dial("localhost:1", rpc.DialOptions{Services: []string{"no.such.Service"}}); err == nil {
		t.Error("a service that is not linked in must be an error")
	}
}
