package intake

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth/mask"
)

// plan says what an event's message, or one inside it, holds and how each field is to be treated. Plans are made once
// from the contract's descriptors, so that a field that is added to the contract is cleaned and checked without a line
// of code, and so that the walk over an event costs no look-up.
type plan struct {
	desc    protoreflect.MessageDescriptor
	strings []*stringField
	lists   []*stringField // repeated strings
	doubles []*doubleField
	enums   []*enumField
	times   []*field
	structs []*field // google.protobuf.Struct
	nested  []*nestedField
	// choice is the one oneof of the event, options what may be in it, by field number.
	choice  protoreflect.OneofDescriptor
	options []*nestedField
	// exact is false where the rules of a field are beyond the fast checks.
	exact bool
}

// field is one field and the way to it from the event.
type field struct {
	desc protoreflect.FieldDescriptor
	path string // "message_sent.text"
	// guarded is true where the value may be hidden from a reader, who must not write the mask back.
	guarded bool
}

type nestedField struct {
	field
	plan     *plan
	required bool
	// serviceOnly is true where only services may set the field.
	serviceOnly bool
}

type stringField struct {
	field
	class class
	// name is the sibling that names the value, for class named.
	name  protoreflect.FieldDescriptor
	rules stringRules
	// most is the greatest number of items, for lists; 0 means any.
	most uint64
}

type doubleField struct {
	field
	rules doubleRules
}

type enumField struct {
	field
	rules enumRules
}

var eventPlan = compile((*interactionlogv1.Event)(nil).ProtoReflect().Descriptor(), "")

// compile makes the plan of a message. It panics on a field of a shape that the contract does not have yet: an event
// that nobody looks into must not get past the first test.
func compile(desc protoreflect.MessageDescriptor, prefix string) *plan {
	p := &plan{desc: desc, exact: true}
	for i := range desc.Fields().Len() {
		fd := desc.Fields().Get(i)
		if outputOnly(fd) {
			continue
		}
		p.add(fd, field{
			desc: fd, path: prefix + string(fd.Name()), guarded: mask.LevelOf(fd) > commonv1.Sensitivity_SENSITIVITY_INTERNAL,
		})
	}
	return p
}

func (p *plan) add(fd protoreflect.FieldDescriptor, f field) {
	rules := rulesOf(fd)
	switch {
	case fd.IsMap():
		panic(fmt.Sprintf("intake: no plan for the map %s", fd.FullName()))
	case fd.IsList() && fd.Kind() == protoreflect.StringKind:
		s := &stringField{field: f, class: classOf(fd)}
		s.rules, s.most, p.exact = compileList(rules, p.exact)
		p.lists = append(p.lists, s)
	case fd.IsList():
		panic(fmt.Sprintf("intake: no plan for the list %s", fd.FullName()))
	case fd.Kind() == protoreflect.StringKind:
		s := &stringField{field: f, class: classOf(fd)}
		if s.class == classNamed {
			s.name = fd.ContainingMessage().Fields().ByName("slot")
		}
		s.rules, p.exact = compileString(rules, p.exact)
		p.strings = append(p.strings, s)
	case fd.Kind() == protoreflect.DoubleKind:
		d := &doubleField{field: f}
		d.rules, p.exact = compileDouble(rules, p.exact)
		p.doubles = append(p.doubles, d)
	case fd.Kind() == protoreflect.EnumKind:
		e := &enumField{field: f}
		e.rules, p.exact = compileEnum(fd, rules, p.exact)
		p.enums = append(p.enums, e)
	case fd.Kind() == protoreflect.MessageKind:
		p.addMessage(fd, f)
	case fd.Kind() == protoreflect.BoolKind:
		p.exact = p.exact && rules == nil
	default:
		panic(fmt.Sprintf("intake: no plan for %s, a %s", fd.FullName(), fd.Kind()))
	}
}

func (p *plan) addMessage(fd protoreflect.FieldDescriptor, f field) {
	required, known := requiredOnly(rulesOf(fd))
	p.exact = p.exact && known
	switch fd.Message().FullName() {
	case "google.protobuf.Timestamp":
		p.exact = p.exact && !required
		p.times = append(p.times, &f)
		return
	case "google.protobuf.Struct":
		p.exact = p.exact && !required
		p.structs = append(p.structs, &f)
		return
	}
	n := &nestedField{field: f, plan: compile(fd.Message(), f.path+"."), required: required, serviceOnly: serviceOnly(fd)}
	p.exact = p.exact && n.plan.exact
	if o := fd.ContainingOneof(); o != nil {
		p.choice = o
		p.options = append(p.options, make([]*nestedField, max(0, int(fd.Number())+1-len(p.options)))...)
		p.options[fd.Number()] = n
		return
	}
	p.nested = append(p.nested, n)
}

// each calls visit with the plan of m and of every message in it that has a plan.
func (p *plan) each(m protoreflect.Message, visit func(*plan, protoreflect.Message)) {
	visit(p, m)
	for _, n := range p.nested {
		if m.Has(n.desc) {
			n.plan.each(m.Get(n.desc).Message(), visit)
		}
	}
	if n := p.chosen(m); n != nil {
		n.plan.each(m.Get(n.desc).Message(), visit)
	}
}

// composite tells whether a message may hold lists, numbers or attributes.
func (p *plan) composite() bool { return len(p.lists)+len(p.doubles)+len(p.structs) > 0 }

// chosen returns what is in the oneof, or nil.
func (p *plan) chosen(m protoreflect.Message) *nestedField {
	if p.choice == nil {
		return nil
	}
	fd := m.WhichOneof(p.choice)
	if fd == nil || int(fd.Number()) >= len(p.options) { // what only the log writes is in no plan
		return nil
	}
	return p.options[fd.Number()]
}
