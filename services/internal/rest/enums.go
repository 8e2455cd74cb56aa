package rest

import (
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Names of enum values are long, and most first tries leave out the beginning. So a value that an enum does not have is
// answered with those that it has.

var wrongEnum = regexp.MustCompile(`invalid value for enum field (\w+): "([^"]*)"`)

// enumHint says what the enum field takes that an error of protojson is about; empty when that cannot be told, for the
// error has the field's name alone.
func enumHint(v any, text string) string {
	found := wrongEnum.FindStringSubmatch(text)
	m, ok := v.(proto.Message)
	if found == nil || !ok {
		return ""
	}
	enums := enumsOf(m.ProtoReflect().Descriptor(), found[1], map[protoreflect.FullName]bool{})
	for _, e := range enums {
		if len(enums) == 1 || meant(e, found[2]) {
			return "; " + found[1] + " takes " + enumNames(e)
		}
	}
	return ""
}

// meant reports whether a name would be one of the enum's with the beginning that its values have in common.
func meant(e protoreflect.EnumDescriptor, given string) bool {
	for i := range e.Values().Len() {
		if strings.HasSuffix(string(e.Values().Get(i).Name()), "_"+strings.ToUpper(given)) {
			return true
		}
	}
	return false
}

// enumsOf returns the enums that fields of a name have anywhere in a message.
func enumsOf(md protoreflect.MessageDescriptor, name string, seen map[protoreflect.FullName]bool) map[protoreflect.FullName]protoreflect.EnumDescriptor {
	enums := map[protoreflect.FullName]protoreflect.EnumDescriptor{}
	if seen[md.FullName()] {
		return enums
	}
	seen[md.FullName()] = true
	for i := range md.Fields().Len() {
		f := md.Fields().Get(i)
		if e := f.Enum(); e != nil && (f.JSONName() == name || string(f.Name()) == name) {
			enums[e.FullName()] = e
		}
		if f.Message() != nil {
			for k, e := range enumsOf(f.Message(), name, seen) {
				enums[k] = e
			}
		}
	}
	return enums
}

// enumNames lists the values of an enum, but for the one that says nothing.
func enumNames(e protoreflect.EnumDescriptor) string {
	names := make([]string, 0, e.Values().Len())
	for i := range e.Values().Len() {
		if v := e.Values().Get(i); v.Number() != 0 {
			names = append(names, string(v.Name()))
		}
	}
	return strings.Join(names, ", ")
}

// hasEnumValue reports whether an enum has a value of this name or number.
func hasEnumValue(e protoreflect.EnumDescriptor, s string) bool {
	if e.Values().ByName(protoreflect.Name(s)) != nil {
		return true
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return err == nil && e.Values().ByNumber(protoreflect.EnumNumber(n)) != nil
}
