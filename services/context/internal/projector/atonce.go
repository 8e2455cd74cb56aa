package projector

import (
	"errors"
	"sync"
)

// calls bounds the calls to the log or the store that background work makes at the same time.
const calls = 8

// atOnce calls do for each item, a few at the same time, and returns what went wrong.
func atOnce[T any](items []T, do func(T) error) error {
	switch len(items) {
	case 0:
		return nil
	case 1:
		return do(items[0])
	}
	var wait sync.WaitGroup
	slots := make(chan struct{}, calls)
	errs := make([]error, len(items))
	for i, item := range items {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(item)
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}
