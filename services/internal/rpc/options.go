package rpc

import (
	"log/slog"
	"time"

	"buf.build/go/protovalidate"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"

	"github.com/throughline-cx/throughline/services/internal/auth"
)

// CommonDomain is the ErrorInfo domain of the reasons that every service shares.
const CommonDomain = "throughline"

// Limits of a server that are the same everywhere. grpc-go's own defaults leave most of them open (no bound on streams,
// 16 MiB of headers, two minutes for a handshake), so each one is set.
const (
	maxConcurrentStreams = 250
	maxHeaderListBytes   = 16 << 10
	handshakeTimeout     = 10 * time.Second
	maxConnIdle          = 5 * time.Minute
	maxConnAge           = 30 * time.Minute
	maxConnAgeGrace      = 30 * time.Second
	keepaliveTime        = 60 * time.Second
	keepaliveTimeout     = 10 * time.Second
	minClientPing        = 20 * time.Second
)

// Options configure a Server. The zero value of each field but Domain means its default.
type Options struct {
	// Domain is the ErrorInfo domain of the service's own reasons, for example "context.throughline".
	Domain string
	// Logger takes the access log and the causes of masked errors; default slog.Default().
	Logger *slog.Logger
	// TracerProvider makes a span for each call; nil means that calls are not traced. A caller's trace context is
	// passed on in both cases.
	TracerProvider trace.TracerProvider
	// MeterProvider takes the call durations; nil means none.
	MeterProvider metric.MeterProvider
	// MaxRecvBytes bounds one received message; default 1 MiB and 64 KiB to spare, so that a batch of exactly 1 MiB fits.
	MaxRecvBytes int
	// DefaultTimeout is the deadline of a unary call that came without one; default 10 s. Streams get none.
	DefaultTimeout time.Duration
	// MaxTimeout caps the deadline of a unary call; default 60 s.
	MaxTimeout time.Duration
	// SlowCall is the duration from which a unary call is logged as slow; default 1 s.
	SlowCall time.Duration
	// DrainGrace is how long Drain waits for calls to end by themselves; default 10 s.
	DrainGrace time.Duration
	// Validator checks every received message; default protovalidate.GlobalValidator.
	Validator protovalidate.Validator
	// Authenticate names the caller; default auth.Open. Methods of the health service are not asked about.
	Authenticate auth.Authenticator
	// ServerOptions are added last, for tests and transport credentials.
	ServerOptions []grpc.ServerOption
}

func (o *Options) setDefaults() {
	if o.Domain == "" {
		o.Domain = CommonDomain
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	if o.MaxRecvBytes == 0 {
		o.MaxRecvBytes = 1<<20 + 64<<10
	}
	if o.DefaultTimeout == 0 {
		o.DefaultTimeout = 10 * time.Second
	}
	if o.MaxTimeout == 0 {
		o.MaxTimeout = 60 * time.Second
	}
	if o.SlowCall == 0 {
		o.SlowCall = time.Second
	}
	if o.DrainGrace == 0 {
		o.DrainGrace = 10 * time.Second
	}
	if o.Validator == nil {
		o.Validator = protovalidate.GlobalValidator
	}
	if o.Authenticate == nil {
		o.Authenticate = auth.Open
	}
}
