// Package enumtext writes the values of the contract's enums for people: PERSONAL for SENSITIVITY_PERSONAL.
package enumtext

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Enum is a generated enum.
type Enum interface {
	~int32
	protoreflect.Enum
}

// Name returns a value's name without the enum's prefix, "" for the unspecified value, and the number of a value that
// this build does not know.
func Name[E Enum](e E) string {
	if e == 0 {
		return ""
	}
	d := e.Descriptor()
	v := d.Values().ByNumber(e.Number())
	if v == nil {
		return fmt.Sprint(int32(e))
	}
	return strings.TrimPrefix(string(v.Name()), prefix(d))
}

// Parse returns the value with the name, which may be in lower case and have "-" for "_". The empty name is the
// unspecified value.
func Parse[E Enum](name string) (E, error) {
	var zero E
	if name == "" {
		return zero, nil
	}
	d := zero.Descriptor()
	full := prefix(d) + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if v := d.Values().ByName(protoreflect.Name(full)); v != nil && v.Number() != 0 {
		return E(v.Number()), nil
	}
	return zero, fmt.Errorf("%q is none of %s", name, strings.Join(Names[E](), ", "))
}

// Names returns the names of all values but the unspecified one.
func Names[E Enum]() []string {
	var zero E
	d := zero.Descriptor()
	var names []string
	for i := range d.Values().Len() {
		if v := d.Values().Get(i); v.Number() != 0 {
			names = append(names, strings.TrimPrefix(string(v.Name()), prefix(d)))
		}
	}
	return names
}

// prefix is what all values of an enum begin with; buf lint holds every enum to it.
func prefix(d protoreflect.EnumDescriptor) string {
	return strings.TrimSuffix(string(d.Values().Get(0).Name()), "UNSPECIFIED")
}
