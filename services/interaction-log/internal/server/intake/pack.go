package intake

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// An event is stored as a header, which the store knows, and a payload: the encoded public event without what the
// header holds. Reading it back is one decoding and a few assignments (Unpack), or none (Forward).

var (
	deterministic    = proto.MarshalOptions{Deterministic: true}
	traceparentField = eventPlan.desc.Fields().ByName("traceparent").Number()
)

// packer encodes the events of one request, one after the other.
type packer struct {
	// content is what the digest is made of: the header's part, up to head, then the encoded rest of the event.
	content []byte
	head    int
	rest    interactionlogv1.Event
}

// encode makes the content of a clean event.
func (k *packer) encode(ev *interactionlogv1.Event) (err error) {
	k.content = digestHead(k.content[:0], ev)
	k.head = len(k.content)
	k.rest.Actor, k.rest.Source, k.rest.Touchpoint, k.rest.Payload = ev.GetActor(), ev.GetSource(), ev.GetTouchpoint(), ev.GetPayload()
	k.content, err = deterministic.MarshalAppend(k.content, &k.rest)
	return err
}

// digestHead appends the header's part of the content. Two things are left out: the time of an event that came without
// one, and the trace, because both are different when the same event is sent again.
func digestHead(b []byte, ev *interactionlogv1.Event) []byte {
	b = append(b, 1) // version of this form
	b = protowire.AppendString(b, ev.GetInteractionId())
	b = protowire.AppendString(b, ev.GetCaseId())
	b = binary.AppendVarint(b, int64(ev.GetChannel()))
	if at := ev.GetOccurredAt(); at != nil {
		b = append(b, 1)
		b = binary.AppendVarint(b, at.GetSeconds())
		return binary.AppendVarint(b, int64(at.GetNanos()))
	}
	return append(b, 0)
}

// digest identifies the content. It is made of the clean content, so it gives no hint at what was masked.
func (k *packer) digest() [32]byte { return sha256.Sum256(k.content) }

// payload returns the encoded event without its header.
func (k *packer) payload(ev *interactionlogv1.Event, trace string) []byte {
	b := k.content
	if trace != "" {
		b = protowire.AppendString(protowire.AppendTag(b, traceparentField, protowire.BytesType), trace)
	}
	if len(ev.GetRedactions()) > 0 {
		// Redactions are made here, of valid strings, so they always encode.
		b, _ = deterministic.MarshalAppend(b, &interactionlogv1.Event{Redactions: ev.GetRedactions()})
	}
	k.content = b[:len(k.content)]
	return slices.Clone(b[k.head:])
}

// pack makes the event as the store takes it. It is in memory of its own: the log keeps the newest events of each shard
// for its followers, and one of them must not keep all the others of its request.
func (k *packer) pack(d *Draft, src Source, digest [32]byte) {
	ev := d.Event
	trace := ev.GetTraceparent()
	if trace == "" {
		trace = src.TraceParent
	}
	d.Stored = &domain.Event{
		Key:           domain.Key{Tenant: src.Tenant, Customer: CustomerID(ev.GetCustomer())},
		EventID:       ev.GetEventId(),
		Type:          int32(d.kind),
		Channel:       int32(ev.GetChannel()),
		InteractionID: ev.GetInteractionId(),
		CaseID:        ev.GetCaseId(),
		OccurredAt:    src.Now,
		Payload:       k.payload(ev, trace),
		Digest:        digest,
	}
	if at := ev.GetOccurredAt(); at != nil {
		d.Stored.OccurredAt = at.AsTime()
	}
}

// TypeOf returns the kind of an event, which is the number of its payload's field.
func TypeOf(ev *interactionlogv1.Event) interactionlogv1.EventType {
	return eventPlan.chosen(ev.ProtoReflect()).eventType()
}

// eventType returns the kind of the events that hold the field; it may be nil.
func (n *nestedField) eventType() interactionlogv1.EventType {
	if n == nil {
		return interactionlogv1.EventType_EVENT_TYPE_UNSPECIFIED
	}
	return interactionlogv1.EventType(n.desc.Number())
}
