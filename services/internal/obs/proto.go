package obs

import (
	"fmt"
	"log/slog"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
)

// maxLogged bounds what is logged of one list or map.
const maxLogged = 10

// Proto returns a log attribute that shows of msg only the fields that the .proto marks as loggable. It is an
// allow-list: a field that somebody adds and forgets to mark stays out of the log.
func Proto(key string, msg proto.Message) slog.Attr {
	return slog.Any(key, loggable{msg})
}

// loggable does its work only when the record is really written.
type loggable struct{ msg proto.Message }

// LogValue returns the loggable fields as a group.
func (l loggable) LogValue() slog.Value {
	if l.msg == nil || !l.msg.ProtoReflect().IsValid() {
		return slog.GroupValue()
	}
	return messageValue(l.msg.ProtoReflect())
}

func messageValue(m protoreflect.Message) slog.Value {
	var attrs []slog.Attr
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if isLoggable(f) {
			attrs = append(attrs, slog.Attr{Key: string(f.Name()), Value: fieldValue(f, v)})
		}
		return true
	})
	return slog.GroupValue(attrs...)
}

func fieldValue(f protoreflect.FieldDescriptor, v protoreflect.Value) slog.Value {
	switch {
	case f.IsMap():
		// Keys of maps are data too, so that only their number is shown.
		return slog.StringValue(fmt.Sprintf("%d entries", v.Map().Len()))
	case f.IsList():
		list := v.List()
		attrs := make([]slog.Attr, 0, min(list.Len(), maxLogged)+1)
		for i := range min(list.Len(), maxLogged) {
			attrs = append(attrs, slog.Attr{Key: fmt.Sprint(i), Value: singleValue(f, list.Get(i))})
		}
		if more := list.Len() - maxLogged; more > 0 {
			attrs = append(attrs, slog.Int("more", more))
		}
		return slog.GroupValue(attrs...)
	default:
		return singleValue(f, v)
	}
}

func singleValue(f protoreflect.FieldDescriptor, v protoreflect.Value) slog.Value {
	switch {
	case f.Message() != nil:
		if known, ok := wellKnown(v.Message()); ok {
			return known
		}
		return messageValue(v.Message())
	case f.Enum() != nil:
		if e := f.Enum().Values().ByNumber(v.Enum()); e != nil {
			return slog.StringValue(string(e.Name()))
		}
		return slog.Int64Value(int64(v.Enum()))
	case f.Kind() == protoreflect.BytesKind:
		return slog.StringValue(fmt.Sprintf("%d bytes", len(v.Bytes())))
	default:
		return slog.AnyValue(v.Interface())
	}
}

// wellKnown shows times and durations, whose own fields carry no option.
func wellKnown(m protoreflect.Message) (slog.Value, bool) {
	switch t := m.Interface().(type) {
	case *timestamppb.Timestamp:
		return slog.TimeValue(t.AsTime()), true
	case *durationpb.Duration:
		return slog.DurationValue(t.AsDuration()), true
	default:
		return slog.Value{}, false
	}
}

func isLoggable(f protoreflect.FieldDescriptor) bool {
	opts, ok := f.Options().(*descriptorpb.FieldOptions)
	return ok && proto.GetExtension(opts, commonv1.E_Loggable).(bool)
}
