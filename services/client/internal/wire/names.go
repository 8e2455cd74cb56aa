package wire

import (
	"strings"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Tag is the struct tag that names a field's counterpart in the message where the rule does not, or "-" for none.
const Tag = "wire"

// fieldName returns the contract's name for a Go field: CaseID is case_id, EventIDs is event_ids.
func fieldName(goName string) string {
	var b strings.Builder
	runes := []rune(strings.ReplaceAll(goName, "IDs", "Ids"))
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 {
			afterLower := !unicode.IsUpper(runes[i-1])
			beforeLower := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if afterLower || beforeLower {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// ValueName returns the name of an enumeration's value without the prefix that all of them share; "" for the value 0,
// which means that nothing was stated.
func ValueName(v protoreflect.EnumValueDescriptor) string {
	if v.Number() == 0 {
		return ""
	}
	zero := string(v.Parent().(protoreflect.EnumDescriptor).Values().ByNumber(0).Name())
	return strings.TrimPrefix(string(v.Name()), strings.TrimSuffix(zero, "UNSPECIFIED"))
}
