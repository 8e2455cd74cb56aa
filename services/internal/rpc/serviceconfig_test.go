package rpc

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

func TestWhichMethodsAreRetried(t *testing.T) {
	sd := contextv1.File_throughline_context_v1_context_service_proto.Services().ByName(protoreflect.Name("ContextService"))
	names := func(keyed bool) []string {
		var names []string
		for _, m := range idempotentMethods(sd, keyed) {
			names = append(names, m.Method)
		}
		return names
	}
	for method, want := range map[string]struct{ plain, keyed bool }{
		"GetContext":      {true, true},
		"ResolveCustomer": {true, true},
		"WatchContext":    {true, true},
		"RecordFacts":     {false, true},
		"AcceptHandoff":   {false, true},
		"MergeCustomers":  {false, true},
		"CreateSlot":      {false, false}, // it has no request id: a retry could find its own slot
		"UpdateSlot":      {false, false},
		"UpdatePolicy":    {false, false},
	} {
		if got := slices.Contains(names(false), method); got != want.plain {
			t.Errorf("%s is retried: %v, want %v", method, got, want.plain)
		}
		if got := slices.Contains(names(true), method); got != want.keyed {
			t.Errorf("%s is retried where requests have ids: %v, want %v", method, got, want.keyed)
		}
	}
}
