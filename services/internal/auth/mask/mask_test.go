package mask_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/structpb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth/mask"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

const (
	internal  = commonv1.Sensitivity_SENSITIVITY_INTERNAL
	personal  = commonv1.Sensitivity_SENSITIVITY_PERSONAL
	sensitive = commonv1.Sensitivity_SENSITIVITY_SENSITIVE
)

// messages are all messages of the public contract.
func messages() []protoreflect.MessageDescriptor {
	_ = contextv1.File_throughline_context_v1_context_service_proto
	var all []protoreflect.MessageDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if p := f.Package(); p == "throughline.context.v1" || p == "throughline.interactionlog.v1" {
			for i := range f.Messages().Len() {
				all = append(all, f.Messages().Get(i))
			}
		}
		return true
	})
	return all
}

// fill sets every field of a message, down to a depth.
func fill(m protoreflect.Message, depth int) {
	if s, ok := m.Interface().(*structpb.Struct); ok {
		s.Fields = map[string]*structpb.Value{"a": structpb.NewStringValue("value")}
		return
	}
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		if fd.ContainingOneof() != nil && m.WhichOneof(fd.ContainingOneof()) != nil && depth < 4 {
			continue
		}
		switch {
		case fd.IsMap():
			v := m.Mutable(fd).Map().NewValue()
			if fd.MapValue().Message() != nil {
				if depth > 0 {
					fill(v.Message(), depth-1)
				}
			} else {
				v = scalar(fd.MapValue())
			}
			m.Mutable(fd).Map().Set(protoreflect.ValueOfString("key").MapKey(), v)
		case fd.Message() != nil && depth == 0:
		case fd.IsList() && fd.Message() != nil:
			for range 2 {
				fill(m.Mutable(fd).List().AppendMutable().Message(), depth-1)
			}
		case fd.IsList():
			m.Mutable(fd).List().Append(scalar(fd))
		case fd.Message() != nil:
			fill(m.Mutable(fd).Message(), depth-1)
		default:
			m.Set(fd, scalar(fd))
		}
	}
}

func scalar(fd protoreflect.FieldDescriptor) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString("value")
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte("value"))
	case protoreflect.EnumKind:
		n := protoreflect.EnumNumber(1)
		if fd.Enum().FullName() == "throughline.common.v1.Sensitivity" {
			n = protoreflect.EnumNumber(sensitive)
		}
		return protoreflect.ValueOfEnum(n)
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(1)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(1)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(1)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(1)
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(1)
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(1)
	default:
		panic(fmt.Sprintf("no value for %s, a %s", fd.FullName(), fd.Kind()))
	}
}

// audit walks over a masked message by the contract alone, and says what is visible or hidden that should not be.
func audit(m protoreflect.Message, clearance commonv1.Sensitivity, path string) (wrong []string, hidden int) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		at := path + "." + string(fd.Name())
		level := mask.LevelOf(fd)
		if from, _ := proto.GetExtension(fd.Options(), commonv1.E_SensitivityFrom).(string); from != "" {
			level = commonv1.Sensitivity(m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(from))).Enum())
		}
		each := func(v protoreflect.Value, el protoreflect.FieldDescriptor) {
			switch {
			case el.Message() != nil && level <= clearance:
				w, h := audit(v.Message(), clearance, at)
				wrong, hidden = append(wrong, w...), hidden+h
			case el.Message() != nil:
				if s, ok := v.Message().Interface().(*structpb.Struct); ok && !mask.HeldBy(s) && len(s.GetFields()) > 0 {
					wrong = append(wrong, at+" shows attributes")
				}
				hidden++
			case el.Kind() == protoreflect.StringKind && (v.String() == mask.Mask) != (level > clearance):
				wrong = append(wrong, fmt.Sprintf("%s is %q at %s", at, v.String(), level))
			case el.Kind() != protoreflect.StringKind && level > clearance:
				wrong = append(wrong, at+" is set")
			case level > clearance:
				hidden++
			}
		}
		switch {
		case fd.IsMap():
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool { each(v, fd.MapValue()); return true })
		case fd.IsList():
			for i := range v.List().Len() {
				each(v.List().Get(i), fd)
			}
		default:
			each(v, fd)
		}
		return true
	})
	return wrong, hidden
}

// Every message of the contract, filled with values, shows to each clearance what the contract says and no more.
func TestWholeContract(t *testing.T) {
	total := map[commonv1.Sensitivity]int{}
	for _, d := range messages() {
		mt, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
		if err != nil {
			t.Fatal(err)
		}
		full := mt.New()
		fill(full, 4)
		before := proto.Clone(full.Interface())
		for _, clearance := range []commonv1.Sensitivity{commonv1.Sensitivity_SENSITIVITY_PUBLIC, internal, personal, sensitive} {
			got := mask.Answer(full.Interface(), max(clearance, internal))
			wrong, hidden := audit(got.ProtoReflect(), max(clearance, internal), string(d.Name()))
			if len(wrong) > 0 {
				t.Errorf("cleared for %s: %v", clearance, wrong)
			}
			total[clearance] += hidden
			if clearance == sensitive && !proto.Equal(got, before) {
				t.Errorf("%s: with full clearance something is missing", d.FullName())
			}
		}
		if !proto.Equal(before, full.Interface()) {
			t.Errorf("%s was changed in place", d.FullName())
		}
	}
	if total[sensitive] != 0 || total[personal] == 0 || total[internal] <= total[personal] {
		t.Errorf("hidden by clearance: %v", total)
	}
}

// Every field that may have to be hidden is of a kind that can be, and what names its sensitivity is there.
func TestContractCanBeMasked(t *testing.T) {
	for _, d := range messages() {
		for i := range d.Fields().Len() {
			fd := d.Fields().Get(i)
			from, _ := proto.GetExtension(fd.Options(), commonv1.E_SensitivityFrom).(string)
			if from != "" {
				sibling := d.Fields().ByName(protoreflect.Name(from))
				if sibling == nil || sibling.Enum() == nil || sibling.Enum().FullName() != "throughline.common.v1.Sensitivity" {
					t.Errorf("%s: there is no sensitivity in %q", fd.FullName(), from)
				}
			}
			if from == "" && mask.LevelOf(fd) <= internal {
				continue
			}
			if fd.Kind() != protoreflect.StringKind && fd.Message() == nil && !fd.IsMap() {
				t.Errorf("%s is %s, which would be cleared and not masked", fd.FullName(), fd.Kind())
			}
		}
	}
}

func TestUnsetStaysUnset(t *testing.T) {
	ev := &interactionlogv1.Event{EventId: "e", Payload: &interactionlogv1.Event_FactStated{FactStated: &interactionlogv1.FactStated{Slot: "a"}}}
	if got := mask.Answer(ev, internal); !proto.Equal(got, ev) {
		t.Errorf("got %v", got)
	}
}

func TestUnknownFieldsStay(t *testing.T) {
	ev := &interactionlogv1.Event{EventId: "e"}
	ev.ProtoReflect().SetUnknown([]byte{0xfa, 0x3e, 0x01, 'x'})
	if got := mask.Answer(ev, internal); !slices.Equal(got.ProtoReflect().GetUnknown(), ev.ProtoReflect().GetUnknown()) {
		t.Error("bytes that are not decoded are gone")
	}
}

func TestAttributes(t *testing.T) {
	s, err := structpb.NewStruct(map[string]any{"text": "a", "number": 4.0, "yes": true, "none": nil, "list": []any{"b", map[string]any{"c": "d"}}})
	if err != nil {
		t.Fatal(err)
	}
	ev := &interactionlogv1.Event{Payload: &interactionlogv1.Event_CustomEvent{CustomEvent: &interactionlogv1.CustomEvent{Type: "t", Attributes: s}}}
	got := mask.Answer(ev, internal).(*interactionlogv1.Event).GetCustomEvent().GetAttributes()
	want, _ := structpb.NewStruct(map[string]any{"text": "***", "number": "***", "yes": "***", "none": nil, "list": []any{"***", map[string]any{"c": "***"}}})
	if !proto.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := mask.Answer(ev, personal); !proto.Equal(got, ev) {
		t.Errorf("cleared, and got %v", got)
	}
}

func TestRequest(t *testing.T) {
	facts := func(values ...string) *contextv1.RecordFactsRequest {
		r := &contextv1.RecordFactsRequest{Customer: "customers/1"}
		for _, v := range values {
			r.Facts = append(r.Facts, &contextv1.FactInput{Slot: "***", Value: v})
		}
		return r
	}
	for name, c := range map[string]struct {
		req   proto.Message
		field string
	}{
		"value":         {facts("a", "***"), "facts[1].value"},
		"within a text": {facts("a *** b", "****", "**"), ""},
		"no value":      {facts(""), ""},
		"checked by the service": {&interactionlogv1.AppendEventsRequest{Events: []*interactionlogv1.Event{
			{Payload: &interactionlogv1.Event_MessageSent{MessageSent: &interactionlogv1.MessageSent{Text: "***"}}},
		}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := fault.As(mask.Request(c.req))
			switch {
			case c.field == "" && f != nil:
				t.Errorf("refused: %v", f)
			case c.field != "" && (f == nil || f.Reason != fault.MaskedValue || f.Fields[0].Path != c.field):
				t.Errorf("got %v, want %s", f, c.field)
			}
		})
	}
}

// A type that was never seen and holds itself has a plan, too.
func TestRecursiveMessages(t *testing.T) {
	v := structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{structpb.NewStringValue("a")}})
	m := dynamicpb.NewMessage(v.ProtoReflect().Descriptor())
	proto.Merge(m, v)
	if got := mask.Answer(m, commonv1.Sensitivity_SENSITIVITY_PUBLIC); !proto.Equal(got, m) {
		t.Errorf("got %v", got)
	}
}
