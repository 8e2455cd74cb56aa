package cli

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// payload returns an event's kind ("fact_stated") and what it says, in a line.
func payload(e *interactionlogv1.Event) (kind, text string) {
	m := e.ProtoReflect()
	f := m.WhichOneof(m.Descriptor().Oneofs().ByName("payload"))
	if f == nil {
		return "-", ""
	}
	return string(f.Name()), summary(m.Get(f).Message())
}

// summary lists the fields that are set: name=value, or the bare value where the field is the text itself.
func summary(m protoreflect.Message) string {
	var parts []string
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if !m.Has(f) {
			continue
		}
		text := fieldText(f, m.Get(f))
		if f.Name() != "text" {
			text = string(f.Name()) + "=" + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

func fieldText(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	if !f.IsList() {
		return valueText(f, v)
	}
	items := make([]string, v.List().Len())
	for i := range items {
		items[i] = valueText(f, v.List().Get(i))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func valueText(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch f.Kind() {
	case protoreflect.EnumKind:
		return enumText(f.Enum(), v.Enum())
	case protoreflect.MessageKind:
		return messageText(v.Message())
	case protoreflect.StringKind:
		if s := v.String(); f.Name() == "text" || !strings.ContainsAny(s, " \"=") {
			return s
		}
		return fmt.Sprintf("%q", v.String())
	default:
		return v.String()
	}
}

func enumText(d protoreflect.EnumDescriptor, n protoreflect.EnumNumber) string {
	v := d.Values().ByNumber(n)
	if v == nil {
		return fmt.Sprint(n)
	}
	prefix := strings.TrimSuffix(string(d.Values().Get(0).Name()), "UNSPECIFIED")
	return strings.ToLower(strings.TrimPrefix(string(v.Name()), prefix))
}

func messageText(m protoreflect.Message) string {
	switch x := m.Interface().(type) {
	case *timestamppb.Timestamp:
		return strings.ReplaceAll(term.Time(x), " ", "T")
	case *structpb.Struct:
		text, err := protojson.Marshal(x)
		if err != nil {
			return "{}"
		}
		return string(text)
	case *interactionlogv1.Actor:
		return actor(x)
	default:
		return "{" + summary(m) + "}"
	}
}

// actor prints a participant: "agent anna".
func actor(a *interactionlogv1.Actor) string {
	if a == nil {
		return "-"
	}
	return strings.TrimSpace(term.Enum(a.GetKind()) + " " + a.GetId())
}
