package suite

import (
	"context"
	"errors"
)

// stack holds what has to be undone, so that a start that fails halfway undoes just what it did, and stopping runs in
// the reverse order of starting.
type stack struct {
	undo []func(ctx context.Context) error
}

func (s *stack) push(undo func(ctx context.Context) error) { s.undo = append(s.undo, undo) }

// unwind undoes everything, the newest first, and goes on after failures.
func (s *stack) unwind(ctx context.Context) error {
	var errs []error
	for i := len(s.undo) - 1; i >= 0; i-- {
		errs = append(errs, s.undo[i](ctx))
	}
	s.undo = nil
	return errors.Join(errs...)
}

// closing fits a Close method into a stack.
func closing(closeIt func() error) func(context.Context) error {
	return func(context.Context) error { return closeIt() }
}
