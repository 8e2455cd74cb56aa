package suite

import (
	"context"

	"google.golang.org/grpc"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// registrar puts a service on a server that it shares with others. A server names one ErrorInfo domain for the reasons
// of its service; a shared one cannot, so each fault gets the domain of the service that made it.
type registrar struct {
	grpc.ServiceRegistrar
	domain string
}

// RegisterService registers a copy of desc whose handlers name the domain of their faults.
func (r registrar) RegisterService(desc *grpc.ServiceDesc, impl any) {
	d := *desc
	d.Methods = make([]grpc.MethodDesc, len(desc.Methods))
	for i, m := range desc.Methods {
		d.Methods[i] = grpc.MethodDesc{MethodName: m.MethodName, Handler: r.unary(m.Handler)}
	}
	d.Streams = make([]grpc.StreamDesc, len(desc.Streams))
	for i, s := range desc.Streams {
		handler := s.Handler
		s.Handler = func(srv any, stream grpc.ServerStream) error { return r.name(handler(srv, stream)) }
		d.Streams[i] = s
	}
	r.ServiceRegistrar.RegisterService(&d, impl)
}

// unary names the domain inside of the interceptors, because they turn the fault into a status.
func (r registrar) unary(method grpc.MethodHandler) grpc.MethodHandler {
	return func(srv any, ctx context.Context, dec func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
		if chain == nil {
			resp, err := method(srv, ctx, dec, nil)
			return resp, r.name(err)
		}
		return method(srv, ctx, dec, func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			return chain(ctx, req, info, func(ctx context.Context, req any) (any, error) {
				resp, err := handler(ctx, req)
				return resp, r.name(err)
			})
		})
	}
}

// name gives a service's own fault its domain. Shared reasons keep theirs, and so does a fault that another service
// made.
func (r registrar) name(err error) error {
	f, ok := fault.As(err)
	if !ok || f.Domain != "" || f.Reason == "" || common[f.Reason] {
		return err
	}
	named := *f
	named.Domain = r.domain
	return &named
}

var common = func() map[string]bool {
	set := map[string]bool{}
	for _, reason := range fault.CommonReasons() {
		set[reason] = true
	}
	return set
}()

var _ grpc.ServiceRegistrar = registrar{}
