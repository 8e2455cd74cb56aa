package rpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

type drainKey struct{}

// stopWait is how long Drain waits for handlers after it has cut their connections.
const stopWait = 2 * time.Second

// Draining returns a channel that is closed when the server of this stream begins to drain. A handler with an open
// stream selects on it and returns DrainingFault; GracefulStop never returns while streams are open. Outside of a
// stream it returns nil, which blocks for ever in a select.
func Draining(ctx context.Context) <-chan struct{} {
	ch, _ := ctx.Value(drainKey{}).(<-chan struct{})
	return ch
}

// DrainingFault is what a stream ends with when its server drains: the caller connects again and goes on.
func DrainingFault() *fault.Error {
	return fault.New(fault.Unavailable, fault.ServerDraining, "the server is shutting down; call again")
}

// Drain stops the server in order: it reports NOT_SERVING, tells open streams to end, takes no new calls and waits for
// the running ones. Calls that are still there after DrainGrace, or when ctx ends, are cut off, and Drain says so in
// its error. Drain may be called more than once; later calls wait for the first.
func (s *Server) Drain(ctx context.Context) error {
	s.drainOnce.Do(func() {
		s.health.Shutdown()
		close(s.draining)
		go func() {
			defer close(s.stopped)
			s.grpc.GracefulStop()
		}()
	})
	grace := time.NewTimer(s.grace)
	defer grace.Stop()
	select {
	case <-s.stopped:
		return nil
	case <-grace.C:
	case <-ctx.Done():
	}
	// Stop waits for handlers, so one that ignores its context would hold it for ever; hence the second wait.
	go s.grpc.Stop()
	last := time.NewTimer(stopWait)
	defer last.Stop()
	select {
	case <-s.stopped:
		return fmt.Errorf("drain: calls were still running after %s and were cut off", s.grace)
	case <-last.C:
		return errors.New("drain: a handler ignores that its call was cancelled")
	}
}

// Draining returns a channel that is closed when the server begins to drain.
func (s *Server) Draining() <-chan struct{} { return s.draining }

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
