package measure

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Call does one piece of work for a caller and returns how much it counts.
type Call func(ctx context.Context, caller int) (work int, err error)

// Plan says how long to drive work, and with how many callers.
type Plan struct {
	Callers  int
	WarmUp   time.Duration
	Duration time.Duration
}

// ErrNothingDone is returned when no call finished in the measured time.
var ErrNothingDone = errors.New("no call finished in the measured time")

// Drive lets the callers call again and again, each as soon as its last call was
// answered, and measures those calls that end after the warm-up. The first error
// ends it.
func Drive(ctx context.Context, plan Plan, call Call) (Sample, error) {
	begin := time.Now()
	from := begin.Add(plan.WarmUp)
	until := from.Add(plan.Duration)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	times := make([][]time.Duration, plan.Callers)
	var work, last atomic.Int64
	var wg sync.WaitGroup
	for caller := range plan.Callers {
		wg.Go(func() {
			for ctx.Err() == nil {
				start := time.Now()
				if start.After(until) {
					return
				}
				n, err := call(ctx, caller)
				end := time.Now()
				if err != nil {
					cancel(err)
					return
				}
				if end.Before(from) {
					continue
				}
				times[caller] = append(times[caller], end.Sub(start))
				work.Add(int64(n))
				raise(&last, end.Sub(from).Nanoseconds())
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return Sample{}, err
	}
	var all []time.Duration
	for _, t := range times {
		all = append(all, t...)
	}
	if len(all) == 0 {
		return Sample{}, ErrNothingDone
	}
	return Summarise(all, int(work.Load()), time.Duration(last.Load())), nil
}

// raise sets v to n unless it is above already.
func raise(v *atomic.Int64, n int64) {
	for {
		old := v.Load()
		if n <= old || v.CompareAndSwap(old, n) {
			return
		}
	}
}
