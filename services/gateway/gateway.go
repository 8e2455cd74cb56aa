// Package gateway is the REST edge of the suite: every call of the public gRPC API under an HTTP path, with the OpenAPI
// document, health and metrics beside it. It calls the services over client connections, so that a REST call passes the
// same interceptors as a gRPC call.
package gateway

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/gen/openapi"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rest"
)

// Options are what a gateway is made of. Log and Context are needed.
type Options struct {
	// Log leads to the interaction log.
	Log *grpc.ClientConn
	// Context leads to the context service.
	Context *grpc.ClientConn
	// Logger takes the access log; default slog.Default().
	Logger *slog.Logger
	// Telemetry takes traces and metrics; nil means none.
	Telemetry *obs.Telemetry
	// Timeout bounds a call that asks for no other; default 10 s.
	Timeout time.Duration
	// Guarded is true where other machines may reach the gateway: the services have to ask every caller for a credential,
	// and calls fail on those that do not. Without it only this machine may ask.
	Guarded bool
}

// Gateway is a running edge. It does not own its connections.
type Gateway struct {
	rest *rest.Server
}

// New returns a gateway that serves nothing yet.
func New(ctx context.Context, o Options) (*Gateway, error) {
	r := &readiness{services: []target{
		{name: interactionlogv1.InteractionLogService_ServiceDesc.ServiceName, conn: o.Log},
		{name: contextv1.ContextService_ServiceDesc.ServiceName, conn: o.Context},
	}}
	ro := rest.Options{
		Backends: []rest.Backend{
			{Conn: o.Log, Register: interactionlogv1.RegisterInteractionLogServiceHandler},
			{Conn: o.Context, Register: contextv1.RegisterContextServiceHandler},
		},
		Logger:  o.Logger,
		OpenAPI: openapi.Document(),
		Ready:   r.check,
		Timeout: o.Timeout,
		Forms:   map[string]rest.Form{contextv1.ContextService_GetFlatContext_FullMethodName: flatForm()},
		Guarded: o.Guarded, LocalOnly: !o.Guarded,
	}
	if t := o.Telemetry; t != nil {
		ro.TracerProvider, ro.MeterProvider, ro.Metrics = t.TracerProvider, t.MeterProvider, t.Metrics
	}
	s, err := rest.New(ctx, ro)
	if err != nil {
		return nil, err
	}
	return &Gateway{rest: s}, nil
}

// Handler returns the gateway as a handler, for tests.
func (g *Gateway) Handler() http.Handler { return g.rest.Handler() }

// Serve answers requests on lis until Drain.
func (g *Gateway) Serve(lis net.Listener) error { return g.rest.Serve(lis) }

// Drain takes no new requests, ends open streams and waits for the rest until ctx ends.
func (g *Gateway) Drain(ctx context.Context) error { return g.rest.Drain(ctx) }
