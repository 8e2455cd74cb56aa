// Package rest is the REST edge: it translates JSON over HTTP into gRPC calls on real client connections, so that a REST
// call passes the same interceptors as any other. What it adds is strictness: unknown fields and query parameters are
// refused, bodies are bounded, and every error has one shape, a google.rpc.Status as JSON.
package rest

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
)

// Register registers the routes of a service; it is a generated RegisterXHandler.
type Register func(ctx context.Context, mux *runtime.ServeMux, conn *grpc.ClientConn) error

// Backend is a service behind the edge.
type Backend struct {
	// Conn leads to the service; make it with rpc.Dial, which passes request ids and trace contexts on.
	Conn *grpc.ClientConn
	// Register registers its routes.
	Register Register
}

// Options configure a Server. The zero value of each field means its default.
type Options struct {
	// Backends are the services to offer.
	Backends []Backend
	// Logger takes the access log and the causes of masked errors; default slog.Default().
	Logger *slog.Logger
	// TracerProvider makes a span for each request; nil means none. Trace contexts are passed on in both cases.
	TracerProvider trace.TracerProvider
	// MeterProvider takes the request durations; nil means none.
	MeterProvider metric.MeterProvider
	// Metrics is served at /metrics; nil means none.
	Metrics http.Handler
	// OpenAPI is the OpenAPI (Swagger 2.0) file, served at /openapi.json and shown at / and /docs; nil means none.
	OpenAPI []byte
	// Ready says whether requests can be served, for /readyz; nil means always.
	Ready func(ctx context.Context) error
	// Extra are further handlers by http.ServeMux pattern. They pass the same limits, ids, logs and metrics; WriteError
	// gives their errors the common shape.
	Extra map[string]http.Handler
	// MaxBodyBytes bounds a request's body; default 1 MiB.
	MaxBodyBytes int64
	// Timeout bounds a unary call that asks for no other with the header Grpc-Timeout; default 10 s.
	Timeout time.Duration
	// MaxTimeout caps Grpc-Timeout; default 60 s.
	MaxTimeout time.Duration
	// Heartbeat is how often a quiet event stream sends a comment, so that proxies keep it; default 15 s.
	Heartbeat time.Duration
	// Forms are the methods whose answers are written in another way, by full name: "/package.Service/Method".
	Forms map[string]Form
	// Guarded has the services refuse calls when they ask nobody for credentials. Set it where other machines reach the
	// edge.
	Guarded bool
	// LocalOnly refuses requests whose Host is not a loopback name. Set it while no credentials are configured: a web
	// page whose name resolves to 127.0.0.1 (DNS rebinding) could otherwise read everything with its visitor's browser.
	// Changes that a page of another origin asks for are refused, too.
	LocalOnly bool
}

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.TracerProvider == nil {
		o.TracerProvider = tracenoop.NewTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = 1 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxTimeout == 0 {
		o.MaxTimeout = 60 * time.Second
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 15 * time.Second
	}
}
