package domain

import "time"

// NextChange returns the earliest moment after now at which BuildContext, or Plan for any slot, might answer
// differently without a new event: when a value becomes stale or expires, or an interaction has been silent for too
// long. A context built may be kept until then; for ever when there is none.
func NextChange(v *View, now time.Time) (time.Time, bool) {
	var next time.Time
	consider := func(t time.Time) {
		if !t.IsZero() && !t.Before(now) {
			next = earlier(next, t)
		}
	}
	for _, x := range v.state.Open {
		consider(x.LastEventTime.Add(LiveIdle))
	}
	v.eachSlot(func(e *entry, own, full *answer) {
		for _, a := range []*answer{own, full} {
			if a == nil {
				continue
			}
			for i := range a.variants {
				consider(e.expiresAfter(&a.variants[i]))
				consider(e.staleAfter(&a.variants[i]))
			}
		}
	})
	if next.IsZero() {
		return time.Time{}, false
	}
	// The moments themselves still belong to the time before.
	return next.Add(time.Nanosecond), true
}
