package rpc

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"
)

// pipeBuffer is the size of each direction of an in-memory connection.
const pipeBuffer = 256 << 10

// Pipe is an in-memory network with one listener. The suite and tests use it, so that services in one process still
// talk through the same client connections and interceptors as services on two machines.
type Pipe struct {
	lis *bufconn.Listener
}

// NewPipe returns a pipe. Close it by closing its listener, which a server does when it stops.
func NewPipe() *Pipe { return &Pipe{lis: bufconn.Listen(pipeBuffer)} }

// Listener returns the end that a server serves on.
func (p *Pipe) Listener() net.Listener { return p.lis }

// Dial returns a client connection to the server at the other end.
func (p *Pipe) Dial(o DialOptions) (*grpc.ClientConn, error) {
	o.Dialer = func(ctx context.Context, _ string) (net.Conn, error) { return p.lis.DialContext(ctx) }
	return Dial("passthrough:///pipe", o)
}
