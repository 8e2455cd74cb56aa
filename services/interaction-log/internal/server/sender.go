package server

import (
	"context"
	"time"

	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// sender sends the messages of a stream from a goroutine of its own. gRPC's Send blocks while the reader's window is
// full, for ever if need be; the handler must be able to give up on the reader and end the stream with a status, which
// the reader finds behind the messages that are on their way to it.
type sender[T any] struct {
	queue chan *T
	sent  chan error
	slow  time.Duration
}

func newSender[T any](send func(*T) error, slow time.Duration) *sender[T] {
	s := &sender[T]{queue: make(chan *T), sent: make(chan error, 1), slow: slow}
	// The goroutine ends when the handler is done: close stops the loop, and gRPC ends a Send that is still blocked.
	go func() {
		for msg := range s.queue {
			s.sent <- send(msg)
		}
	}()
	return s
}

// send sends one message. The error is SLOW_CONSUMER when the reader takes too long, and SERVER_DRAINING when the server
// drains while the message waits.
func (s *sender[T]) send(ctx context.Context, msg *T) error {
	timer := time.NewTimer(s.slow)
	defer timer.Stop()
	s.queue <- msg
	select {
	case err := <-s.sent:
		return err
	case <-timer.C:
		return slowConsumer()
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-rpc.Draining(ctx):
	}
	// Most readers are about to take the message; one that is not must not hold up the drain.
	timer.Reset(min(s.slow, drainPatience))
	select {
	case err := <-s.sent:
		return err
	case <-timer.C:
		return rpc.DrainingFault()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// drainPatience is how long a drain waits for a reader to take a message.
const drainPatience = 500 * time.Millisecond

func (s *sender[T]) close() { close(s.queue) }
