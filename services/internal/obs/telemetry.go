package obs

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// TelemetryOptions configure traces and metrics.
type TelemetryOptions struct {
	// Service and Version name the binary in traces and metrics.
	Service, Version string
	// OTLPEndpoint is the host:port of a collector; empty means that nothing is sent and nothing is traced.
	OTLPEndpoint string
	// OTLPInsecure talks to the collector without TLS.
	OTLPInsecure bool
	// TraceRatio is the share of calls that are traced when the caller has not decided.
	TraceRatio float64
}

// Telemetry holds the providers of one process. Nothing of it is global: a suite of services and its tests can have
// several.
type Telemetry struct {
	// TracerProvider is nil when nothing is traced; package rpc then leaves the tracing out.
	TracerProvider trace.TracerProvider
	// MeterProvider always records, for the Prometheus endpoint.
	MeterProvider metric.MeterProvider
	// Metrics is the Prometheus endpoint.
	Metrics http.Handler

	stop []func(context.Context) error
}

// StartTelemetry sets up traces and metrics. It does not connect to the collector, and a collector that is away costs
// spans and points, never a call.
func StartTelemetry(ctx context.Context, o TelemetryOptions) (*Telemetry, error) {
	if o.TraceRatio < 0 || o.TraceRatio > 1 {
		return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "the trace ratio must be from 0 to 1, not %v", o.TraceRatio)
	}
	res := resource.NewSchemaless(
		attribute.String("service.name", o.Service),
		attribute.String("service.version", o.Version),
	)
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprom.New(otelprom.WithRegisterer(registry))
	if err != nil {
		return nil, err
	}
	readers := []sdkmetric.Option{sdkmetric.WithResource(res), sdkmetric.WithReader(exporter)}
	t := &Telemetry{Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})}
	if o.OTLPEndpoint != "" {
		reader, err := t.startOTLP(ctx, o, res)
		if err != nil {
			return nil, errors.Join(err, t.Shutdown(ctx))
		}
		readers = append(readers, sdkmetric.WithReader(reader))
	}
	meters := sdkmetric.NewMeterProvider(readers...)
	t.MeterProvider = meters
	t.stop = append(t.stop, meters.Shutdown)
	return t, nil
}

// startOTLP starts the traces and returns the reader that sends the metrics.
func (t *Telemetry) startOTLP(ctx context.Context, o TelemetryOptions, res *resource.Resource) (sdkmetric.Reader, error) {
	traceOpts := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(o.OTLPEndpoint)}
	meterOpts := []otlpmetricgrpc.Option{otlpmetricgrpc.WithEndpoint(o.OTLPEndpoint)}
	if o.OTLPInsecure {
		traceOpts = append(traceOpts, otlptracegrpc.WithInsecure())
		meterOpts = append(meterOpts, otlpmetricgrpc.WithInsecure())
	}
	spans, err := otlptracegrpc.New(ctx, traceOpts...)
	if err != nil {
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(spans, sdktrace.WithExportTimeout(exportTime)),
		sdktrace.WithResource(res),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(o.TraceRatio))),
	)
	t.TracerProvider = provider
	t.stop = append(t.stop, provider.Shutdown)
	points, err := otlpmetricgrpc.New(ctx, meterOpts...)
	if err != nil {
		return nil, err
	}
	return sdkmetric.NewPeriodicReader(points, sdkmetric.WithTimeout(exportTime)), nil
}

const (
	// exportTime bounds one attempt to send to the collector. It is shorter than shutdownTime, so that a shutdown ends
	// what it has begun.
	exportTime = 1500 * time.Millisecond
	// shutdownTime bounds how long Shutdown tries to send what is left.
	shutdownTime = 4 * time.Second
)

// Shutdown sends what is left and stops. A collector that is away delays it by shutdownTime at most.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	errs := make([]error, 0, len(t.stop))
	for _, stop := range t.stop {
		errs = append(errs, stop(ctx))
	}
	return errors.Join(errs...)
}
