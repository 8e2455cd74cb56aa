package testkit

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// drainTime bounds how long a test waits for its server to stop.
const drainTime = 5 * time.Second

// Serve starts a server in memory with the interceptors of production and returns a connection to it. Both end with the
// test. register registers the services; o may be the zero value.
func Serve(t testing.TB, o rpc.Options, register func(grpc.ServiceRegistrar)) *grpc.ClientConn {
	t.Helper()
	if o.Logger == nil {
		o.Logger = Logger(t)
	}
	srv, err := rpc.NewServer(o)
	if err != nil {
		t.Fatalf("new server: %v", err)
	}
	register(srv)
	return ServeOn(t, srv)
}

// ServeOn serves a server that is set up already in memory and returns a connection to it. Both end with the test.
func ServeOn(t testing.TB, srv *rpc.Server) *grpc.ClientConn {
	t.Helper()
	pipe := rpc.NewPipe()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(pipe.Listener()) }()
	srv.SetReady(true)
	conn, err := pipe.Dial(rpc.DialOptions{})
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		if err := srv.Drain(ctx); err != nil {
			t.Errorf("drain: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return conn
}
