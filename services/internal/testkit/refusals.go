package testkit

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Refusal is what a refused call leads to, as docs/errors.md shows it.
type Refusal struct {
	Reason   string            `json:"reason"`
	Code     string            `json:"code"`
	Domain   string            `json:"domain"`
	RPC      string            `json:"rpc"`
	When     string            `json:"when"`
	Message  string            `json:"message"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Fields   []string          `json:"fields,omitempty"`
}

// Refusals collects what refused calls lead to.
type Refusals struct {
	// Domain is whose reasons they are.
	Domain string
	all    []Refusal
}

// Add notes what a call led to, which has to be refused for a reason.
func (r *Refusals) Add(t testing.TB, err error, reason, method, when string) {
	t.Helper()
	f := rpc.FromError(err)
	if f == nil || f.Reason != reason || f.Domain != r.Domain {
		t.Errorf("%s: got %v, want reason %s of %s", when, err, reason, r.Domain)
		return
	}
	refusal := Refusal{
		Reason: reason, Code: code.Code(rpc.Code(f.Kind)).String(), Domain: f.Domain, RPC: method, When: when,
		Message: f.Msg, Metadata: f.Meta,
	}
	for _, v := range f.Fields {
		refusal.Fields = append(refusal.Fields, v.Path+": "+v.Msg)
	}
	// An etag is another one in each run.
	if refusal.Metadata["current_etag"] != "" {
		refusal.Metadata["current_etag"] = "TZXUs4tJlYPyLmFh"
	}
	r.all = append(r.all, refusal)
}

// WantAll wants every reason of an enum to be there.
func (r *Refusals) WantAll(t testing.TB, reasons protoreflect.EnumDescriptor) {
	t.Helper()
	have := map[string]bool{}
	for i := range r.all {
		have[r.all[i].Reason] = true
	}
	values := reasons.Values()
	for i := 1; i < values.Len(); i++ {
		if reason := strings.TrimPrefix(string(values.Get(i).Name()), "ERROR_REASON_"); !have[reason] {
			t.Errorf("nothing provokes %s: add a case", reason)
		}
	}
}

// Golden compares them with testdata/errors.golden, from which docs/errors.md is made.
func (r *Refusals) Golden(t testing.TB) {
	t.Helper()
	text, err := json.MarshalIndent(r.all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	Golden(t, "testdata/errors.golden", append(text, '\n'))
}
