package suite

import (
	"context"
	"time"

	"google.golang.org/grpc"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	interactionlog "github.com/throughline-cx/throughline/services/interaction-log"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// service is what the suite needs to know of one.
type service interface {
	Register(r grpc.ServiceRegistrar)
	Ready(ctx context.Context) error
	Close() error
}

// node is a service on an in-memory server of its own, and the connections by which the others reach it.
type node struct {
	service service
	domain  string
	// conn is for calls that carry the credential of their own caller, trusted for those of the suite's services.
	conn, trusted *grpc.ClientConn
}

func (s *Suite) startLog(ctx context.Context) (*node, error) {
	log, err := interactionlog.New(ctx, s.cfg.logConfig(), interactionlog.Deps{
		Logger: s.logger, MeterProvider: s.telemetry.MeterProvider,
	})
	if err != nil {
		return nil, err
	}
	return s.startNode(log, interactionlog.Domain, interactionlogv1.InteractionLogService_ServiceDesc.ServiceName)
}

// startNode serves a service in memory. Stopping drains the server before it closes the service.
func (s *Suite) startNode(svc service, domain, name string) (*node, error) {
	s.stack.push(closing(svc.Close))
	srv, err := s.newServer(domain, s.inside.Authenticator(s.access.Authenticate))
	if err != nil {
		return nil, err
	}
	svc.Register(srv)
	pipe := rpc.NewPipe()
	ended := s.run(name, func() error { return srv.Serve(pipe.Listener()) })
	srv.SetReady(true)
	s.stack.push(func(ctx context.Context) error {
		err := srv.Drain(ctx)
		<-ended
		return err
	})
	n := &node{service: svc, domain: domain}
	if n.conn, err = s.dial(pipe, name); err != nil {
		return nil, err
	}
	n.trusted, err = s.dial(pipe, name, grpc.WithPerRPCCredentials(s.inside.Credentials()))
	return n, err
}

func (s *Suite) dial(pipe *rpc.Pipe, name string, extra ...grpc.DialOption) (*grpc.ClientConn, error) {
	conn, err := pipe.Dial(rpc.DialOptions{Services: []string{name}, TracerProvider: s.telemetry.TracerProvider, Extra: extra})
	if err != nil {
		return nil, err
	}
	s.stack.push(closing(conn.Close))
	return conn, nil
}

func (s *Suite) newServer(domain string, who auth.Authenticator, extra ...grpc.ServerOption) (*rpc.Server, error) {
	return rpc.NewServer(rpc.Options{
		Domain:         domain,
		Logger:         s.logger,
		TracerProvider: s.telemetry.TracerProvider,
		MeterProvider:  s.telemetry.MeterProvider,
		DefaultTimeout: s.cfg.CallTimeout,
		DrainGrace:     s.cfg.DrainTimeout,
		Authenticate:   who,
		ServerOptions:  extra,
	})
}

// readyPoll is how often a service that is not ready yet is asked again.
const readyPoll = 10 * time.Millisecond

// waitReady waits until all services can do their work. After a start that may take a while: the context service reads
// first what it has missed of the log.
func (s *Suite) waitReady(ctx context.Context, nodes ...*node) error {
	for _, n := range nodes {
		for n.service.Ready(ctx) != nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case err := <-s.failed:
				return err
			case <-time.After(readyPoll):
			}
		}
	}
	return nil
}
