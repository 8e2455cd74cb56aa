package rpc

import "context"

// Received is one message of a client stream, or the error that ended it (io.EOF when the client is done).
type Received[T any] struct {
	Msg *T
	Err error
}

// Inbox receives from a client stream in the background, so that a handler can wait for the next message and for
// Draining at the same time. The last item holds the error, then the channel is closed. The reader ends when the
// handler returns, because recv then fails.
func Inbox[T any](ctx context.Context, recv func() (*T, error), buffer int) <-chan Received[T] {
	out := make(chan Received[T], buffer)
	go func() {
		defer close(out)
		for {
			msg, err := recv()
			select {
			case out <- Received[T]{Msg: msg, Err: err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}
