package projector

import (
	"context"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	// answerTime is left of a caller's time to answer, at least; answerShare is its share of what there is.
	answerTime  = 20 * time.Millisecond
	answerShare = 10
)

// budget returns a context for waiting: it ends early enough before the caller's deadline to answer with what there is,
// and after limit at the latest; 0 is no limit. The time is the real one, as that of contexts is.
func budget(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		left -= max(answerTime, left/answerShare)
		if limit == 0 || left < limit {
			limit = max(left, 0)
			return context.WithTimeout(ctx, limit)
		}
	}
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// InTime turns the error of a wait that was cut short by its budget into a fault that the caller gets in time. An error of
// the caller's own context stays.
func InTime(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || !isContextError(err) {
		return err
	}
	return fault.New(fault.Unavailable, fault.ServiceUnavailable, "the interaction log does not answer in time; try again").WithCause(err)
}
