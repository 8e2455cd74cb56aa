package projector

import (
	"sync/atomic"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Why says what an answer may lack, and why.
type Why int32

const (
	// Complete means that nothing is known to be missing.
	Complete Why = iota
	// LogUnreachable means that the interaction log cannot be reached: what was written since is missing.
	LogUnreachable
	// LogSlow means that the interaction log did not answer within the time that there was.
	LogSlow
	// Behind means that the log is known to hold more: the revision that was asked for, or what the follower has yet to
	// read.
	Behind
	// Building means that the view is being built, and that there was no time to ask the log.
	Building
	// MemberMissing means that a customer who is one with this one could not be read.
	MemberMissing
)

// String returns the name.
func (w Why) String() string {
	switch w {
	case Complete:
		return "complete"
	case LogUnreachable:
		return "the interaction log cannot be reached"
	case LogSlow:
		return "the interaction log does not answer in time"
	case Behind:
		return "the log holds more than was read yet"
	case Building:
		return "the view is being built"
	case MemberMissing:
		return "a customer merged with this one cannot be read"
	}
	return "unknown"
}

// health is what an answer out of memory may lack. It is found out as the follower goes, so that a read has only to look.
type health struct{ why atomic.Int32 }

func (h *health) set(w Why) { h.why.Store(int32(w)) }
func (h *health) get() Why  { return Why(h.why.Load()) }

// patience is for how many polls the log may not answer, or the view be behind, before answers say so.
const patience = 3

// Err is the fault for a caller that cannot do with what there is, nil when nothing is known to be missing.
func (r Reading) Err() error {
	if r.Complete {
		return nil
	}
	return fault.New(fault.Unavailable, fault.ServiceUnavailable, "what is known of the customer is not complete: %s; try again", r.Why)
}
