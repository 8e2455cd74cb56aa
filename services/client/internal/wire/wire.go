// Package wire copies between the messages of the contract and the client's own structs, field by field and by name: the
// Go field CaseID is the message's case_id. A name without a counterpart, or with one of another type, is a mistake of
// the programmer and panics when the pair is first used; a test of the client uses every pair.
//
// Copying by name instead of writing some eighty pairs of functions out keeps the two from drifting apart: Unmatched
// tells which fields of a message no struct has.
package wire

import (
	"fmt"
	"reflect"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Error is a value that the contract has no place for.
type Error struct {
	// Field is the path of the field in the message.
	Field string
	// Problem says what is wrong with it.
	Problem string
}

func (e *Error) Error() string { return e.Field + ": " + e.Problem }

// Encode sets the fields of m that the struct src has. Zero values are left absent. Its error is an *Error.
func Encode(m proto.Message, src any) error {
	v := reflect.ValueOf(src)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return encodeStruct(m.ProtoReflect(), v)
}

// Decode sets the fields of the struct that dst points to from m.
func Decode(dst any, m proto.Message) {
	decodeStruct(reflect.ValueOf(dst).Elem(), m.ProtoReflect())
}

// pair is a Go field and its counterpart in a message.
type pair struct {
	index int
	field protoreflect.FieldDescriptor
}

type pairing struct {
	t reflect.Type
	m protoreflect.FullName
}

var pairings sync.Map // pairing -> []pair

// pairs returns which fields of a struct and a message belong together.
func pairs(t reflect.Type, md protoreflect.MessageDescriptor) []pair {
	key := pairing{t, md.FullName()}
	if have, ok := pairings.Load(key); ok {
		return have.([]pair)
	}
	found := match(t, md)
	pairings.Store(key, found)
	return found
}

func match(t reflect.Type, md protoreflect.MessageDescriptor) []pair {
	var found []pair
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get(Tag)
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = fieldName(f.Name)
		}
		fd := md.Fields().ByName(protoreflect.Name(name))
		if fd == nil {
			panic(fmt.Sprintf("%s.%s: %s has no field %s", t, f.Name, md.FullName(), name))
		}
		if !fits(f.Type, fd) {
			panic(fmt.Sprintf("%s.%s of type %s does not fit %s", t, f.Name, f.Type, fd.FullName()))
		}
		found = append(found, pair{i, fd})
	}
	return found
}

// Unmatched returns the fields of m that the struct v has no field for.
func Unmatched(v any, m proto.Message) []string {
	md := m.ProtoReflect().Descriptor()
	have := map[protoreflect.Name]bool{}
	for _, p := range pairs(reflect.TypeOf(v), md) {
		have[p.field.Name()] = true
	}
	var missing []string
	for i := range md.Fields().Len() {
		if name := md.Fields().Get(i).Name(); !have[name] {
			missing = append(missing, string(name))
		}
	}
	return missing
}

// EncodeAs sets the field of m that is named like the type of the struct src: MessageSent is message_sent.
func EncodeAs(m proto.Message, src any) error {
	v := reflect.ValueOf(src)
	name := fieldName(v.Type().Name())
	fd := m.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(name))
	if fd == nil || fd.Message() == nil {
		panic(fmt.Sprintf("%s has no message field %s", m.ProtoReflect().Descriptor().FullName(), name))
	}
	if err := encodeStruct(m.ProtoReflect().Mutable(fd).Message(), v); err != nil {
		return within(fd, err)
	}
	return nil
}
