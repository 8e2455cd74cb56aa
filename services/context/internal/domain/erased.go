package domain

import (
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// ReasonCustomerErased is the fault of whatever is about a customer who was erased. The interaction log has one of the
// same name.
const ReasonCustomerErased = "CUSTOMER_ERASED"

// EraseTimeKey is the key of that fault's fact.
const EraseTimeKey = "erase_time"

// CustomerErasedAt is the fault of a read or write of a customer who was erased, with the time as the log's fault has it.
func CustomerErasedAt(eraseTime string) error {
	return fault.New(fault.NotFound, ReasonCustomerErased, "the customer was erased").With(EraseTimeKey, eraseTime)
}

// CheckErased returns the fault of a read or write of the customer when it was erased.
func (s *State) CheckErased() error {
	if s.Erased.IsZero() {
		return nil
	}
	return CustomerErasedAt(s.Erased.UTC().Format(time.RFC3339Nano))
}
