package rpc

import (
	"context"
	"fmt"
	"net"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	"github.com/throughline-cx/throughline/services/internal/obs"
)

// DialOptions configure a client connection. The zero value of each field means its default.
type DialOptions struct {
	// Services are the full names of the services that the connection is for. Their methods with an idempotency_level
	// in the .proto are retried; without Services nothing is.
	Services []string
	// RetryKeyed retries methods whose request has a request_id, too. Set it only where every such request has one that
	// stays the same over its attempts: without it, a retry may write twice.
	RetryKeyed bool
	// MaxAttempts bounds how often a call is tried in all, 2 to 5; default 3.
	MaxAttempts int
	// TracerProvider makes a span for each call; nil means none. The trace context of ctx is passed on in both cases.
	TracerProvider trace.TracerProvider
	// MaxRecvBytes bounds one received message; default 16 MiB.
	MaxRecvBytes int
	// Credentials secure the connection; default none, for loopback and in-memory connections.
	Credentials credentials.TransportCredentials
	// Dialer replaces the network; default TCP.
	Dialer func(ctx context.Context, addr string) (net.Conn, error)
	// Extra options are added last.
	Extra []grpc.DialOption
}

// Dial returns a client connection to target. It does not connect before the first call.
func Dial(target string, o DialOptions) (*grpc.ClientConn, error) {
	if o.MaxRecvBytes == 0 {
		o.MaxRecvBytes = 16 << 20
	}
	if o.Credentials == nil {
		o.Credentials = insecure.NewCredentials()
	}
	if o.MaxAttempts == 0 {
		o.MaxAttempts = 3
	}
	config, err := serviceConfig(o.Services, o.RetryKeyed, o.MaxAttempts)
	if err != nil {
		return nil, err
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(o.Credentials),
		grpc.WithDefaultServiceConfig(config),
		grpc.WithDisableServiceConfig(), // a resolver must not replace ours
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(o.MaxRecvBytes)),
		grpc.WithMaxHeaderListSize(maxHeaderListBytes),
		grpc.WithIdleTimeout(0), // keep the connection: the first call after a quiet hour should be fast too
		// A ping each 30 s finds a dead peer; servers of the suite allow one each 20 s.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 30 * time.Second, Timeout: keepaliveTimeout, PermitWithoutStream: true,
		}),
		grpc.WithUnaryInterceptor(unaryHeaders),
		grpc.WithStreamInterceptor(streamHeaders),
	}
	if o.TracerProvider != nil {
		opts = append(opts, grpc.WithStatsHandler(otelgrpc.NewClientHandler(
			otelgrpc.WithTracerProvider(o.TracerProvider),
			otelgrpc.WithMeterProvider(metricnoop.NewMeterProvider()),
			otelgrpc.WithPropagators(traceContext),
		)))
	}
	if o.Dialer != nil {
		opts = append(opts, grpc.WithContextDialer(o.Dialer))
	}
	conn, err := grpc.NewClient(target, append(opts, o.Extra...)...)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", target, err)
	}
	return conn, nil
}

func unaryHeaders(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(outgoing(ctx), method, req, reply, cc, opts...)
}

func streamHeaders(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return open(outgoing(ctx), desc, cc, method, opts...)
}

// outgoing passes the request id and the trace context of ctx on, unless the caller has set them for this call.
func outgoing(ctx context.Context) context.Context {
	id, sc := obs.RequestID(ctx), trace.SpanContextFromContext(ctx)
	if id == "" && !sc.IsValid() {
		return ctx
	}
	given, _ := metadata.FromOutgoingContext(ctx)
	md := given.Copy()
	if md == nil {
		md = metadata.MD{}
	}
	if id != "" && len(md[RequestIDHeader]) == 0 {
		md.Set(RequestIDHeader, id)
	}
	if sc.IsValid() && len(md["traceparent"]) == 0 {
		traceContext.Inject(ctx, carrier(md))
	}
	return metadata.NewOutgoingContext(ctx, md)
}

// carrier lets the propagator read and write gRPC metadata.
type carrier metadata.MD

// Get returns the first value of key.
func (c carrier) Get(key string) string {
	if v := metadata.MD(c).Get(key); len(v) > 0 {
		return v[0]
	}
	return ""
}

// Set replaces the values of key.
func (c carrier) Set(key, value string) { metadata.MD(c).Set(key, value) }

// Keys returns the names of all values.
func (c carrier) Keys() []string {
	keys := make([]string, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	return keys
}
