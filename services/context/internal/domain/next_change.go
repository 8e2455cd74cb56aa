package domain

import "time"

// NextChange returns the earliest moment after now at which BuildContext, or Plan for any slot, might answer
// differently without a new event, whoever asks: when a value becomes stale or expires, an interaction has been silent
// for too long, a verification, a consent or the offer of a handoff lapses, or a promise falls due. A context built may
// be kept until then; for ever when there is none.
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
	v.partsChange(now, consider)
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

// partsChange tells when what is not a fact changes by itself.
func (v *View) partsChange(now time.Time, consider func(time.Time)) {
	s := v.state
	if len(s.Passports) > 0 {
		p := v.dict.Policy()
		for _, j := range s.Standing(&p, Unrestricted, now).Passports {
			consider(j.ValidUntil)
		}
	}
	for i := range s.Consents {
		consider(s.Consents[i].ExpireTime)
	}
	for _, h := range s.Handoffs {
		if h.State == HandoffOffering {
			consider(h.ExpireTime)
		}
	}
	for _, c := range s.OpenCases {
		consider(c.Promise.DueTime)
	}
}
