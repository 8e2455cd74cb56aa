package mask

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
)

// Answer returns an answer as a caller with this clearance may see it: texts that are more sensitive are the mask, other
// values that are more sensitive are not set, and what is not set stays so. The message is not changed, because it may be
// somebody else's; a copy is made when there is something to hide. Fields that are not decoded stay as they are: who
// answers with encoded bytes masks them before.
func Answer(m proto.Message, clearance commonv1.Sensitivity) proto.Message {
	return PlanOf(m.ProtoReflect().Descriptor()).Answer(m, clearance)
}

// Answer is the function Answer for messages of the plan's type.
func (p *Plan) Answer(m proto.Message, clearance commonv1.Sensitivity) proto.Message {
	if p.highest <= clearance {
		return m
	}
	c := proto.Clone(m)
	p.hide(c.ProtoReflect(), clearance)
	return c
}

func (p *Plan) hide(m protoreflect.Message, clearance sensitivity) {
	for _, f := range p.values {
		if m.Has(f.desc) && f.of(m) > clearance {
			hideField(m, f.desc)
		}
	}
	for _, f := range p.inside {
		if f.plan.highest > clearance && m.Has(f.desc) {
			each(m.Get(f.desc), f.desc, func(inside protoreflect.Message) { f.plan.hide(inside, clearance) })
		}
	}
}

// each calls visit with every message in the value of a field.
func each(v protoreflect.Value, fd protoreflect.FieldDescriptor, visit func(protoreflect.Message)) {
	switch {
	case fd.IsMap():
		v.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
			visit(item.Message())
			return true
		})
	case fd.IsList():
		for i := range v.List().Len() {
			visit(v.List().Get(i).Message())
		}
	default:
		visit(v.Message())
	}
}

// hideField hides all of a field's value.
func hideField(m protoreflect.Message, fd protoreflect.FieldDescriptor) {
	hidden := protoreflect.ValueOfString(Mask)
	switch {
	case messageOf(fd) != nil:
		each(m.Get(fd), fd, hideMessage)
	case fd.IsMap() && fd.MapValue().Kind() == protoreflect.StringKind:
		values := m.Mutable(fd).Map()
		values.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
			values.Set(k, hidden)
			return true
		})
	case fd.IsList() && fd.Kind() == protoreflect.StringKind:
		values := m.Mutable(fd).List()
		for i := range values.Len() {
			values.Set(i, hidden)
		}
	case !fd.IsList() && !fd.IsMap() && fd.Kind() == protoreflect.StringKind:
		m.Set(fd, hidden)
	default:
		m.Clear(fd)
	}
}

// hideMessage hides everything in a message.
func hideMessage(m protoreflect.Message) {
	if s, ok := m.Interface().(*structpb.Struct); ok {
		hideStruct(s)
		return
	}
	m.Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		hideField(m, fd)
		return true
	})
}

// hideStruct hides the values in attributes. Their names stay.
func hideStruct(s *structpb.Struct) {
	for _, v := range s.GetFields() {
		hideValue(v)
	}
}

func hideValue(v *structpb.Value) {
	switch kind := v.GetKind().(type) {
	case *structpb.Value_StructValue:
		hideStruct(kind.StructValue)
	case *structpb.Value_ListValue:
		for _, item := range kind.ListValue.GetValues() {
			hideValue(item)
		}
	case *structpb.Value_NullValue, nil:
	default:
		v.Kind = &structpb.Value_StringValue{StringValue: Mask}
	}
}
