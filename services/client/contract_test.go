package client

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client/internal/wire"
)

// shape is a struct of this package, its message, and the fields of the message that the struct has no need of.
type shape struct {
	goType  any
	message proto.Message
	without []string
}

// What the customer's handle puts into requests by itself.
var byHandle = []string{"customer", "scope", "origin", "request_id", "name", "asker", "consistency"}

var shapes = []shape{
	{CustomerContext{}, &contextv1.CustomerContext{}, nil},
	{Identity{}, &contextv1.Identity{}, nil},
	{LinkedIdentifier{}, &contextv1.LinkedIdentifier{}, nil},
	{Fact{}, &contextv1.Fact{}, nil},
	{Provenance{}, &contextv1.Provenance{}, nil},
	{AlternativeValue{}, &contextv1.AlternativeValue{}, nil},
	{DoNotAsk{}, &contextv1.DoNotAsk{}, nil},
	{RepeatSummary{}, &contextv1.RepeatSummary{}, nil},
	{Brief{}, &contextv1.Brief{}, nil},
	{BriefItem{}, &contextv1.BriefItem{}, nil},
	{Freshness{}, &contextv1.Freshness{}, nil},
	{SectionStatus{}, &contextv1.SectionStatus{}, nil},
	{InteractionSummary{}, &contextv1.InteractionSummary{}, nil},
	{FlowRun{}, &contextv1.FlowRun{}, nil},
	{Sentiment{}, &contextv1.Sentiment{}, nil},
	{PersonaAssignment{}, &contextv1.PersonaAssignment{}, nil},
	{AudienceMembership{}, &contextv1.AudienceMembership{}, nil},
	{StageStatus{}, &contextv1.StageStatus{}, nil},
	{Recommendation{}, &contextv1.Recommendation{}, nil},
	{Consent{}, &contextv1.Consent{}, nil},
	{Actor{}, &logv1.Actor{}, nil},
	{Identifier{}, &logv1.Identifier{}, nil},
	{PlatformContact{}, &contextv1.PlatformContact{}, nil},
	{ResolveRequest{}, &contextv1.ResolveCustomerRequest{}, []string{"create_missing"}},
	{Resolution{}, &contextv1.ResolveCustomerResponse{}, nil},
	{IdentifierMatch{}, &contextv1.IdentifierMatch{}, nil},
	{Lookup{}, &contextv1.GetContextRequest{}, byHandle},
	{Plan{}, &contextv1.PlanQuestionsResponse{}, nil},
	{SlotPlan{}, &contextv1.SlotPlan{}, nil},
	{FactInput{}, &contextv1.FactInput{}, nil},
	{FactsRecorded{}, &contextv1.RecordFactsResponse{}, nil},
	{Question{}, &contextv1.RecordQuestionRequest{}, byHandle},
	{QuestionRecorded{}, &contextv1.RecordQuestionResponse{}, nil},
	{Verification{}, &contextv1.Verification{}, nil},
	{VerificationStatus{}, &contextv1.VerificationStatus{}, nil},
	{VerificationRequirement{}, &contextv1.VerificationRequirement{}, nil},
	{VerificationAttempt{}, &contextv1.RecordVerificationRequest{}, byHandle},
	{VerificationRecorded{}, &contextv1.RecordVerificationResponse{}, nil},
	{VerificationCheck{}, &contextv1.CheckVerificationResponse{}, nil},
	{MissingVerification{}, &contextv1.MissingVerification{}, nil},
	{Case{}, &contextv1.Case{}, nil},
	{Promise{}, &contextv1.Promise{}, nil},
	{ResumeCandidate{}, &contextv1.ResumeCandidate{}, nil},
	{ResumeFactor{}, &contextv1.ResumeFactor{}, nil},
	{CaseChange{}, &contextv1.CaseChange{}, nil},
	{CaseResolution{}, &contextv1.ResolveCaseRequest{}, byHandle},
	{CaseReopening{}, &contextv1.ReopenCaseRequest{}, byHandle},
	{Handoff{}, &contextv1.Handoff{}, nil},
	{HandoffRequest{}, &contextv1.CreateHandoffRequest{}, byHandle},
	{HandoffOffer{}, &contextv1.CreateHandoffResponse{}, nil},
	{HandoffRenderings{}, &contextv1.HandoffRenderings{}, nil},
	{HandoffChange{}, &contextv1.HandoffChange{}, nil},
	{HandoffReading{}, &contextv1.AcknowledgeHandoffRequest{}, byHandle},
	{Merge{}, &contextv1.Merge{}, nil},
	{MergeResult{}, &contextv1.MergeCustomersResponse{}, nil},
	{MergeCollision{}, &contextv1.MergeCollision{}, nil},
	{MergeConflict{}, &contextv1.MergeConflict{}, nil},
	{UnmergeResult{}, &contextv1.UnmergeCustomersResponse{}, nil},
	{ErasedCustomer{}, &contextv1.ErasedCustomer{}, nil},
	{FlatContext{}, &contextv1.FlatContext{}, nil},
	{FlatLookup{}, &contextv1.GetFlatContextRequest{}, byHandle},
	{Appended{}, &logv1.AppendEventsResponse{}, nil},
	{EventReceipt{}, &logv1.AppendResult{}, []string{"event"}},
	{Redaction{}, &logv1.Redaction{}, nil},
	{Money{}, &logv1.Money{}, nil},
	{InteractionStarted{}, &logv1.InteractionStarted{}, nil},
	{InteractionEnded{}, &logv1.InteractionEnded{}, nil},
	{InteractionSegmentChanged{}, &logv1.InteractionSegmentChanged{}, nil},
	{MessageSent{}, &logv1.MessageSent{}, nil},
	{MenuSelected{}, &logv1.MenuSelected{}, nil},
	{IntentDetected{}, &logv1.IntentDetected{}, nil},
	{FlowStarted{}, &logv1.FlowStarted{}, nil},
	{StepEntered{}, &logv1.StepEntered{}, nil},
	{StepFailed{}, &logv1.StepFailed{}, nil},
	{FlowEnded{}, &logv1.FlowEnded{}, nil},
	{ConsentChanged{}, &logv1.ConsentChanged{}, nil},
	{SurveyAnswered{}, &logv1.SurveyAnswered{}, nil},
	{DispositionSet{}, &logv1.DispositionSet{}, nil},
	{NoteAdded{}, &logv1.NoteAdded{}, nil},
	{OutcomeRecorded{}, &logv1.OutcomeRecorded{}, nil},
	{CustomEvent{}, &logv1.CustomEvent{}, nil},
	{origin{}, &contextv1.Origin{}, nil},
	{asker{}, &contextv1.Asker{}, nil},
}

// A field that the contract gains has to get a place here, or be named as one that programs have no need of.
func TestEveryFieldHasItsPlace(t *testing.T) {
	for _, s := range shapes {
		name := s.message.ProtoReflect().Descriptor().FullName()
		for _, field := range wire.Unmatched(s.goType, s.message) {
			if !slices.Contains(s.without, field) {
				t.Errorf("%T has no field for %s.%s", s.goType, name, field)
			}
		}
	}
}

// What every field holds comes through, there and back.
func TestEveryFieldComesThrough(t *testing.T) {
	for _, s := range shapes {
		m := s.message.ProtoReflect().New()
		populate(m, 0)
		for _, field := range wire.Unmatched(s.goType, s.message) {
			m.Clear(m.Descriptor().Fields().ByName(protoreflect.Name(field)))
		}
		back := m.New().Interface()
		if err := throughGo(s.goType, m.Interface(), back); err != nil {
			t.Errorf("%T: %v", s.goType, err)
		}
		opts := cmp.Options{protocmp.Transform()}
		if _, ok := s.goType.(Appended); ok {
			opts = append(opts, protocmp.IgnoreFields(&logv1.AppendResult{}, "event"))
		}
		if diff := cmp.Diff(m.Interface(), back, opts); diff != "" {
			t.Errorf("%T (-sent +back):\n%s", s.goType, diff)
		}
	}
}

// populate sets every field to something that is not its zero value.
func populate(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		switch {
		case fd.IsMap():
			m.Mutable(fd).Map().Set(protoreflect.ValueOfString("k").MapKey(), protoreflect.ValueOfString("v"))
		case fd.IsList():
			list := m.Mutable(fd).List()
			for range 2 {
				list.Append(someValue(list.NewElement(), fd, depth))
			}
		default:
			m.Set(fd, someValue(m.NewField(fd), fd, depth))
		}
	}
}

func someValue(into protoreflect.Value, fd protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.EnumKind:
		values := fd.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(values.Len() - 1).Number())
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(fd.Number()))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(fd.Number()) << 33)
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(0.25 + float64(fd.Number()))
	case protoreflect.MessageKind:
		switch fd.Message().FullName() {
		case "google.protobuf.Struct":
			object, _ := structpb.NewStruct(map[string]any{"points": 12.0, "tags": []any{"a", true}})
			return protoreflect.ValueOfMessage(object.ProtoReflect())
		case "google.protobuf.Timestamp", "google.protobuf.Duration":
			of := into.Message().Descriptor().Fields()
			into.Message().Set(of.ByName("seconds"), protoreflect.ValueOfInt64(1_700_000_000))
			into.Message().Set(of.ByName("nanos"), protoreflect.ValueOfInt32(123_456_789))
		default:
			if depth < 8 {
				populate(into.Message(), depth+1)
			}
		}
		return into
	default:
		return protoreflect.ValueOfString(string(fd.Name()))
	}
}

// throughGo decodes m into a new struct of goType's type and encodes that into back.
func throughGo(goType any, m, back proto.Message) error {
	v := reflect.New(reflect.TypeOf(goType))
	wire.Decode(v.Interface(), m)
	return wire.Encode(back, v.Interface())
}
