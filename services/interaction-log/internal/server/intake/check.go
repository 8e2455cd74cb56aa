package intake

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

const (
	maxAttributeBytes = 32 << 10
	// maxAttributeDepth keeps stored events readable: some protobuf libraries give up at a hundred messages inside each
	// other, and one level of a Struct is up to three.
	maxAttributeDepth = 24
	// maxAhead is how far ahead of the server's clock an event may have occurred.
	maxAhead = 24 * time.Hour
)

// batchSizes checks what concerns the events of a request together, and returns the encoded size of each.
func batchSizes(events []*interactionlogv1.Event) ([]int, error) {
	if len(events) > domain.MaxBatchEvents {
		return nil, domain.CheckBatchSize(len(events), 0)
	}
	sizes := make([]int, len(events))
	total := 0
	for i, ev := range events {
		sizes[i] = proto.Size(ev)
		total += sizes[i]
	}
	return sizes, domain.CheckBatchSize(len(events), total)
}

// checkEnvelope refuses what is wrong whatever is in the event.
func checkEnvelope(ev *interactionlogv1.Event, size int) *fault.Error {
	if size > domain.MaxEventBytes {
		return eventTooLarge(ev.GetEventId(), size)
	}
	if name := outputField(ev); name != "" {
		return outputOnlyField(name)
	}
	return nil
}

// check refuses an event that breaks the contract. It is of the survey's texts, so that what is stored keeps the rules.
func (p *Pipeline) check(ev *interactionlogv1.Event, s *survey, now time.Time) *fault.Error {
	if !eventPlan.exact || !s.kept {
		if err := p.violations(ev); err != nil {
			return err
		}
	}
	if at := ev.GetOccurredAt(); at != nil {
		t := at.AsTime()
		if !at.IsValid() || at.GetSeconds() < 0 || t.After(now.Add(maxAhead)) {
			return invalidTime()
		}
	}
	return s.unreadable
}

// outputField returns the name of a field that only the log may set and that is set, or "".
func outputField(ev *interactionlogv1.Event) string {
	switch {
	case ev.GetRevision() != 0:
		return "revision"
	case ev.GetRecordedAt() != nil:
		return "recorded_at"
	case ev.GetShard() != 0:
		return "shard"
	case ev.GetSequence() != 0:
		return "sequence"
	case len(ev.GetRedactions()) != 0:
		return "redactions"
	case ev.GetCustomerErased() != nil:
		return "customer_erased"
	case ev.GetEventErased() != nil:
		return "event_erased"
	}
	return ""
}

// violations asks protovalidate.
func (p *Pipeline) violations(ev *interactionlogv1.Event) *fault.Error {
	err := p.validator.Validate(ev)
	if err == nil {
		return nil
	}
	var bad *protovalidate.ValidationError
	if !errors.As(err, &bad) {
		return fault.New(fault.Internal, fault.InternalError, "the rules of an event do not compile: %w", err)
	}
	f := fault.New(fault.Invalid, fault.InvalidRequest, "the event breaks the rules of its fields")
	f.Fields = rpc.ViolatedFields(bad)
	return f
}

// checkStruct refuses attributes without a value, not a number, or nested too deep.
func checkStruct(path string, s *structpb.Struct) *fault.Error {
	if n := proto.Size(s); n > maxAttributeBytes {
		return invalidField(path, "must be at most "+strconv.Itoa(maxAttributeBytes)+" bytes when encoded")
	}
	if msg := checkFields(s, 1); msg != "" {
		return invalidField(path, msg)
	}
	return nil
}

func checkFields(s *structpb.Struct, depth int) string {
	if depth > maxAttributeDepth {
		return fmt.Sprintf("must be nested at most %d levels deep", maxAttributeDepth)
	}
	for _, v := range s.GetFields() {
		if msg := checkValue(v, depth); msg != "" {
			return msg
		}
	}
	return ""
}

func checkValue(v *structpb.Value, depth int) string {
	switch kind := v.GetKind().(type) {
	case nil:
		return "must not hold a value without a kind; use null"
	case *structpb.Value_NumberValue:
		if n := kind.NumberValue; n-n != 0 {
			return "must not hold numbers that are infinite or not a number"
		}
	case *structpb.Value_StructValue:
		return checkFields(kind.StructValue, depth+1)
	case *structpb.Value_ListValue:
		if depth >= maxAttributeDepth {
			return fmt.Sprintf("must be nested at most %d levels deep", maxAttributeDepth)
		}
		for _, item := range kind.ListValue.GetValues() {
			if msg := checkValue(item, depth+1); msg != "" {
				return msg
			}
		}
	}
	return ""
}
