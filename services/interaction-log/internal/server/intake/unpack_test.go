package intake

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/server/eventtest"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// stored returns events as the store has them: every kind with and without the caller's trace, and masked ones.
func stored(t *testing.T) map[string]*domain.Event {
	t.Helper()
	var events []*interactionlogv1.Event
	for _, kind := range eventtest.Kinds() {
		full := eventtest.Full(kind, string(kind.Name()))
		bare := eventtest.Full(kind, string(kind.Name())+"-bare")
		bare.Traceparent, bare.Actor, bare.OccurredAt = "", nil, nil
		masked := eventtest.Full(kind, string(kind.Name())+"-masked")
		masked.Touchpoint = "4111111111111111, cvv 123"
		events = append(events, full, bare, masked)
	}
	src := testSource
	src.TraceParent = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
	drafts, err := New().Prepare(t.Context(), src, events)
	if err == nil {
		err = First(drafts)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*domain.Event{}
	for i, d := range drafts {
		d.Stored.Revision, d.Stored.Shard, d.Stored.Sequence, d.Stored.RecordedAt = int64(i+1), 3, int64(i+7), testkit.Epoch
		all[d.Stored.EventID] = d.Stored
	}
	return all
}

// What a client decodes of a forwarded event is what Unpack gives, with every kind and every field.
func TestForwardIsUnpackOnTheWire(t *testing.T) {
	masked := 0
	for id, e := range stored(t) {
		want, err := Unpack(e)
		if err != nil {
			t.Fatal(err)
		}
		if want.GetTraceparent() == "" || want.GetPayload() == nil {
			t.Errorf("%s is stored without its trace or payload", id)
		}
		masked += min(1, len(want.GetRedactions()))
		sent := Forward(e)
		wire, err := proto.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		if len(wire) != proto.Size(want) || proto.Size(sent) != len(wire) {
			t.Errorf("%s has %d bytes on the wire, %d by its size, and %d are enough", id, len(wire), proto.Size(sent), proto.Size(want))
		}
		got := &interactionlogv1.Event{}
		if err := proto.Unmarshal(wire, got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-unpacked +forwarded):\n%s", id, diff)
		}
	}
	if masked < len(eventtest.Kinds()) {
		t.Errorf("only %d events with redactions took part", masked)
	}
}

// The payload holds none of the header's fields: a client would take them for later ones.
func TestPayloadHoldsNoHeader(t *testing.T) {
	for id, e := range stored(t) {
		ev := &interactionlogv1.Event{}
		if err := proto.Unmarshal(e.Payload, ev); err != nil {
			t.Fatal(err)
		}
		header := &interactionlogv1.Event{}
		setHeader(header, e)
		for _, fd := range fieldsOf(header) {
			if ev.ProtoReflect().Has(fd) {
				t.Errorf("the payload of %s has %s", id, fd.Name())
			}
		}
	}
}

func fieldsOf(ev *interactionlogv1.Event) (set []protoreflect.FieldDescriptor) {
	ev.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		set = append(set, fd)
		return true
	})
	return set
}
