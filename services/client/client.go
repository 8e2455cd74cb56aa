package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Client calls Throughline. It is safe for concurrent use; a program needs one for each server and credential, not one
// for each customer. Close it at the end.
type Client struct {
	opts    options
	conns   []*grpc.ClientConn
	context contextv1.ContextServiceClient
	log     logv1.InteractionLogServiceClient
	tokens  *tokenMemory
	// pause waits between two attempts of a watch.
	pause func(ctx context.Context, d time.Duration) error
}

// Dial returns a client for the server at target: "host:port", or any other name that grpc-go resolves. It does not
// connect before the first call, so it fails only for options that contradict each other.
func Dial(target string, opts ...Option) (*Client, error) {
	o := defaults()
	for _, set := range opts {
		set(&o)
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("throughline: %w", err)
	}
	c := &Client{opts: o, tokens: newTokenMemory(rememberedCustomers), pause: pause}
	contexts, err := c.connect(target)
	if err != nil {
		return nil, err
	}
	log := contexts
	if o.logTarget != "" {
		if log, err = c.connect(o.logTarget); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	c.context, c.log = contextv1.NewContextServiceClient(contexts), logv1.NewInteractionLogServiceClient(log)
	return c, nil
}

func (c *Client) connect(target string) (*grpc.ClientConn, error) {
	d := rpc.DialOptions{Credentials: c.opts.transport(target), Extra: c.opts.credentials(target)}
	if c.opts.attempts > 1 {
		// Every write of this package has a request id, so all that have one may be retried.
		d.RetryKeyed, d.MaxAttempts = true, c.opts.attempts
		d.Services = []string{
			contextv1.ContextService_ServiceDesc.ServiceName, logv1.InteractionLogService_ServiceDesc.ServiceName,
		}
	}
	if c.opts.userAgent != "" {
		d.Extra = append(d.Extra, grpc.WithUserAgent(c.opts.userAgent))
	}
	d.Extra = slices.Concat(d.Extra, c.opts.dial)
	conn, err := rpc.Dial(target, d)
	if err != nil {
		return nil, fmt.Errorf("throughline: %w", err)
	}
	c.conns = append(c.conns, conn)
	return conn, nil
}

// Close ends the connections. Calls that are running fail as CANCELLED.
func (c *Client) Close() error {
	var errs []error
	for _, conn := range c.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// Customer returns the handle of a customer, "customers/{id}", as Resolve names them. It calls nobody.
func (c *Client) Customer(name string) *Customer { return &Customer{client: c, name: name} }
