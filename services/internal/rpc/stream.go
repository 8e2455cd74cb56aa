package rpc

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// lookAgain is how long a stream may go on before the chain looks again whether its caller may. A key that is revoked
// and a token that expires must not be good for as long as a stream is left open.
const lookAgain = 2 * time.Second

// checkedStream gives handlers the context of the chain and runs the steps on what they receive and send.
type checkedStream struct {
	grpc.ServerStream
	ctx   context.Context //nolint:containedctx // grpc.ServerStream hands out its context
	chain *chain
	call  *call

	mu     sync.Mutex // one goroutine may receive while another one sends
	looked time.Time
	lost   error
}

func (s *checkedStream) Context() context.Context { return s.ctx }

func (s *checkedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if err := s.still(); err != nil {
		return err
	}
	return s.chain.message(s.call, m)
}

func (s *checkedStream) SendMsg(m any) error {
	if err := s.still(); err != nil {
		return err
	}
	return s.ServerStream.SendMsg(s.chain.answer(s.call, m))
}

// still says whether the stream may go on. Nothing looks after a stream on which nothing happens: nothing is told on it.
func (s *checkedStream) still() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.lost != nil || now.Sub(s.looked) < lookAgain {
		return s.lost
	}
	s.looked = now
	for i := range s.chain.inner {
		if still := s.chain.inner[i].still; still != nil {
			if s.lost = still(s.ctx, s.call); s.lost != nil {
				break
			}
		}
	}
	return s.lost
}

// ended returns the error with which the stream ends: whatever the handler makes of it, why it may not go on comes first.
func (s *checkedStream) ended(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost == nil {
		return err
	}
	if f, ok := fault.As(s.lost); ok {
		s.call.refusal = f.Cause
	}
	return s.lost
}
