package intake

import (
	"time"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Draft is one event on its way from a caller to the store.
type Draft struct {
	// Event is the caller's, and the pipeline's from the moment it is handed in: it is changed in place.
	Event *interactionlogv1.Event
	// Stored is what the store gets. It is filled in when the event was accepted.
	Stored *domain.Event
	// Err says why the event was refused.
	Err *fault.Error

	size int
	kind interactionlogv1.EventType
}

// Size returns the encoded size of the event as it came.
func (d *Draft) Size() int { return d.size }

// Source says where the events of a request come from.
type Source struct {
	// Tenant is the caller's.
	Tenant string
	// Service is true where the caller may write what services keep to themselves.
	Service bool
	// Customer, when not empty, is the customer of all events: "customers/{id}".
	Customer string
	// TraceParent is the trace of the call.
	TraceParent string
	// Now is the server's time.
	Now time.Time
}
