package boltstore

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	storagev1 "github.com/throughline-cx/throughline/gen/go/throughline/storage/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/store/storetest"
)

var drawTime = rapid.Custom(func(t *rapid.T) time.Time {
	if rapid.IntRange(0, 9).Draw(t, "zero") == 0 {
		return time.Time{}
	}
	return time.Unix(0, rapid.Int64().Draw(t, "nanos")).UTC()
})

var drawEvent = rapid.Custom(func(t *rapid.T) *domain.Event {
	e := &domain.Event{
		Key:     domain.Key{Tenant: rapid.String().Draw(t, "tenant"), Customer: rapid.String().Draw(t, "customer")},
		EventID: rapid.String().Draw(t, "id"), Type: rapid.Int32().Draw(t, "type"), Channel: rapid.Int32().Draw(t, "channel"),
		InteractionID: rapid.String().Draw(t, "interaction"), CaseID: rapid.String().Draw(t, "case"),
		OccurredAt: drawTime.Draw(t, "occurred"), RecordedAt: drawTime.Draw(t, "recorded"),
		Payload:  rapid.SliceOf(rapid.Byte()).Draw(t, "payload"),
		Revision: rapid.Int64().Draw(t, "revision"), Shard: rapid.Int32().Draw(t, "shard"), Sequence: rapid.Int64().Draw(t, "sequence"),
	}
	copy(e.Digest[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest"))
	return e
})

// What is encoded by hand is what the .proto file says.
func TestEventEncoding(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := drawEvent.Draw(rt, "event")
		raw := appendEvent(nil, e)
		got, err := decodeEvent(raw)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(e, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
		want := &storagev1.StoredEvent{
			Tenant: e.Tenant, Customer: e.Customer, EventId: e.EventID, Type: e.Type, Channel: e.Channel,
			InteractionId: e.InteractionID, CaseId: e.CaseID, Revision: e.Revision, Shard: e.Shard, Sequence: e.Sequence,
			Digest: e.Digest[:], Payload: e.Payload,
		}
		if !e.OccurredAt.IsZero() {
			want.OccurredAt = proto.Int64(e.OccurredAt.UnixNano())
		}
		if !e.RecordedAt.IsZero() {
			want.RecordedAt = proto.Int64(e.RecordedAt.UnixNano())
		}
		var parsed storagev1.StoredEvent
		if err := proto.Unmarshal(raw, &parsed); err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, &parsed, protocmp.Transform()); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
		// And the other way round.
		if raw, err = proto.Marshal(want); err != nil {
			rt.Fatal(err)
		}
		if got, err = decodeEvent(raw); err != nil || !cmp.Equal(e, got, cmpopts.EquateEmpty()) {
			rt.Fatalf("%v %v", got, err)
		}
	})
}

func TestBlockEncoding(t *testing.T) {
	var block, memory []byte
	b := storetest.Numbered(storetest.Customer("ann"), 0, 3)
	for _, e := range b.Events {
		block, memory = appendToBlock(block, memory, e)
	}
	var parsed storagev1.EventBlock
	if err := proto.Unmarshal(block, &parsed); err != nil || len(parsed.GetEvents()) != 3 || parsed.GetEvents()[2].GetEventId() != "event-2" {
		t.Errorf("%v %v", &parsed, err)
	}
}

func TestCustomerEncoding(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newCustomer(3, storetest.Customer("ann"))
		first := rapid.Int64Range(1, 1<<40).Draw(rt, "first")
		c.places = places{first: first, last: first - 1}
		c.sequence, c.recordedAt = rapid.Int64Range(1, 1<<50).Draw(rt, "sequence"), time.Unix(0, rapid.Int64().Draw(rt, "at")).UTC()
		for range rapid.IntRange(1, 100).Draw(rt, "events") {
			c.places.add(rapid.Int64Range(0, 1<<45).Draw(rt, "position"))
			c.prints = append(c.prints, rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(rt, "print")...)
		}
		raw := c.appendRecord(nil)
		var m storagev1.CustomerRecord
		if err := proto.Unmarshal(raw, &m); err != nil {
			rt.Fatal(err)
		}
		want := &storagev1.CustomerRecord{
			Revision: c.places.last, RecordedAt: c.recordedAt.UnixNano(), Sequence: c.sequence, Places: c.places.pairs, Fingerprints: c.prints,
		}
		if diff := cmp.Diff(want, &m, protocmp.Transform()); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
		got := newCustomer(3, c.Key)
		if !got.parse(raw) || got.decodePlaces() != nil {
			rt.Fatal("not parsed")
		}
		if diff := cmp.Diff(c, got, cmp.AllowUnexported(customer{}, places{})); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestPlaces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		first := rapid.Int64Range(1, 1000).Draw(rt, "first")
		p := places{first: first, last: first - 1}
		var positions []int64
		at := int64(0)
		for range rapid.IntRange(1, 50).Draw(rt, "events") {
			at += int64(rapid.SampledFrom([]int{1, 1, 1, 7, 64}).Draw(rt, "step"))
			positions = append(positions, at)
			p.add(at)
		}
		if !p.valid() {
			rt.Fatal("not valid")
		}
		for i, want := range positions {
			if got, ok := p.find(first + int64(i)); !ok || got != want {
				rt.Fatalf("number %d is at %d, want %d", first+int64(i), got, want)
			}
		}
		for _, number := range []int64{first - 1, p.last + 1, 0, -1} {
			if _, ok := p.find(number); ok {
				rt.Fatalf("%d is found", number)
			}
		}
	})
}

// Whatever the bytes, decoding ends in an event that encodes to what decodes to
// the same, or in an error.
func FuzzDecodeEvent(f *testing.F) {
	f.Add(appendEvent(nil, storetest.Event(storetest.Customer("ann"), "e", "text")))
	f.Add([]byte{0x0a, 0x05, 'a'})
	f.Add([]byte{0x6a, 0x01, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := decodeEvent(raw)
		if err != nil {
			return
		}
		again, err := decodeEvent(appendEvent(nil, e))
		if err != nil || !cmp.Equal(e, again, cmpopts.EquateEmpty()) {
			t.Errorf("%+v became %+v, %v", e, again, err)
		}
	})
}

func FuzzSplitBlock(f *testing.F) {
	block, _ := appendToBlock(nil, nil, storetest.Event(storetest.Customer("ann"), "e", "text"))
	f.Add(block)
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, payload []byte) {
		events, err := splitBlock(nil, payload)
		if err == nil && len(events) == 0 {
			t.Error("a block without events")
		}
	})
}

func FuzzCustomerRecord(f *testing.F) {
	c := newCustomer(1, storetest.Customer("ann"))
	c.places.add(64)
	c.prints = make([]byte, 8)
	f.Add(c.appendRecord(nil))
	f.Add([]byte("\b0*\b00000000")) // no places
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := newCustomer(1, storetest.Customer("ann"))
		if !c.parse(raw) || c.decodePlaces() != nil {
			return
		}
		for n := c.places.first; n <= min(c.places.last, c.places.first+1000); n++ {
			if _, ok := c.places.find(n); !ok {
				t.Fatalf("revision %d of %d to %d has no place", n, c.places.first, c.places.last)
			}
		}
		again := newCustomer(1, c.Key)
		if !again.parse(c.appendRecord(nil)) || again.decodePlaces() != nil || !cmp.Equal(c, again, cmp.AllowUnexported(customer{}, places{})) {
			t.Errorf("%+v became %+v", c, again)
		}
	})
}
