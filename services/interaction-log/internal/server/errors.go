package server

import (
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

func customerNotFound() error {
	return fault.New(fault.NotFound, domain.ReasonCustomerNotFound, "the customer has no events").
		WithField("customer", "must have events")
}

func interactionNotFound() error {
	return fault.New(fault.NotFound, domain.ReasonInteractionNotFound, "the customer has no such interaction").
		WithField("interaction_id", "must be an interaction of the customer")
}

func slowConsumer() error {
	return fault.New(fault.Exhausted, domain.ReasonSlowConsumer,
		"the reader took too long and was dropped; resume from the last position received")
}

// ingestError says in an acknowledgement what a status would say.
func ingestError(err error) *interactionlogv1.IngestError {
	f, ok := fault.As(err)
	if !ok {
		f = fault.New(fault.Internal, fault.InternalError, "unclassified error").WithCause(err)
	}
	e := &interactionlogv1.IngestError{
		Reason:    f.Reason,
		Code:      int32(rpc.Code(f.Kind)),
		Message:   f.Msg,
		Retryable: retryable(f.Kind),
	}
	if f.Kind == fault.Internal {
		// As in a status: what is wrong inside is not told.
		e.Reason, e.Message = fault.InternalError, "internal error"
	}
	if len(f.Fields) > 0 {
		e.Field = f.Fields[0].Path
	}
	return e
}

// retryable tells whether the same event may succeed later. After an internal error it is unknown whether the event
// was stored, and sending it again finds out.
func retryable(k fault.Kind) bool {
	switch k {
	case fault.Internal, fault.Exhausted, fault.Unavailable, fault.Timeout, fault.Canceled:
		return true
	case fault.Invalid, fault.NotFound, fault.Exists, fault.Conflict, fault.Precondition, fault.Unauthenticated, fault.Denied:
	}
	return false
}
