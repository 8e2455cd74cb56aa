package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/dial"
)

// client has the options of every command that calls a server.
type client struct {
	Target  string        `help:"gRPC address of the suite, or of the service that the command needs." default:"127.0.0.1:9090" placeholder:"ADDR"`
	Timeout time.Duration `help:"How long one call may take." default:"10s"`
	JSON    bool          `name:"json" help:"Print JSON, one object a line, instead of a table."`
	dial.Flags
}

// log calls do with a client of the interaction log.
func (c *client) log(do func(interactionlogv1.InteractionLogServiceClient) error) error {
	return c.connected(func(conn *grpc.ClientConn) error {
		return do(interactionlogv1.NewInteractionLogServiceClient(conn))
	})
}

// context calls do with a client of the context service.
func (c *client) context(do func(contextv1.ContextServiceClient) error) error {
	return c.connected(func(conn *grpc.ClientConn) error {
		return do(contextv1.NewContextServiceClient(conn))
	})
}

func (c *client) connected(do func(*grpc.ClientConn) error) error {
	conn, err := c.Dial(c.Target)
	if err != nil {
		return err
	}
	err = do(conn)
	if closeErr := conn.Close(); err == nil {
		err = closeErr
	}
	// Servers of the suite give each status details: one without was made here, and nobody has answered.
	if s, ok := status.FromError(err); ok && s.Code() == codes.Unavailable && len(s.Details()) == 0 {
		return fmt.Errorf("no server answers at %s; see that it runs (throughline serve), and that --target and --tls-ca are right: %w", c.Target, err)
	}
	return err
}

// call makes one call within the timeout.
func call[Req, Resp any](ctx context.Context, c *client, method func(context.Context, Req, ...grpc.CallOption) (Resp, error), req Req) (Resp, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	return method(ctx, req)
}

// resource returns the resource name for an id, which may be one already.
func resource(collection, id string) string {
	if strings.HasPrefix(id, collection+"/") {
		return id
	}
	return collection + "/" + id
}
