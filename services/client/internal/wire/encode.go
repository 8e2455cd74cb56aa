package wire

import (
	"errors"
	"math"
	"reflect"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func encodeStruct(m protoreflect.Message, v reflect.Value) error {
	for _, p := range pairs(v.Type(), m.Descriptor()) {
		if f := v.Field(p.index); !f.IsZero() {
			if err := encodeField(m, p.field, f); err != nil {
				return within(p.field, err)
			}
		}
	}
	return nil
}

// within puts a field in front of the path of an error.
func within(fd protoreflect.FieldDescriptor, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return &Error{Field: string(fd.Name()), Problem: err.Error()}
	}
	if e.Field == "" {
		return &Error{Field: string(fd.Name()), Problem: e.Problem}
	}
	return &Error{Field: string(fd.Name()) + "." + e.Field, Problem: e.Problem}
}

func encodeField(m protoreflect.Message, fd protoreflect.FieldDescriptor, v reflect.Value) error {
	switch {
	case fd.IsMap():
		entries := m.Mutable(fd).Map()
		for it := v.MapRange(); it.Next(); {
			key, err := encodeScalar(fd.MapKey(), it.Key())
			if err != nil {
				return err
			}
			value, err := encodeScalar(fd.MapValue(), it.Value())
			if err != nil {
				return err
			}
			entries.Set(key.MapKey(), value)
		}
		return nil
	case fd.IsList():
		list := m.Mutable(fd).List()
		for i := range v.Len() {
			item, err := encodeOne(list.NewElement(), fd, v.Index(i))
			if err != nil {
				return err
			}
			list.Append(item)
		}
		return nil
	default:
		value, err := encodeOne(m.NewField(fd), fd, reflect.Indirect(v))
		if err != nil {
			return err
		}
		m.Set(fd, value)
		return nil
	}
}

// encodeOne returns one value of a field. into is a new value of the field's type, to be filled when it is a message.
func encodeOne(into protoreflect.Value, fd protoreflect.FieldDescriptor, v reflect.Value) (protoreflect.Value, error) {
	md := fd.Message()
	if md == nil {
		return encodeScalar(fd, v)
	}
	var known proto.Message
	switch md.FullName() {
	case timestampName:
		ts := timestamppb.New(v.Interface().(time.Time))
		if ts.CheckValid() != nil {
			return into, errors.New("is not a time of the years 1 to 9999")
		}
		known = ts
	case durationName:
		known = durationpb.New(v.Interface().(time.Duration))
	case structName:
		object, err := structpb.NewStruct(v.Interface().(map[string]any))
		if err != nil {
			return into, err
		}
		known = object
	default:
		return into, encodeStruct(into.Message(), v)
	}
	return protoreflect.ValueOfMessage(known.ProtoReflect()), nil
}

func encodeScalar(fd protoreflect.FieldDescriptor, v reflect.Value) (protoreflect.Value, error) {
	switch fd.Kind() {
	case protoreflect.EnumKind:
		return encodeEnum(fd.Enum(), v.String())
	case protoreflect.Int32Kind:
		n := v.Int()
		if n < math.MinInt32 || n > math.MaxInt32 {
			return protoreflect.Value{}, errors.New("is out of range")
		}
		return protoreflect.ValueOfInt32(int32(n)), nil
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(v.Int()), nil
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(v.Bool()), nil
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(v.Float()), nil
	default: // fits lets nothing else through
		return protoreflect.ValueOfString(v.String()), nil
	}
}

func encodeEnum(ed protoreflect.EnumDescriptor, name string) (protoreflect.Value, error) {
	for i := range ed.Values().Len() {
		if v := ed.Values().Get(i); ValueName(v) == name {
			return protoreflect.ValueOfEnum(v.Number()), nil
		}
	}
	return protoreflect.Value{}, errors.New("has no value " + name)
}
