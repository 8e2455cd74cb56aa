package intake

import (
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/throughline-cx/throughline/services/internal/auth/mask"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// survey is the one walk over an event. It brings the texts into their normal form, holds every field against its
// rules, and notes what is to be cleaned of card data, because finding the fields of a message costs more than looking
// at them. It does not stop at what is wrong: protovalidate, which words the violations, must see normal texts only.
type survey struct {
	// kept tells whether the event keeps every rule that the plan knows.
	kept bool
	// unreadable is about the first value that the rules let pass but no reader could make JSON of, or that stands for one.
	unreadable *fault.Error
	// kind is what happened: the payload's field, nil without one.
	kind *nestedField
	// pieces are what there is to clean, in the order of the walk.
	pieces []piece
}

// piece is a string that is not empty or, without a field, all of a message that is no plain string: lists, numbers
// and attributes.
type piece struct {
	in    protoreflect.Message
	plan  *plan
	field *stringField
	text  string
}

// event surveys one event, whatever was surveyed before.
func (s *survey) event(m protoreflect.Message) {
	s.kept, s.unreadable, s.pieces = true, nil, s.pieces[:0]
	s.kind = s.message(eventPlan, m)
}

// message surveys a message and what is in it. It returns what is in its oneof.
func (s *survey) message(p *plan, m protoreflect.Message) *nestedField {
	dropUnknown(m)
	for _, f := range p.strings {
		text := m.Get(f.desc).String()
		if f.rules.pattern == nil {
			// Fields with a pattern are left to the pattern.
			if clean := normalText(text); clean != text {
				m.Set(f.desc, protoreflect.ValueOfString(clean))
				text = clean
			}
		}
		s.kept = s.kept && f.rules.allow(text)
		if f.guarded && text == mask.Mask {
			s.masked(&f.field)
		}
		if text != "" {
			s.pieces = append(s.pieces, piece{in: m, plan: p, field: f, text: text})
		}
	}
	for _, f := range p.enums {
		s.kept = s.kept && f.rules.allow(m.Get(f.desc).Enum())
	}
	for _, f := range p.times {
		if m.Has(f.desc) {
			s.time(f, m.Get(f.desc).Message())
		}
	}
	if p.composite() {
		s.composite(p, m)
		s.pieces = append(s.pieces, piece{in: m, plan: p})
	}
	for _, n := range p.nested {
		if m.Has(n.desc) {
			s.message(n.plan, m.Get(n.desc).Message())
		} else if n.required {
			s.kept = false
		}
	}
	if p.choice == nil {
		return nil
	}
	n := p.chosen(m)
	if n == nil {
		s.kept = false
		return nil
	}
	s.message(n.plan, m.Get(n.desc).Message())
	return n
}

// composite surveys what is in a message besides strings, enums, times and messages.
func (s *survey) composite(p *plan, m protoreflect.Message) {
	for _, f := range p.lists {
		l := m.Get(f.desc).List()
		for i := range l.Len() {
			text := l.Get(i).String()
			clean := normalText(text)
			if clean != text {
				l.Set(i, protoreflect.ValueOfString(clean))
			}
			if f.guarded && clean == mask.Mask {
				s.masked(&f.field)
			}
		}
		s.kept = s.kept && f.allowList(l)
	}
	for _, f := range p.doubles {
		s.kept = s.kept && f.rules.allow(m.Get(f.desc).Float())
	}
	for _, f := range p.structs {
		if !m.Has(f.desc) {
			continue
		}
		if v, ok := m.Get(f.desc).Message().Interface().(*structpb.Struct); ok {
			normaliseStruct(v)
			s.found(checkStruct(f.path, v))
			if f.guarded && mask.HeldBy(v) {
				s.masked(f)
			}
		}
	}
}

func (s *survey) time(f *field, m protoreflect.Message) {
	dropUnknown(m)
	if t, ok := m.Interface().(*timestamppb.Timestamp); !ok || !t.IsValid() {
		s.found(invalidField(f.path, "must be a time of the years 1 to 9999"))
	}
}

// masked notes that a field holds the mask.
func (s *survey) masked(f *field) { s.found(mask.Refused(f.path)) }

func (s *survey) found(err *fault.Error) {
	if s.unreadable == nil {
		s.unreadable = err
	}
}

// dropUnknown drops what the contract does not know, fields of a newer version, because nobody has looked into it.
func dropUnknown(m protoreflect.Message) {
	if len(m.GetUnknown()) > 0 {
		m.SetUnknown(nil)
	}
}
