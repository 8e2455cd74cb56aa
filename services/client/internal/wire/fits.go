package wire

import (
	"reflect"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	objectType   = reflect.TypeFor[map[string]any]()
)

// The messages that have a Go type of their own.
const (
	timestampName = "google.protobuf.Timestamp"
	durationName  = "google.protobuf.Duration"
	structName    = "google.protobuf.Struct"
)

// fits reports whether a Go field of type t can hold what the message's field does, down to the last struct.
func fits(t reflect.Type, fd protoreflect.FieldDescriptor) bool {
	switch {
	case fd.IsMap():
		return t.Kind() == reflect.Map && fitsScalar(t.Key(), fd.MapKey()) && fitsScalar(t.Elem(), fd.MapValue())
	case fd.IsList():
		return t.Kind() == reflect.Slice && fitsOne(t.Elem(), fd)
	case t.Kind() == reflect.Pointer && fd.Message() != nil:
		return fitsOne(t.Elem(), fd)
	default:
		return fitsOne(t, fd)
	}
}

func fitsOne(t reflect.Type, fd protoreflect.FieldDescriptor) bool {
	md := fd.Message()
	if md == nil {
		return fitsScalar(t, fd)
	}
	switch md.FullName() {
	case timestampName:
		return t == timeType
	case durationName:
		return t == durationType
	case structName:
		return t == objectType
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	pairs(t, md)
	return true
}

func fitsScalar(t reflect.Type, fd protoreflect.FieldDescriptor) bool {
	switch fd.Kind() {
	case protoreflect.StringKind, protoreflect.EnumKind:
		return t.Kind() == reflect.String
	case protoreflect.BoolKind:
		return t.Kind() == reflect.Bool
	case protoreflect.DoubleKind:
		return t.Kind() == reflect.Float64
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return t.Kind() == reflect.Int || t.Kind() == reflect.Int64
	default:
		return false
	}
}
