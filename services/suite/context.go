package suite

import (
	"context"
	"errors"
	"fmt"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	contextservice "github.com/throughline-cx/throughline/services/context"
)

// following is the context service together with the goroutine in which it follows the log, so that closing it ends
// both in the right order.
type following struct {
	*contextservice.Service
	stop  context.CancelFunc
	ended chan struct{}
	err   error
}

// startContext starts the context service, which reaches the log as it would reach one on another machine.
func (s *Suite) startContext(ctx context.Context, log *node) (*node, error) {
	customers, err := contextservice.New(s.cfg.contextConfig(), contextservice.Deps{
		Log:    interactionlogv1.NewInteractionLogServiceClient(log.conn),
		Logger: s.logger,
		Meter:  s.telemetry.MeterProvider,
	})
	if err != nil {
		return nil, err
	}
	// It has to follow until the calls have been drained, which is after ctx has ended.
	followCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	f := &following{Service: customers, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		if f.err = customers.Run(followCtx); f.err != nil && followCtx.Err() == nil {
			s.fail(fmt.Errorf("the context service stopped following the log: %w", f.err))
		}
	}()
	return s.startNode(f, contextservice.Domain, contextv1.ContextService_ServiceDesc.ServiceName)
}

// Close stops following, which saves what is not saved yet, and closes the store.
func (f *following) Close() error {
	f.stop()
	<-f.ended
	err := f.err
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, f.Service.Close())
}
