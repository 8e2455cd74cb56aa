package domain

import "time"

// OwedPromise is what was promised to the customer and is not settled.
type OwedPromise struct {
	*Case
	// Overdue says that it fell due.
	Overdue bool
}

// owed returns the promise that weighs most: of those overdue the one that is so longest, and otherwise the one made
// last. It is nil when nothing is owed.
func owed(open []*Case, now time.Time) *OwedPromise {
	var best *OwedPromise
	for _, c := range open {
		if c.Promise.Text == "" {
			continue
		}
		o := &OwedPromise{Case: c, Overdue: passed(c.Promise.DueTime, now)}
		if best == nil || o.outweighs(best) {
			best = o
		}
	}
	return best
}

func (o *OwedPromise) outweighs(p *OwedPromise) bool {
	switch {
	case o.Overdue != p.Overdue:
		return o.Overdue
	case o.Overdue:
		return o.Promise.DueTime.Before(p.Promise.DueTime)
	}
	return o.Promise.Time.After(p.Promise.Time)
}
