package intake

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/types/known/structpb"
)

// The normal form of a text is Unicode NFC, without control characters.

func normaliseStruct(s *structpb.Struct) {
	s.ProtoReflect().SetUnknown(nil)
	rename(s, normalText)
	for _, v := range s.GetFields() {
		normaliseValue(v)
	}
}

// rename gives the members of s the names that clean makes of them. Members whose names become the same are told apart
// by a number, in the order of their old names, so that the result is always the same.
func rename(s *structpb.Struct, clean func(string) string) {
	fields := s.GetFields()
	var changed []string
	for key := range fields {
		if clean(key) != key {
			changed = append(changed, key)
		}
	}
	slices.Sort(changed)
	for _, key := range changed {
		name := clean(key)
		for n := 2; ; n++ {
			if _, taken := fields[name]; !taken {
				break
			}
			name = clean(key) + "#" + strconv.Itoa(n)
		}
		fields[name] = fields[key]
		delete(fields, key)
	}
}

func normaliseValue(v *structpb.Value) {
	if v == nil {
		return
	}
	v.ProtoReflect().SetUnknown(nil)
	switch kind := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		kind.StringValue = normalText(kind.StringValue)
	case *structpb.Value_StructValue:
		if kind.StructValue != nil {
			normaliseStruct(kind.StructValue)
		}
	case *structpb.Value_ListValue:
		if kind.ListValue == nil {
			return
		}
		kind.ListValue.ProtoReflect().SetUnknown(nil)
		for _, item := range kind.ListValue.GetValues() {
			normaliseValue(item)
		}
	}
}

// normalText returns s in NFC without control characters other than tab and line breaks.
func normalText(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(s)
}
