package daemon

import (
	"context"
	"errors"
	"sync"
)

// Background runs work in a goroutine of its own. The end of ctx does not end it, because it has to go on while calls
// are drained; stop does, and waits for it. Work that ends with an error before that calls failed. What goes wrong later,
// such as saving what is left, is the error of stop, which may be called more than once.
func Background(ctx context.Context, work func(context.Context) error, failed func(error)) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		err := work(ctx)
		if err != nil && ctx.Err() == nil {
			failed(err)
			err = nil
		}
		ended <- err
	}()
	return sync.OnceValue(func() error {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
}
