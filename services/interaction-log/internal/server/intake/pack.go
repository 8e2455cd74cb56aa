package intake

import (
	"crypto/sha256"
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// An event is stored as a header, which the store knows, and a payload: the encoded public event without what the
// header holds. Reading it back is one decoding and a few assignments (Unpack).

var (
	deterministic    = proto.MarshalOptions{Deterministic: true}
	traceparentField = eventPlan.desc.Fields().ByName("traceparent").Number()
)

// headerRoom is what the digest's own bytes and the trace take, mostly.
const headerRoom = 224

// encode makes the content: what the digest is made of, followed by nothing yet.
func (d *Draft) encode() (err error) {
	ev := d.Event
	d.timed = ev.GetOccurredAt() != nil
	head := digestHead(make([]byte, 0, d.size+headerRoom), ev)
	d.headLen = len(head)
	d.content, err = deterministic.MarshalAppend(head, &interactionlogv1.Event{
		Actor: ev.GetActor(), Source: ev.GetSource(), Touchpoint: ev.GetTouchpoint(), Payload: ev.GetPayload(),
	})
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
func (d *Draft) digest() [32]byte { return sha256.Sum256(d.content) }

// pack makes the event as the store takes it.
func (d *Draft) pack(src Source, digest [32]byte) {
	ev := d.Event
	payload := d.content[d.headLen:]
	trace := ev.GetTraceparent()
	if trace == "" {
		trace = src.TraceParent
	}
	if trace != "" {
		payload = protowire.AppendString(protowire.AppendTag(payload, traceparentField, protowire.BytesType), trace)
	}
	if len(ev.GetRedactions()) > 0 {
		// Redactions are made here, of valid strings, so they always encode.
		payload, _ = deterministic.MarshalAppend(payload, &interactionlogv1.Event{Redactions: ev.GetRedactions()})
	}
	*d.Stored = domain.Event{
		Key:           domain.Key{Tenant: src.Tenant, Customer: CustomerID(ev.GetCustomer())},
		EventID:       ev.GetEventId(),
		Type:          int32(TypeOf(ev)),
		Channel:       int32(ev.GetChannel()),
		InteractionID: ev.GetInteractionId(),
		CaseID:        ev.GetCaseId(),
		OccurredAt:    src.Now,
		Payload:       payload,
		Digest:        digest,
	}
	if d.timed {
		d.Stored.OccurredAt = ev.GetOccurredAt().AsTime()
	}
	d.content = nil
}

// TypeOf returns the kind of an event, which is the number of its payload's field.
func TypeOf(ev *interactionlogv1.Event) interactionlogv1.EventType {
	if n := eventPlan.chosen(ev.ProtoReflect()); n != nil {
		return interactionlogv1.EventType(n.desc.Number())
	}
	return interactionlogv1.EventType_EVENT_TYPE_UNSPECIFIED
}
