package intake

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Unpack returns the public form of a stored event, for those who look inside.
func Unpack(e *domain.Event) (*interactionlogv1.Event, error) {
	ev := &interactionlogv1.Event{}
	if err := proto.Unmarshal(e.Payload, ev); err != nil {
		return nil, fault.New(fault.Internal, fault.StoreDamaged, "a stored event does not decode: %w", err)
	}
	setHeader(ev, e)
	return ev, nil
}

// Forward returns a stored event for a client: the header's fields, and the stored bytes as they are. What is encoded
// of it is what is encoded of Unpack's, because the payload is an encoded Event without the header's fields, and an
// encoded message may hold its fields in any order; but nothing is decoded and encoded again, which is most of the work
// of a read. Until it went through the wire, the payload and the redactions seem to be missing: Forward is for answers
// only, and every caller of the handlers is behind a gRPC connection. The bytes are those that pack made, and the store
// checks that they still are.
func Forward(e *domain.Event) *interactionlogv1.Event {
	ev := &interactionlogv1.Event{}
	setHeader(ev, e)
	ev.ProtoReflect().SetUnknown(e.Payload)
	return ev
}

// setHeader sets the fields that the store keeps beside the payload.
func setHeader(ev *interactionlogv1.Event, e *domain.Event) {
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
}

// Timestamp returns a time as the contract has it, nil for none.
func Timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
