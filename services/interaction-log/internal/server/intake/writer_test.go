package intake

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth/mask"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func prepared(t *testing.T, src Source, ev *interactionlogv1.Event) *fault.Error {
	t.Helper()
	drafts, err := New().Prepare(t.Context(), src, []*interactionlogv1.Event{ev})
	if err != nil {
		t.Fatal(err)
	}
	return drafts[0].Err
}

func customOf(kind string) *interactionlogv1.Event {
	return &interactionlogv1.Event{
		EventId: "e", Customer: "customers/c", Channel: interactionlogv1.Channel_CHANNEL_CHAT,
		Payload: &interactionlogv1.Event_CustomEvent{CustomEvent: &interactionlogv1.CustomEvent{Type: kind}},
	}
}

// Every kind of event that the contract keeps to services is refused to all others, whatever is in it.
func TestKindsForServicesOnly(t *testing.T) {
	kept := 0
	options := eventPlan.desc.Oneofs().ByName("payload").Fields()
	for i := range options.Len() {
		fd := options.Get(i)
		ev := &interactionlogv1.Event{EventId: "e", Customer: "customers/c", Channel: interactionlogv1.Channel_CHANNEL_CHAT}
		ev.ProtoReflect().Set(fd, ev.ProtoReflect().NewField(fd))
		err := prepared(t, Source{Tenant: "t", Now: testSource.Now}, ev)
		only := proto.GetExtension(fd.Options(), commonv1.E_ServiceOnly).(bool)
		denied := err != nil && err.Kind == fault.Denied && err.Reason == fault.PermissionDenied && err.Fields[0].Path == string(fd.Name())
		if denied != only {
			t.Errorf("%s: service_only %v, got %v", fd.Name(), only, err)
		}
		if only {
			kept++
		}
		err = prepared(t, testSource, ev)
		if err != nil && err.Kind == fault.Denied {
			t.Errorf("%s: a service gets %v", fd.Name(), err)
		}
	}
	if kept == 0 {
		t.Error("no kind is kept to services")
	}
}

func TestNamesForServicesOnly(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*interactionlogv1.Event)
		field  string
	}{
		"own type":         {func(ev *interactionlogv1.Event) { ev.GetCustomEvent().Type = "throughline.slot" }, "custom_event.type"},
		"type much alike":  {func(ev *interactionlogv1.Event) { ev.GetCustomEvent().Type = "throughlines" }, ""},
		"own customer":     {func(ev *interactionlogv1.Event) { ev.Customer = "customers/_slots" }, "customer"},
		"customer in part": {func(ev *interactionlogv1.Event) { ev.Customer = "customers/a_" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ev := customOf("x")
			c.change(ev)
			err := prepared(t, Source{Tenant: "t", Now: testSource.Now}, ev)
			switch {
			case c.field == "" && err != nil:
				t.Errorf("got %v", err)
			case c.field != "" && (err == nil || err.Kind != fault.Denied || err.Fields[0].Path != c.field):
				t.Errorf("got %v, want a refusal of %s", err, c.field)
			}
			if err := prepared(t, testSource, ev); err != nil {
				t.Errorf("a service gets %v", err)
			}
		})
	}
	if err := (Source{}).CheckName("customer", "customers/_x"); fault.KindOf(err) != fault.Denied {
		t.Errorf("name of a request: %v", err)
	}
	if err := testSource.CheckName("customer", "customers/_x"); err != nil {
		t.Errorf("name of a service's request: %v", err)
	}
}

// The mask is no value of any text that may have been masked: each string of the contract that is more than internal
// is tried.
func TestMaskIsRefused(t *testing.T) {
	tried := 0
	try := func(fd protoreflect.FieldDescriptor, outer func(protoreflect.Message) *interactionlogv1.Event) {
		m := fd.Message()
		for i := range m.Fields().Len() {
			inner := m.Fields().Get(i)
			if mask.LevelOf(inner) <= commonv1.Sensitivity_SENSITIVITY_INTERNAL {
				continue
			}
			blank := (&interactionlogv1.Event{}).ProtoReflect().NewField(fd).Message()
			switch {
			case inner.IsList():
				blank.Mutable(inner).List().Append(protoreflect.ValueOfString(mask.Mask))
			case inner.Kind() == protoreflect.StringKind:
				blank.Set(inner, protoreflect.ValueOfString(mask.Mask))
			default:
				s, err := structpb.NewStruct(map[string]any{"a": []any{map[string]any{"b": mask.Mask}}})
				if err != nil {
					t.Fatal(err)
				}
				blank.Set(inner, protoreflect.ValueOfMessage(s.ProtoReflect()))
			}
			var s survey
			ev := outer(blank)
			s.event(ev.ProtoReflect())
			if s.unreadable == nil || s.unreadable.Reason != fault.MaskedValue || !strings.HasSuffix(s.unreadable.Fields[0].Path, string(inner.Name())) {
				t.Errorf("%s: got %v", inner.FullName(), s.unreadable)
			}
			tried++
		}
	}
	options := eventPlan.desc.Oneofs().ByName("payload").Fields()
	for i := range options.Len() {
		fd := options.Get(i)
		try(fd, func(m protoreflect.Message) *interactionlogv1.Event {
			ev := &interactionlogv1.Event{}
			ev.ProtoReflect().Set(fd, protoreflect.ValueOfMessage(m))
			return ev
		})
	}
	if tried < 5 {
		t.Errorf("only %d fields were tried", tried)
	}
	ev := customOf("x")
	ev.Payload = &interactionlogv1.Event_MessageSent{MessageSent: &interactionlogv1.MessageSent{Text: mask.Mask}}
	if err := prepared(t, testSource, ev); err == nil || err.Reason != fault.MaskedValue || err.Fields[0].Path != "message_sent.text" {
		t.Errorf("got %v", err)
	}
	ev.GetMessageSent().Text = "what is *** ?"
	if err := prepared(t, testSource, ev); err != nil {
		t.Errorf("the mask within a text: %v", err)
	}
}
