package gateway

import (
	"encoding/json"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/gen/openapi"
)

type document struct {
	Swagger     string
	Info        struct{ Title, Version, Description string }
	Paths       map[string]map[string]operation
	Definitions map[string]struct{ Title, Description string }
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Responses   map[string]struct {
		Schema struct {
			Ref string `json:"$ref"`
		}
	}
}

// The document describes every RPC that has a path, says what it is, and names the error body.
func TestDocument(t *testing.T) {
	var d document
	if err := json.Unmarshal(openapi.Document(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Swagger != "2.0" || d.Info.Title == "" || d.Info.Version == "" || d.Info.Description == "" {
		t.Errorf("head: %+v", d.Info)
	}
	if e := d.Definitions["Status"]; e.Title != "Error" || e.Description == "" {
		t.Errorf("error schema: %+v", e)
	}
	found := map[string]bool{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			if op.Summary == "" || op.Responses["default"].Schema.Ref != "#/definitions/Status" {
				t.Errorf("%s %s: summary %q, error %+v", method, path, op.Summary, op.Responses["default"])
			}
			found[op.OperationID] = true
		}
	}
	for _, f := range []protoreflect.FileDescriptor{
		contextv1.File_throughline_context_v1_context_service_proto,
		interactionlogv1.File_throughline_interactionlog_v1_interaction_log_service_proto,
	} {
		service := f.Services().Get(0)
		for i := range service.Methods().Len() {
			m := service.Methods().Get(i)
			if !proto.HasExtension(m.Options(), annotations.E_Http) {
				t.Errorf("%s has no path", m.FullName())
			}
			if id := string(service.Name()) + "_" + string(m.Name()); !found[id] {
				t.Errorf("%s is not in the document", id)
			}
		}
	}
}
