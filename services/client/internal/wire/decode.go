package wire

import (
	"reflect"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func decodeStruct(v reflect.Value, m protoreflect.Message) {
	for _, p := range pairs(v.Type(), m.Descriptor()) {
		if m.Has(p.field) {
			decodeField(v.Field(p.index), p.field, m.Get(p.field))
		}
	}
}

func decodeField(v reflect.Value, fd protoreflect.FieldDescriptor, value protoreflect.Value) {
	switch {
	case fd.IsMap():
		entries := reflect.MakeMapWithSize(v.Type(), value.Map().Len())
		value.Map().Range(func(key protoreflect.MapKey, item protoreflect.Value) bool {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			decodeScalar(k, fd.MapKey(), key.Value())
			decodeScalar(e, fd.MapValue(), item)
			entries.SetMapIndex(k, e)
			return true
		})
		v.Set(entries)
	case fd.IsList():
		list := value.List()
		v.Set(reflect.MakeSlice(v.Type(), list.Len(), list.Len()))
		for i := range list.Len() {
			decodeOne(v.Index(i), fd, list.Get(i))
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		decodeOne(v.Elem(), fd, value)
	default:
		decodeOne(v, fd, value)
	}
}

func decodeOne(v reflect.Value, fd protoreflect.FieldDescriptor, value protoreflect.Value) {
	if fd.Message() == nil {
		decodeScalar(v, fd, value)
		return
	}
	switch m := value.Message().Interface().(type) {
	case *timestamppb.Timestamp:
		v.Set(reflect.ValueOf(m.AsTime()))
	case *durationpb.Duration:
		v.Set(reflect.ValueOf(m.AsDuration()))
	case *structpb.Struct:
		v.Set(reflect.ValueOf(m.AsMap()))
	default:
		decodeStruct(v, value.Message())
	}
}

func decodeScalar(v reflect.Value, fd protoreflect.FieldDescriptor, value protoreflect.Value) {
	switch fd.Kind() {
	case protoreflect.EnumKind:
		v.SetString(enumName(fd.Enum(), value.Enum()))
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		v.SetInt(value.Int())
	case protoreflect.BoolKind:
		v.SetBool(value.Bool())
	case protoreflect.DoubleKind:
		v.SetFloat(value.Float())
	default: // fits lets nothing else through
		v.SetString(value.String())
	}
}

// enumName returns a value's name, or its number where the server knows more values than this package.
func enumName(ed protoreflect.EnumDescriptor, n protoreflect.EnumNumber) string {
	if v := ed.Values().ByNumber(n); v != nil {
		return ValueName(v)
	}
	return strconv.Itoa(int(n))
}
