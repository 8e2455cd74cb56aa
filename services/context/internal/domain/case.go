package domain

import (
	"slices"
	"strconv"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// The reasons of refusals that are about cases.
const (
	ReasonCaseNotFound    = "CASE_NOT_FOUND"
	ReasonCaseExists      = "CASE_EXISTS"
	ReasonCaseNotOpen     = "CASE_NOT_OPEN"
	ReasonCaseNotResolved = "CASE_NOT_RESOLVED"
	ReasonTooManyCases    = "TOO_MANY_CASES"
)

// Open reports whether the case is not resolved.
func (c *Case) Open() bool { return c.ResolveTime.IsZero() }

// LastInteraction returns the newest interaction about the case; empty when there was none.
func (c *Case) LastInteraction() string {
	if len(c.RecentInteractions) == 0 {
		return ""
	}
	return c.RecentInteractions[0]
}

// Case returns a case by its id: an open one, or one of those resolved last.
func (s *State) Case(id string) (*Case, error) {
	for _, list := range [][]*Case{s.OpenCases, s.ResolvedCases} {
		if i := slices.IndexFunc(list, func(c *Case) bool { return c.ID == id }); i >= 0 {
			return list[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, ReasonCaseNotFound, "the customer has no such case, or it was resolved long ago")
}

// OpenCase returns a case that may be changed and resolved: an open one.
func (s *State) OpenCase(id string) (*Case, error) {
	c, err := s.Case(id)
	if err == nil && !c.Open() {
		err = fault.New(fault.Precondition, ReasonCaseNotOpen, "the case is resolved; reopen it first")
	}
	return c, err
}

// ResolvedCase returns a case that may be opened again: a resolved one. There has to be room for it, too.
func (s *State) ResolvedCase(id string) (*Case, error) {
	c, err := s.Case(id)
	switch {
	case err != nil:
		return nil, err
	case c.Open():
		return nil, fault.New(fault.Precondition, ReasonCaseNotResolved, "the case is open")
	}
	return c, nil
}

// CheckNewCase says whether a case may be opened under an id.
func (s *State) CheckNewCase(id string) error {
	if _, err := s.Case(id); err == nil {
		return CaseExists(id)
	}
	return s.RoomForCase()
}

// CaseExists is the fault of a case that is to be opened under an id that the customer has a case with.
func CaseExists(id string) error {
	return fault.New(fault.Exists, ReasonCaseExists, "the customer has a case with this id").With("case_id", id)
}

// RoomForCase refuses one open case more than a state keeps: the one touched least recently would be forgotten.
func (s *State) RoomForCase() error {
	if len(s.OpenCases) < MaxOpenCases {
		return nil
	}
	return fault.New(fault.Exhausted, ReasonTooManyCases, "the customer has %d open cases; resolve one first", len(s.OpenCases)).
		With("limit", strconv.Itoa(MaxOpenCases))
}
