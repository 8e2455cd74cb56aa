package rpc

import (
	"context"
	"time"
)

// Sender sends the messages of a stream, each from a goroutine of its own. gRPC's Send blocks while the reader's window is
// full, for ever if need be; the handler must be able to give up on the reader and end the stream with a status, which
// the reader finds behind the messages that are on their way to it. A stream on which nothing happens costs no goroutine,
// because most of ten thousand streams are such.
type Sender[T any] struct {
	send func(T) error
	sent chan error
	slow time.Duration
	drop func() error
}

// NewSender returns a sender that gives up on a reader who takes longer than slow over one message, with the fault that
// drop makes. After an error it must not be used again.
func NewSender[T any](send func(T) error, slow time.Duration, drop func() error) *Sender[T] {
	return &Sender[T]{send: send, sent: make(chan error, 1), slow: slow, drop: drop}
}

// Send sends one message. The error is the drop fault when the reader takes too long, and SERVER_DRAINING when the server
// drains while the message waits.
func (s *Sender[T]) Send(ctx context.Context, msg T) error {
	timer := time.NewTimer(s.slow)
	defer timer.Stop()
	// The goroutine ends when the handler is done at the latest: gRPC ends a Send that is still blocked.
	go func() { s.sent <- s.send(msg) }()
	select {
	case err := <-s.sent:
		return err
	case <-timer.C:
		return s.drop()
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-Draining(ctx):
	}
	// Most readers are about to take the message; one that is not must not hold up the drain.
	timer.Reset(min(s.slow, drainPatience))
	select {
	case err := <-s.sent:
		return err
	case <-timer.C:
		return DrainingFault()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// drainPatience is how long a drain waits for a reader to take a message.
const drainPatience = 500 * time.Millisecond
