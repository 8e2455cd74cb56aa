package intake

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// unsearchable are texts that nobody looks for by a word.
var unsearchable = []protoreflect.Name{"locale", "content_type", "currency_code", "model"}

// SearchText returns the words of a stored event's payload, without ids: what was said, asked, noted and stated. Parts
// are on lines of their own.
func SearchText(e *domain.Event) string {
	var ev interactionlogv1.Event
	if proto.Unmarshal(e.Payload, &ev) != nil {
		return "" // reading the event itself says what is wrong
	}
	n := eventPlan.chosen(ev.ProtoReflect())
	if n == nil {
		return ""
	}
	var b strings.Builder
	n.plan.each(ev.ProtoReflect().Get(n.desc).Message(), func(p *plan, m protoreflect.Message) {
		for _, f := range p.strings {
			if f.searchable() {
				addLine(&b, m.Get(f.desc).String())
			}
		}
		for _, f := range p.lists {
			if l := m.Get(f.desc).List(); f.searchable() {
				for i := range l.Len() {
					addLine(&b, l.Get(i).String())
				}
			}
		}
		for _, f := range p.structs {
			if s, ok := m.Get(f.desc).Message().Interface().(*structpb.Struct); ok {
				addStruct(&b, s)
			}
		}
	})
	return b.String()
}

func (f *stringField) searchable() bool {
	return f.class != classID && !slices.Contains(unsearchable, f.desc.Name())
}

func addLine(b *strings.Builder, s string) {
	if s == "" {
		return
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(s)
}

// addStruct adds the strings of a Struct in the order of their names, so that a snippet is always the same.
func addStruct(b *strings.Builder, s *structpb.Struct) {
	names := make([]string, 0, len(s.GetFields()))
	for name := range s.GetFields() {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		addValue(b, s.GetFields()[name])
	}
}

func addValue(b *strings.Builder, v *structpb.Value) {
	addLine(b, v.GetStringValue())
	addStruct(b, v.GetStructValue())
	for _, item := range v.GetListValue().GetValues() {
		addValue(b, item)
	}
}
