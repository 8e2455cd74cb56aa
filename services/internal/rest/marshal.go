package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	typeJSON  = "application/json"
	typeLines = "application/x-ndjson"
	typeSSE   = "text/event-stream"
)

// jsonMarshaler reads and writes proto3 JSON. It shows scalars and lists that are empty, because a caller that picks
// values out of an answer by path (an IVR) stumbles over a path that is not there.
type jsonMarshaler struct{ runtime.JSONPb }

func newJSONMarshaler() *jsonMarshaler {
	return &jsonMarshaler{runtime.JSONPb{
		MarshalOptions:   protojson.MarshalOptions{EmitDefaultValues: true},
		UnmarshalOptions: protojson.UnmarshalOptions{DiscardUnknown: false},
	}}
}

// NewDecoder returns a strict decoder: one JSON value for a unary call, and nothing after it.
func (m *jsonMarshaler) NewDecoder(r io.Reader) runtime.Decoder {
	dec := json.NewDecoder(r)
	_, many := r.(*streamBody)
	return runtime.DecoderFunc(func(v any) error {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			if errors.Is(err, io.EOF) {
				return io.EOF
			}
			return jsonFault(v, err)
		}
		if !many {
			if err := dec.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
				return fault.New(fault.Invalid, fault.InvalidJSON, "there is more after the JSON value")
			}
		}
		if err := m.Unmarshal(raw, v); err != nil {
			return jsonFault(v, err)
		}
		return nil
	})
}

// StreamContentType is for answers that stream: one JSON object a line.
func (*jsonMarshaler) StreamContentType(any) string { return typeLines }

// Delimiter ends each line.
func (*jsonMarshaler) Delimiter() []byte { return []byte("\n") }

// sseMarshaler writes answers that stream as server-sent events.
type sseMarshaler struct{ *jsonMarshaler }

// Marshal writes one event: data for a message, with its resume token as the event's id, so that a browser resumes by
// itself; "event: error" for the status that ends a stream.
func (m sseMarshaler) Marshal(v any) ([]byte, error) {
	switch v := v.(type) {
	case map[string]any:
		if msg, ok := v["result"].(proto.Message); ok {
			return m.event(eventID(msg)+"data: ", msg)
		}
	case map[string]proto.Message:
		if msg, ok := v["error"]; ok {
			return m.event("event: error\ndata: ", msg)
		}
	}
	return m.jsonMarshaler.Marshal(v)
}

func (m sseMarshaler) event(prefix string, msg proto.Message) ([]byte, error) {
	b, err := m.jsonMarshaler.Marshal(msg)
	if err != nil {
		return nil, err
	}
	return append(append([]byte(prefix), b...), '\n'), nil
}

// resumeField is the field of requests and messages by which a stream is resumed.
const resumeField = "resume_token"

// eventID returns the line with the event's id; empty for a message without resume token.
func eventID(msg proto.Message) string {
	m := msg.ProtoReflect()
	f := m.Descriptor().Fields().ByName(resumeField)
	if f == nil || f.Kind() != protoreflect.StringKind || !m.Has(f) {
		return ""
	}
	return "id: " + m.Get(f).String() + "\n"
}

// StreamContentType is for answers that stream.
func (sseMarshaler) StreamContentType(any) string { return typeSSE }

// Delimiter ends each event.
func (sseMarshaler) Delimiter() []byte { return []byte("\n") }

// streamBody marks the body of a call that takes many messages.
type streamBody struct{ *bytes.Reader }

// Close does nothing: the bytes are in memory.
func (*streamBody) Close() error { return nil }

var unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)

// jsonFault says what is wrong with a JSON text for a message. Generated code turns the fault into text, and explain back.
func jsonFault(v any, err error) *fault.Error {
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		return fault.New(fault.Invalid, fault.UnknownField, "the request has no field %q", m[1])
	}
	// protojson puts a non-breaking space behind its prefix in some builds, to keep people from comparing texts.
	text := strings.TrimSpace(strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\u00a0", " "), "proto:"))
	var broken *json.SyntaxError
	if errors.As(err, &broken) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Invalid, fault.InvalidJSON, "the body is not valid JSON: %s", text)
	}
	return fault.New(fault.Invalid, fault.InvalidJSON, "the JSON does not fit the request, whose fields are in /docs: %s%s", text, enumHint(v, text))
}
