package domain

import (
	"slices"
	"time"
)

// Filter says which events of a customer are wanted. Its conditions are joined by
// "and"; one that is empty is no condition.
type Filter struct {
	Types         []int32
	Channels      []int32
	InteractionID string
	CaseID        string
	Start         time.Time // occurred at or after
	End           time.Time // occurred before
	After         int64     // revision above
	Through       int64     // revision up to
}

// Match reports whether the event is wanted.
func (f *Filter) Match(e *Event) bool {
	switch {
	case e.Type == TypeEventErased && f.selective() && !slices.Contains(f.Types, e.Type),
		f.InteractionID != "" && e.InteractionID != f.InteractionID,
		f.CaseID != "" && e.CaseID != f.CaseID,
		len(f.Types) > 0 && !slices.Contains(f.Types, e.Type),
		len(f.Channels) > 0 && !slices.Contains(f.Channels, e.Channel),
		!f.Start.IsZero() && e.OccurredAt.Before(f.Start),
		!f.End.IsZero() && !e.OccurredAt.Before(f.End),
		e.Revision <= f.After,
		f.Through > 0 && e.Revision > f.Through:
		return false
	}
	return true
}
