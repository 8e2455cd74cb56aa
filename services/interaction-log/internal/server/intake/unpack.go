package intake

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Unpack returns the public form of a stored event.
func Unpack(e *domain.Event) (*interactionlogv1.Event, error) {
	ev := &interactionlogv1.Event{}
	if err := proto.Unmarshal(e.Payload, ev); err != nil {
		return nil, fault.New(fault.Internal, fault.StoreDamaged, "a stored event does not decode: %w", err)
	}
	ev.EventId = e.EventID
	ev.Customer = CustomerName(e.Customer)
	ev.OccurredAt = Timestamp(e.OccurredAt)
	ev.InteractionId = e.InteractionID
	ev.CaseId = e.CaseID
	ev.Channel = interactionlogv1.Channel(e.Channel)
	ev.Revision = e.Revision
	ev.RecordedAt = Timestamp(e.RecordedAt)
	ev.Shard = e.Shard
	ev.Sequence = e.Sequence
	return ev, nil
}

// Timestamp returns a time as the contract has it, nil for none.
func Timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
