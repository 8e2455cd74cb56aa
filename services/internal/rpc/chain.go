package rpc

import (
	"context"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// call is what the steps know about one RPC.
type call struct {
	method *method
	stream bool
	// named is true when the caller sent a request id.
	named  bool
	start  time.Time
	cancel context.CancelFunc
	// caller is nil until the call is authenticated, and stays so for methods that need no credential.
	caller *auth.Caller
	// refusal says for the log why the caller was not let in.
	refusal error
}

// step is one interceptor. Both the unary and the stream interceptor are built from one list of steps, so that neither
// can miss one. Steps are functions in a loop and not nested closures: the hot path allocates nothing for them.
type step struct {
	name string
	// enter runs before the handler, in list order.
	enter func(ctx context.Context, c *call) (context.Context, error)
	// message runs for each received message: the request of a unary call, every one of a stream.
	message func(c *call, msg any) error
	// still runs with messages of a stream, now and then: an error ends the stream.
	still func(ctx context.Context, c *call) error
	// answer runs for each message that is sent, and returns what is sent instead.
	answer func(c *call, msg any) any
	// leave runs after the handler, in reverse order, for every step whose enter ran. It may replace the error.
	leave func(ctx context.Context, c *call, err error) error
}

// chain runs the steps around a handler. The recover boundary lies between outer and inner: outer steps see a panic of
// an inner step or of the handler as an error.
type chain struct {
	outer, inner []step
	methods      *methodTable
	draining     <-chan struct{}
}

func (ch *chain) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	c := &call{method: ch.methods.find(info.FullMethod), start: time.Now()}
	ctx, n, err := enter(ctx, c, ch.outer)
	var resp any
	if err == nil {
		resp, err = ch.guardedUnary(ctx, c, req, handler)
	}
	if err := leave(ctx, c, ch.outer[:n], err); err != nil {
		return nil, err
	}
	return resp, nil
}

func (ch *chain) guardedUnary(ctx context.Context, c *call, req any, handler grpc.UnaryHandler) (resp any, err error) {
	defer recoverInto(&err)
	ctx, n, err := enter(ctx, c, ch.inner)
	if err == nil {
		err = ch.message(c, req)
	}
	if err == nil {
		if resp, err = handler(ctx, req); err == nil {
			resp = ch.answer(c, resp)
		}
	}
	return resp, leave(ctx, c, ch.inner[:n], err)
}

func (ch *chain) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	c := &call{method: ch.methods.find(info.FullMethod), stream: true, start: time.Now()}
	ctx := context.WithValue(ss.Context(), drainKey{}, ch.draining)
	ctx, n, err := enter(ctx, c, ch.outer)
	if err == nil {
		err = ch.guardedStream(ctx, c, srv, ss, handler)
	}
	return leave(ctx, c, ch.outer[:n], err)
}

func (ch *chain) guardedStream(ctx context.Context, c *call, srv any, ss grpc.ServerStream, handler grpc.StreamHandler) (err error) {
	defer recoverInto(&err)
	ctx, n, err := enter(ctx, c, ch.inner)
	if err == nil {
		s := &checkedStream{ServerStream: ss, ctx: ctx, chain: ch, call: c, looked: c.start}
		err = s.ended(handler(srv, s))
	}
	return leave(ctx, c, ch.inner[:n], err)
}

func (ch *chain) message(c *call, msg any) error {
	for i := range ch.inner {
		if check := ch.inner[i].message; check != nil {
			if err := check(c, msg); err != nil {
				return err
			}
		}
	}
	return nil
}

func (ch *chain) answer(c *call, msg any) any {
	for i := range ch.inner {
		if change := ch.inner[i].answer; change != nil {
			msg = change(c, msg)
		}
	}
	return msg
}

func enter(ctx context.Context, c *call, steps []step) (context.Context, int, error) {
	for i := range steps {
		if steps[i].enter == nil {
			continue
		}
		next, err := steps[i].enter(ctx, c)
		if err != nil {
			return ctx, i, err
		}
		ctx = next
	}
	return ctx, len(steps), nil
}

func leave(ctx context.Context, c *call, entered []step, err error) error {
	for i := len(entered) - 1; i >= 0; i-- {
		if entered[i].leave != nil {
			err = entered[i].leave(ctx, c, err)
		}
	}
	return err
}

// panicError is a recovered panic. The stack goes to the log, never to the caller.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return "panic in a handler" }

// recoverInto turns a panic into an Internal fault.
func recoverInto(err *error) {
	if v := recover(); v != nil {
		*err = fault.New(fault.Internal, fault.InternalError, "panic").
			WithCause(&panicError{value: v, stack: debug.Stack()})
	}
}
