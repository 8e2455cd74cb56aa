package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/otel/metric"
)

// Server is the REST edge.
type Server struct {
	edge  *edge
	http  *http.Server
	drain context.CancelFunc
}

// New returns a server for the routes of all backends. ctx bounds the registration, and its end closes nothing: call
// Drain.
func New(ctx context.Context, o Options) (*Server, error) {
	o.setDefaults()
	useStrictQuery()
	duration, err := o.MeterProvider.Meter(scope).Float64Histogram("http.server.request.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of HTTP requests, streams to their end."))
	if err != nil {
		return nil, fmt.Errorf("rest metrics: %w", err)
	}
	draining, drain := context.WithCancel(context.Background())
	e := &edge{
		o: o, routes: newRouteTable(), json: newJSONMarshaler(),
		tracer: o.TracerProvider.Tracer(scope), duration: duration, draining: draining,
	}
	e.api = e.newMux()
	for _, b := range o.Backends {
		if err := b.Register(ctx, e.api, b.Conn); err != nil {
			drain()
			return nil, fmt.Errorf("register routes: %w", err)
		}
	}
	if e.pages, err = e.newPages(); err != nil {
		drain()
		return nil, err
	}
	return &Server{
		edge:  e,
		drain: drain,
		http: &http.Server{
			Handler:           e,
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    16 << 10,
			ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
		},
	}, nil
}

func (e *edge) newMux() *runtime.ServeMux {
	none := func(string) (string, bool) { return "", false }
	return runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, e.json),
		runtime.WithMarshalerOption(typeSSE, sseMarshaler{e.json}),
		runtime.WithMarshalerOption(typeXML, xmlMarshaler{e.json, e.xmlWriters()}),
		// Request id and trace context go through the context and rpc.Dial, credentials through e.credentials; other headers
		// are nobody's business.
		// An id may hold a slash, sent as %2F.
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash),
		runtime.WithIncomingHeaderMatcher(none),
		runtime.WithMetadata(e.credentials),
		runtime.WithOutgoingHeaderMatcher(none),
		runtime.WithOutgoingTrailerMatcher(none),
		runtime.WithErrorHandler(errorHandler),
		runtime.WithStreamErrorHandler(streamErrorHandler),
		runtime.WithRoutingErrorHandler(e.routingErrorHandler),
		// A POST is a POST: no forms that become GETs, no method in a header.
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
	)
}

// Handler returns the edge as a handler, for tests.
func (s *Server) Handler() http.Handler { return s.edge }

// Serve answers requests on lis until Drain.
func (s *Server) Serve(lis net.Listener) error {
	if err := s.http.Serve(lis); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", lis.Addr(), err)
	}
	return nil
}

// Drain takes no new requests, ends open streams with SERVER_DRAINING and waits for the rest until ctx ends; then it
// cuts them off and says so.
func (s *Server) Drain(ctx context.Context) error {
	s.drain()
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("drain: requests were still running and were cut off: %w", err), s.http.Close())
	}
	return nil
}
