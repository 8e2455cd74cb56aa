// Package rpc is the one way in which services of the suite serve and call gRPC: a hardened server with one ordered
// list of interceptors, a client connection that retries what is safe to retry, and an in-memory pipe between the two.
package rpc

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
)

// Server is a gRPC server with the interceptors, limits, health service and reflection that every service has.
type Server struct {
	grpc      *grpc.Server
	health    *health.Server
	chain     *chain
	methods   *methodTable
	grace     time.Duration
	draining  chan struct{}
	drainOnce sync.Once
	stopped   chan struct{}
}

// NewServer returns a server to register services on. It reports NOT_SERVING until SetReady.
func NewServer(o Options) (*Server, error) {
	o.setDefaults()
	s := &Server{
		health:   health.NewServer(),
		methods:  newMethodTable(),
		grace:    o.DrainGrace,
		draining: make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	s.SetReady(false)
	record, err := metrics(o.MeterProvider)
	if err != nil {
		return nil, fmt.Errorf("rpc metrics: %w", err)
	}
	ch := &chain{
		outer: []step{
			requestID(),
			record,
			accessLog(o.Logger, o.SlowCall),
			faultStatus(o.Logger, o.Domain, s.draining),
		},
		inner: []step{
			deadline(o.DefaultTimeout, o.MaxTimeout),
			authenticate(o.Authenticate),
			validate(o.Validator),
			hideMasked(),
		},
		methods:  s.methods,
		draining: s.draining,
	}
	s.chain = ch
	s.grpc = grpc.NewServer(append(serverOptions(o, ch), o.ServerOptions...)...)
	healthpb.RegisterHealthServer(s, s.health)
	reflection.Register(s)
	return s, nil
}

func serverOptions(o Options, ch *chain) []grpc.ServerOption {
	opts := []grpc.ServerOption{
		grpc.UnaryInterceptor(ch.unary),
		grpc.StreamInterceptor(ch.stream),
		grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error {
			return status.Error(codes.Unimplemented, "unknown method")
		}),
		grpc.ForceServerCodecV2(newCodec()),
		grpc.MaxConcurrentStreams(maxConcurrentStreams),
		grpc.MaxRecvMsgSize(o.MaxRecvBytes),
		grpc.MaxHeaderListSize(maxHeaderListBytes),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle:     maxConnIdle,
			MaxConnectionAge:      maxConnAge,
			MaxConnectionAgeGrace: maxConnAgeGrace,
			Time:                  keepaliveTime,
			Timeout:               keepaliveTimeout,
		}),
		// Agent desktops hold a connection open between calls, so pings without a stream are welcome.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minClientPing, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
		// Workers keep their grown stacks between calls; a call that finds none free starts on a new goroutine, whose stack
		// grows again. So there are as many as calls may be in hand at once on a busy server; an idle one costs 16 KB.
		grpc.NumStreamWorkers(uint32(32 * runtime.GOMAXPROCS(0))),
	}
	if o.TracerProvider != nil {
		opts = append(opts, grpc.StatsHandler(otelgrpc.NewServerHandler(
			otelgrpc.WithTracerProvider(o.TracerProvider),
			otelgrpc.WithMeterProvider(metricnoop.NewMeterProvider()), // the metrics step is cheaper
			otelgrpc.WithPropagators(traceContext),
			otelgrpc.WithFilter(filters.Not(filters.HealthCheck())),
		)))
	}
	return opts
}

// RegisterService registers a service; it makes Server a grpc.ServiceRegistrar. Register before Serve.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, impl any) {
	s.methods.add(desc, impl)
	s.grpc.RegisterService(desc, impl)
}

// GetServiceInfo returns the registered services; reflection needs it.
func (s *Server) GetServiceInfo() map[string]grpc.ServiceInfo { return s.grpc.GetServiceInfo() }

// SetReady sets what the health service answers, for the server as a whole and for each registered service.
func (s *Server) SetReady(ready bool) {
	st := healthpb.HealthCheckResponse_NOT_SERVING
	if ready {
		st = healthpb.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", st)
	if s.grpc == nil {
		return
	}
	for name := range s.grpc.GetServiceInfo() {
		s.health.SetServingStatus(name, st)
	}
}

// Serve answers calls on lis until Drain or Stop. It may be called for several listeners.
func (s *Server) Serve(lis net.Listener) error {
	if err := s.grpc.Serve(lis); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve %s: %w", lis.Addr(), err)
	}
	return nil
}

// Stop ends the server at once, cutting calls off. Use Drain instead wherever callers matter.
func (s *Server) Stop() { s.grpc.Stop() }
