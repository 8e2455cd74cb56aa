package gateway

import (
	"context"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// readyTime bounds how long one service may take to say how it is.
const readyTime = 2 * time.Second

type target struct {
	name string
	conn *grpc.ClientConn
}

// readiness asks the services behind the gateway for their health.
type readiness struct{ services []target }

// check returns nil when every service serves, and otherwise a fault that names the first that does not.
func (r *readiness) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	answers := make([]chan error, len(r.services))
	for i, s := range r.services {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- s.check(ctx) }()
	}
	var first error
	for _, a := range answers {
		if err := <-a; first == nil {
			first = err
		}
	}
	return first
}

func (t target) check(ctx context.Context) error {
	resp, err := healthpb.NewHealthClient(t.conn).Check(ctx, &healthpb.HealthCheckRequest{Service: t.name})
	if err != nil {
		return fault.New(fault.Unavailable, fault.ServiceUnavailable, "%s cannot be reached", t.name).WithCause(rpc.FromError(err))
	}
	if st := resp.GetStatus(); st != healthpb.HealthCheckResponse_SERVING {
		return fault.New(fault.Unavailable, fault.ServiceUnavailable, "%s is not ready: %s", t.name, st)
	}
	return nil
}
