// Package eventtest makes events for tests from the contract's descriptors, so that every kind of event and every
// field takes part, those added later too.
package eventtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
)

// outputOnly are the fields that only the log sets.
var outputOnly = map[protoreflect.Name]bool{
	"revision": true, "recorded_at": true, "shard": true, "sequence": true, "redactions": true,
	"customer_erased": true, "event_erased": true,
}

// Kinds returns the fields of the payload, one for each kind of event that callers append.
func Kinds() []protoreflect.FieldDescriptor {
	fields := (*interactionlogv1.Event)(nil).ProtoReflect().Descriptor().Oneofs().ByName("payload").Fields()
	var kinds []protoreflect.FieldDescriptor
	for i := range fields.Len() {
		if fd := fields.Get(i); !outputOnly[fd.Name()] {
			kinds = append(kinds, fd)
		}
	}
	return kinds
}

// Full returns a valid event of a kind in which every field of a caller's is set.
func Full(kind protoreflect.FieldDescriptor, id string) *interactionlogv1.Event {
	ev := &interactionlogv1.Event{}
	m := ev.ProtoReflect()
	fill(m, func(fd protoreflect.FieldDescriptor) bool {
		return fd.ContainingOneof() == nil && !outputOnly[fd.Name()]
	})
	fill(m.Mutable(kind).Message(), nil)
	ev.EventId = id
	ev.Customer = "customers/full"
	return ev
}

// fill sets every field of m that want accepts to something valid.
func fill(m protoreflect.Message, want func(protoreflect.FieldDescriptor) bool) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if want != nil && !want(fd) {
			continue
		}
		switch {
		case fd.IsList():
			l := m.Mutable(fd).List()
			l.Append(protoreflect.ValueOfString("first-" + string(fd.Name())))
			l.Append(protoreflect.ValueOfString("second-" + string(fd.Name())))
		case fd.Kind() == protoreflect.MessageKind:
			fillMessage(m, fd)
		default:
			m.Set(fd, valid(fd))
		}
	}
}

func fillMessage(m protoreflect.Message, fd protoreflect.FieldDescriptor) {
	switch fd.Message().FullName() {
	case "google.protobuf.Timestamp":
		m.Set(fd, protoreflect.ValueOfMessage((&timestamppb.Timestamp{Seconds: 1_700_000_000, Nanos: 5}).ProtoReflect()))
	case "google.protobuf.Struct":
		s, err := structpb.NewStruct(map[string]any{
			"points": 12.5, "shop": "Zoë's", "ok": true, "none": nil, "tags": []any{"a", "b"}, "deep": map[string]any{"x": "y"},
		})
		if err != nil {
			panic(err)
		}
		m.Set(fd, protoreflect.ValueOfMessage(s.ProtoReflect()))
	default:
		fill(m.Mutable(fd).Message(), nil)
	}
}

// valid returns a value that keeps the rules of a scalar field.
func valid(fd protoreflect.FieldDescriptor) protoreflect.Value {
	switch fd.Kind() { //nolint:exhaustive // the kinds that events have
	case protoreflect.StringKind:
		switch fd.FullName() {
		case "throughline.interactionlog.v1.Event.traceparent":
			return protoreflect.ValueOfString("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		case "throughline.interactionlog.v1.Money.currency_code":
			return protoreflect.ValueOfString("EUR")
		case "throughline.interactionlog.v1.Money.amount":
			return protoreflect.ValueOfString("12.50")
		case "throughline.interactionlog.v1.CustomersMerged.surviving_customer":
			return protoreflect.ValueOfString("customers/full")
		case "throughline.interactionlog.v1.CustomersMerged.merged_customer":
			return protoreflect.ValueOfString("customers/some")
		}
		name := "some-" + strings.ReplaceAll(string(fd.Name()), "_", "-")
		return protoreflect.ValueOfString(name[:min(len(name), 35)])
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(fd.Enum().Values().Get(1).Number())
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(0.5)
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(fd.Name() != "secret_answer")
	}
	panic(fmt.Sprintf("eventtest: no value for %s", fd.FullName()))
}

// Random returns an event that may break any rule of the contract, and mostly breaks none or one.
func Random(r *rand.Rand, id string) *interactionlogv1.Event {
	kinds := Kinds()
	ev := Full(kinds[r.IntN(len(kinds))], id)
	for range r.IntN(4) {
		spoil(r, ev.ProtoReflect())
	}
	return ev
}

// spoil sets or clears one field somewhere in m.
func spoil(r *rand.Rand, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	fd := fields.Get(r.IntN(fields.Len()))
	if o := fd.ContainingOneof(); o != nil && r.IntN(20) > 0 {
		if fd = m.WhichOneof(o); fd == nil {
			return
		}
		spoil(r, m.Mutable(fd).Message())
		return
	}
	if r.IntN(6) == 0 {
		m.Clear(fd)
		return
	}
	switch {
	case outputOnly[fd.Name()] || fd.IsMap():
		return
	case fd.IsList():
		l := m.Mutable(fd).List()
		for range []int{1, 2, 40, 300}[r.IntN(4)] {
			l.Append(protoreflect.ValueOfString(randomText(r)))
		}
	case fd.Kind() == protoreflect.MessageKind:
		if n := fd.Message().FullName(); strings.HasPrefix(string(n), "google.protobuf.") {
			return
		}
		spoil(r, m.Mutable(fd).Message())
	case fd.Kind() == protoreflect.StringKind:
		m.Set(fd, protoreflect.ValueOfString(randomText(r)))
	case fd.Kind() == protoreflect.EnumKind:
		m.Set(fd, protoreflect.ValueOfEnum([]protoreflect.EnumNumber{0, 1, 3, 5, 7, 99, -1}[r.IntN(7)]))
	case fd.Kind() == protoreflect.DoubleKind:
		m.Set(fd, protoreflect.ValueOfFloat64([]float64{
			0, 1, 0.3, -0.1, 1.0001, 1e300, math.NaN(), math.Inf(1), math.Inf(-1),
		}[r.IntN(9)]))
	}
}

// randomText returns strings about the borders of the contract's rules.
func randomText(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return ""
	case 1:
		return []string{"customers/", "customers/_slots", "customers/a b", "customers/-a", "EUR", "eur", "-1.5", "1.", "00-x"}[r.IntN(9)]
	case 2:
		return "naïve café ✓"
	}
	sizes := []int{1, 34, 35, 36, 63, 64, 65, 127, 128, 129, 137, 138, 139, 255, 256, 257, 1024, 1025, 4096, 4097, 8193}
	n := sizes[r.IntN(len(sizes))]
	return strings.Repeat(string("aZ.:/-é"[r.IntN(6)]), n)
}

// Strings calls visit with every string of a message, at any depth, and the way to it. set puts another one in its
// place; names of attributes are visited too.
func Strings(msg proto.Message, visit func(path string, value string, set func(string))) {
	walk(msg.ProtoReflect(), "", visit)
}

func walk(m protoreflect.Message, prefix string, visit func(string, string, func(string))) {
	switch v := m.Interface().(type) {
	case *structpb.Struct:
		for key, value := range v.GetFields() {
			visit(prefix+"key:"+key, key, func(s string) {
				delete(v.Fields, key)
				v.Fields[s] = value
			})
			walk(value.ProtoReflect(), prefix+key+".", visit)
		}
		return
	case *structpb.Value:
		if v.GetListValue() != nil {
			for i, item := range v.GetListValue().GetValues() {
				walk(item.ProtoReflect(), fmt.Sprintf("%s%d.", prefix, i), visit)
			}
			return
		}
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		path := prefix + string(fd.Name())
		switch {
		case fd.IsList() && fd.Kind() == protoreflect.StringKind:
			for i := range v.List().Len() {
				visit(fmt.Sprintf("%s[%d]", path, i), v.List().Get(i).String(), func(s string) {
					v.List().Set(i, protoreflect.ValueOfString(s))
				})
			}
		case fd.IsList():
		case fd.Kind() == protoreflect.StringKind:
			visit(path, v.String(), func(s string) { m.Set(fd, protoreflect.ValueOfString(s)) })
		case fd.Kind() == protoreflect.MessageKind:
			walk(v.Message(), path+".", visit)
		}
		return true
	})
}
