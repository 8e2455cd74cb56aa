package intake

import (
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain/redact"
)

// attributes masks the members of a Struct by their names, and the names themselves. name is the way from the outermost
// Struct, with dots: what lies inside of "cvv" is a security code too. Findings are told of the field as a whole, since
// the names are the caller's and may be personal.
func (c *cleaner) attributes(path, name string, s *structpb.Struct) {
	for key := range s.GetFields() {
		_, found := redact.Text(key)
		c.note(path, found)
	}
	rename(s, func(key string) string {
		clean, _ := redact.Text(key)
		return clean
	})
	named := pairName(s)
	for key, v := range s.GetFields() {
		inside := join(name, key)
		if named != "" && (key == "value" || key == "Value") {
			inside = join(name, named)
		}
		c.value(path, inside, v)
	}
}

func join(name, key string) string {
	if name == "" {
		return key
	}
	return name + "." + key
}

// pairName returns the name in an object such as {"name": "cvv", "value": "123"}, the other usual way of writing
// attributes, or "".
func pairName(s *structpb.Struct) string {
	fields := s.GetFields()
	for _, key := range []string{"name", "key", "slot", "field", "Name", "Key"} {
		if n := fields[key].GetStringValue(); n != "" {
			return n
		}
	}
	return ""
}

func (c *cleaner) value(path, name string, v *structpb.Value) {
	switch kind := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		clean, found := redact.Field(name, kind.StringValue)
		c.note(path, found)
		kind.StringValue = clean
	case *structpb.Value_NumberValue:
		clean, found := number(name, kind.NumberValue)
		if len(found) > 0 {
			c.note(path, found)
			v.Kind = &structpb.Value_StringValue{StringValue: clean}
		}
	case *structpb.Value_StructValue:
		c.attributes(path, name, kind.StructValue)
	case *structpb.Value_ListValue:
		for _, item := range kind.ListValue.GetValues() {
			c.value(path, name, item)
		}
	}
}
