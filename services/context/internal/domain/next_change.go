package domain

import "time"

// NextChange returns the earliest moment after now at which BuildContext, or Plan for any slot, might answer
// differently for an asker without a new event: when a value becomes stale or expires, an interaction has been silent for
// too long, a verification, a consent or the offer of a handoff lapses, or a promise falls due; and with every minute
// while there is a matter to go on with. A context built may be kept until then; for ever when there is none.
func NextChange(v *View, a Asker, now time.Time) (time.Time, bool) {
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
	v.state.resumeChange(a, now, consider)
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
		switch h.State {
		case HandoffOffering:
			consider(h.ExpireTime)
		case HandoffTaken:
			consider(h.touched().Add(LiveIdle))
		case HandoffUnspecified, HandoffDone, HandoffRefused, HandoffLapsed, HandoffWithdrawn:
		}
	}
	for _, c := range s.OpenCases {
		consider(c.Promise.DueTime)
	}
}

// resumeChange tells when the matters to go on with are weighed anew.
func (s *State) resumeChange(a Asker, now time.Time, consider func(time.Time)) {
	minute := wholeMinute(now)
	if len(s.OpenCases) > 0 || len(Resume(s, a, minute)) > 0 {
		consider(minute.Add(time.Minute - time.Nanosecond))
		return
	}
	for _, list := range [][]*Interaction{s.Open, s.Ended} {
		for _, x := range list {
			// What is too long ago to be gone on with leaves the field to others: the only matter weighs more.
			consider(wholeMinute(x.LastEventTime.Add(ResumeWindow)).Add(time.Minute - time.Nanosecond))
			if x.EndRevision != 0 {
				continue
			}
			// It counts as fallen silent from the first whole minute on that is late enough.
			silent := x.LastEventTime.Add(ResumeSilence)
			if at := wholeMinute(silent); at.Before(silent) {
				silent = at.Add(time.Minute)
			}
			consider(silent.Add(-time.Nanosecond))
		}
	}
}
