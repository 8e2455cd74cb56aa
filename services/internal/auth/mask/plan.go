// Package mask hides values that a caller is not cleared for, and refuses the mask itself as a value. Both go by the
// sensitivity that the contract gives each field, so that a field that is added to the contract is masked without a line
// of code.
package mask

import (
	"sync"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
)

// Mask stands where a value is hidden.
const Mask = "***"

type sensitivity = commonv1.Sensitivity

// Plan says which fields of a message, and of the messages in it, have to be looked at. It has nothing for messages in
// which no field is sensitive. Plans are made once for each type of message.
type Plan struct {
	values []*field
	inside []*field
	// highest is the greatest sensitivity of anything in the message.
	highest sensitivity
}

type field struct {
	desc  protoreflect.FieldDescriptor
	level sensitivity
	// from is the sibling that has the value's own sensitivity; nil where there is none.
	from protoreflect.FieldDescriptor
	// plan is that of the messages in the field, for inside.
	plan *Plan
	// own is true where the service checks the field's values itself (IGNORE_ALWAYS), because each is refused on its own.
	own bool
}

var (
	plansMu sync.Mutex
	plans   sync.Map // protoreflect.MessageDescriptor to *Plan
)

// PlanOf returns the plan of a message.
func PlanOf(d protoreflect.MessageDescriptor) *Plan {
	if p, ok := plans.Load(d); ok {
		return p.(*Plan) //nolint:forcetypeassert // nothing else is put in
	}
	plansMu.Lock()
	defer plansMu.Unlock()
	b := builder{}
	p := b.compile(d)
	b.settle()
	for d, done := range b {
		plans.Store(d, done)
	}
	return p
}

// builder holds the plans under way, so that a message that holds itself does not lead round in circles.
type builder map[protoreflect.MessageDescriptor]*Plan

func (b builder) compile(d protoreflect.MessageDescriptor) *Plan {
	if p, ok := plans.Load(d); ok {
		return p.(*Plan) //nolint:forcetypeassert // nothing else is put in
	}
	if p := b[d]; p != nil {
		return p
	}
	p := &Plan{}
	b[d] = p
	for i := range d.Fields().Len() {
		fd := d.Fields().Get(i)
		f := &field{desc: fd, level: LevelOf(fd), own: checkedByService(fd)}
		if from, ok := proto.GetExtension(fd.Options(), commonv1.E_SensitivityFrom).(string); ok && from != "" {
			f.from = d.Fields().ByName(protoreflect.Name(from))
		}
		if f.level > commonv1.Sensitivity_SENSITIVITY_INTERNAL || f.from != nil {
			p.values = append(p.values, f)
		} else if m := messageOf(fd); m != nil {
			f.plan = b.compile(m)
			p.inside = append(p.inside, f)
		}
	}
	return p
}

// settle works out the highest sensitivity of each plan and drops the ways that lead to nothing.
func (b builder) settle() {
	for changed := true; changed; {
		changed = false
		for _, p := range b {
			highest := p.highest
			for _, f := range p.values {
				highest = max(highest, f.level)
				if f.from != nil {
					highest = commonv1.Sensitivity_SENSITIVITY_SECRET
				}
			}
			for _, f := range p.inside {
				highest = max(highest, f.plan.highest)
			}
			if highest > p.highest {
				p.highest, changed = highest, true
			}
		}
	}
	for _, p := range b {
		kept := p.inside[:0]
		for _, f := range p.inside {
			if f.plan.highest > 0 {
				kept = append(kept, f)
			}
		}
		p.inside = kept
	}
}

// LevelOf returns how sensitive the contract says a field is, for fields whose value does not say so itself.
func LevelOf(fd protoreflect.FieldDescriptor) commonv1.Sensitivity {
	if !proto.HasExtension(fd.Options(), commonv1.E_Sensitivity) {
		return commonv1.Sensitivity_SENSITIVITY_INTERNAL
	}
	level, _ := proto.GetExtension(fd.Options(), commonv1.E_Sensitivity).(commonv1.Sensitivity)
	return stated(level)
}

// stated returns the level that counts where none was stated.
func stated(level sensitivity) sensitivity {
	if level == commonv1.Sensitivity_SENSITIVITY_UNSPECIFIED {
		return commonv1.Sensitivity_SENSITIVITY_PERSONAL
	}
	return level
}

// of returns how sensitive the field's value in m is.
func (f *field) of(m protoreflect.Message) sensitivity {
	if f.from == nil {
		return f.level
	}
	return stated(sensitivity(m.Get(f.from).Enum()))
}

// messageOf returns the type of the messages that a field holds, nil for none.
func messageOf(fd protoreflect.FieldDescriptor) protoreflect.MessageDescriptor {
	if fd.IsMap() {
		return fd.MapValue().Message()
	}
	return fd.Message()
}

func checkedByService(fd protoreflect.FieldDescriptor) bool {
	rules, _ := proto.GetExtension(fd.Options(), validate.E_Field).(*validate.FieldRules)
	return rules.GetIgnore() == validate.Ignore_IGNORE_ALWAYS
}
