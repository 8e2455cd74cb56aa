package mask

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// Request refuses a request that holds the mask as a value: somebody was shown it, and sends back what he was shown. A
// field that the contract takes out of the validation (IGNORE_ALWAYS) is its service's to check.
func Request(m proto.Message) error { return PlanOf(m.ProtoReflect().Descriptor()).Request(m) }

// Request is the function Request for messages of the plan's type.
func (p *Plan) Request(m proto.Message) error {
	if p.highest == 0 {
		return nil
	}
	if path := p.find(m.ProtoReflect(), ""); path != "" {
		return Refused(path)
	}
	return nil
}

// Refused is the fault for a mask that came as the value of the field at path.
func Refused(path string) *fault.Error {
	return fault.New(fault.Invalid, fault.MaskedValue, "%s holds the mask that hides a value, and not a value", path).
		WithField(path, "must not be "+Mask)
}

// find returns the path of a field that holds the mask, or "".
func (p *Plan) find(m protoreflect.Message, prefix string) string {
	for _, f := range p.values {
		if m.Has(f.desc) && holds(m.Get(f.desc), f.desc) {
			return prefix + string(f.desc.Name())
		}
	}
	for _, f := range p.inside {
		if f.own || !m.Has(f.desc) {
			continue
		}
		found, i := "", 0
		each(m.Get(f.desc), f.desc, func(inside protoreflect.Message) {
			at := prefix + string(f.desc.Name())
			if f.desc.IsList() {
				at = fmt.Sprintf("%s[%d]", at, i)
			}
			if i++; found == "" {
				found = f.plan.find(inside, at+".")
			}
		})
		if found != "" {
			return found
		}
	}
	return ""
}

// holds tells whether a value is the mask, or has it in it.
func holds(v protoreflect.Value, fd protoreflect.FieldDescriptor) bool {
	switch {
	case messageOf(fd) != nil:
		found := false
		each(v, fd, func(m protoreflect.Message) {
			if s, ok := m.Interface().(*structpb.Struct); ok {
				found = found || HeldBy(s)
			}
		})
		return found
	case fd.IsMap():
		found := false
		v.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
			found = fd.MapValue().Kind() == protoreflect.StringKind && item.String() == Mask
			return !found
		})
		return found
	case fd.Kind() != protoreflect.StringKind:
		return false
	case fd.IsList():
		for i := range v.List().Len() {
			if v.List().Get(i).String() == Mask {
				return true
			}
		}
		return false
	default:
		return v.String() == Mask
	}
}

// HeldBy tells whether attributes hold the mask as a value.
func HeldBy(s *structpb.Struct) bool {
	for _, v := range s.GetFields() {
		if valueHolds(v) {
			return true
		}
	}
	return false
}

func valueHolds(v *structpb.Value) bool {
	switch kind := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return kind.StringValue == Mask
	case *structpb.Value_StructValue:
		return HeldBy(kind.StructValue)
	case *structpb.Value_ListValue:
		for _, item := range kind.ListValue.GetValues() {
			if valueHolds(item) {
				return true
			}
		}
	}
	return false
}
