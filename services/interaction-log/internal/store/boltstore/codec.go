package boltstore

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// Events are the bulk of the store, so they are encoded by hand, in the wire
// format of StoredEvent; a test holds the two together.

var errEncoding = errors.New("not an encoded event")

// appendEvent appends the wire format of a StoredEvent.
func appendEvent(dst []byte, e *domain.Event) []byte {
	dst = appendString(dst, 1, e.Tenant)
	dst = appendString(dst, 2, e.Customer)
	dst = appendString(dst, 3, e.EventID)
	dst = appendNumber(dst, 4, int64(e.Type))
	dst = appendNumber(dst, 5, int64(e.Channel))
	dst = appendString(dst, 6, e.InteractionID)
	dst = appendString(dst, 7, e.CaseID)
	dst = appendTime(dst, 8, e.OccurredAt)
	dst = appendTime(dst, 9, e.RecordedAt)
	dst = appendNumber(dst, 10, e.Revision)
	dst = appendNumber(dst, 11, int64(e.Shard))
	dst = appendNumber(dst, 12, e.Sequence)
	dst = protowire.AppendTag(dst, 13, protowire.BytesType)
	dst = protowire.AppendBytes(dst, e.Digest[:])
	dst = protowire.AppendTag(dst, 14, protowire.BytesType)
	return protowire.AppendBytes(dst, e.Payload)
}

func appendString(dst []byte, field protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	return protowire.AppendString(protowire.AppendTag(dst, field, protowire.BytesType), s)
}

func appendNumber(dst []byte, field protowire.Number, n int64) []byte {
	if n == 0 {
		return dst
	}
	return protowire.AppendVarint(protowire.AppendTag(dst, field, protowire.VarintType), uint64(n))
}

func appendTime(dst []byte, field protowire.Number, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	dst = protowire.AppendTag(dst, field, protowire.Fixed64Type)
	return protowire.AppendFixed64(dst, uint64(t.UnixNano()))
}

// decodeEvent reads a StoredEvent. The event does not share memory with raw.
func decodeEvent(raw []byte) (*domain.Event, error) {
	var (
		e     domain.Event
		texts [8][]byte // by field
	)
	for len(raw) > 0 {
		field, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return nil, errEncoding
		}
		raw = raw[n:]
		number, bytes, n := consume(field, kind, raw)
		if n < 0 {
			return nil, errEncoding
		}
		raw = raw[n:]
		if !setField(&e, &texts, field, kind, number, bytes) {
			return nil, errEncoding
		}
	}
	setTexts(&e, &texts)
	return &e, nil
}

// consume reads a field's value; n is below zero when there is none.
func consume(field protowire.Number, kind protowire.Type, raw []byte) (number uint64, bytes []byte, n int) {
	switch kind {
	case protowire.VarintType:
		number, n = protowire.ConsumeVarint(raw)
	case protowire.Fixed64Type:
		number, n = protowire.ConsumeFixed64(raw)
	case protowire.BytesType:
		bytes, n = protowire.ConsumeBytes(raw)
	default:
		n = protowire.ConsumeFieldValue(field, kind, raw)
	}
	return number, bytes, n
}

// setField reports false when a field has another type than StoredEvent gives it.
// Fields it does not know are of a later version and left alone.
func setField(e *domain.Event, texts *[8][]byte, field protowire.Number, kind protowire.Type, number uint64, bytes []byte) bool {
	want := protowire.VarintType
	switch field {
	case 1, 2, 3, 6, 7:
		want, texts[field] = protowire.BytesType, bytes
	case 4:
		e.Type = int32(number)
	case 5:
		e.Channel = int32(number)
	case 8:
		want, e.OccurredAt = protowire.Fixed64Type, time.Unix(0, int64(number)).UTC()
	case 9:
		want, e.RecordedAt = protowire.Fixed64Type, time.Unix(0, int64(number)).UTC()
	case 10:
		e.Revision = int64(number)
	case 11:
		e.Shard = int32(number)
	case 12:
		e.Sequence = int64(number)
	case 13:
		if len(bytes) != len(e.Digest) {
			return false
		}
		want = protowire.BytesType
		copy(e.Digest[:], bytes)
	case 14:
		want, e.Payload = protowire.BytesType, slices.Clone(bytes)
	default:
		return true
	}
	return kind == want
}

// setTexts copies all texts to one string.
func setTexts(e *domain.Event, texts *[8][]byte) {
	var all strings.Builder
	size := 0
	for _, t := range texts {
		size += len(t)
	}
	all.Grow(size)
	for _, t := range texts {
		all.Write(t)
	}
	rest := all.String()
	for field, into := range [8]*string{1: &e.Tenant, 2: &e.Customer, 3: &e.EventID, 6: &e.InteractionID, 7: &e.CaseID} {
		if into != nil {
			*into, rest = rest[:len(texts[field])], rest[len(texts[field]):]
		}
	}
}

// appendToBlock appends an event to the wire format of an EventBlock. scratch is
// memory to use, and is returned.
func appendToBlock(block, scratch []byte, e *domain.Event) (longer, memory []byte) {
	scratch = appendEvent(scratch[:0], e)
	block = protowire.AppendTag(block, 1, protowire.BytesType)
	return protowire.AppendBytes(block, scratch), scratch
}

// splitBlock appends the encoded events of an EventBlock to into.
func splitBlock(into [][]byte, payload []byte) ([][]byte, error) {
	for len(payload) > 0 {
		field, kind, n := protowire.ConsumeTag(payload)
		if n < 0 || field != 1 || kind != protowire.BytesType {
			return nil, errEncoding
		}
		raw, m := protowire.ConsumeBytes(payload[n:])
		if m < 0 {
			return nil, errEncoding
		}
		into = append(into, raw)
		payload = payload[n+m:]
	}
	if len(into) == 0 {
		return nil, errEncoding
	}
	return into, nil
}

// printAt reads a fingerprint.
func printAt(prints []byte, i int) uint64 { return binary.LittleEndian.Uint64(prints[8*i:]) }
