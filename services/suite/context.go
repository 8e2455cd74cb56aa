package suite

import (
	"context"
	"errors"
	"fmt"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	contextservice "github.com/throughline-cx/throughline/services/context"
	"github.com/throughline-cx/throughline/services/internal/daemon"
)

// following is the context service together with the work of following the log, so that closing it ends both in the
// right order.
type following struct {
	*contextservice.Service
	stop func() error
}

// startContext starts the context service, which reaches the log as it would reach one on another machine.
func (s *Suite) startContext(ctx context.Context, log *node) (*node, error) {
	customers, err := contextservice.New(s.cfg.contextConfig(), contextservice.Deps{
		Log:    interactionlogv1.NewInteractionLogServiceClient(log.trusted),
		Logger: s.logger,
		Meter:  s.telemetry.MeterProvider,
	})
	if err != nil {
		return nil, err
	}
	f := &following{Service: customers, stop: daemon.Background(ctx, customers.Run, func(err error) {
		s.fail(fmt.Errorf("the context service stopped following the log: %w", err))
	})}
	return s.startNode(f, contextservice.Domain, contextv1.ContextService_ServiceDesc.ServiceName)
}

// Close stops following, which saves what is not saved yet, and closes the store.
func (f *following) Close() error { return errors.Join(f.stop(), f.Service.Close()) }
