package docs

import (
	"testing"

	"github.com/throughline-cx/throughline/services/internal/testkit"
)

const root = "../../.."

func TestDocsErrors(t *testing.T) {
	got, err := Errors(root)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, root+"/docs/errors.md", []byte(got))
}

// What the contract says of a reason is what a caller gets.
func TestProvokedErrorsAgreeWithContract(t *testing.T) {
	for _, file := range ReasonFiles {
		reasons, err := Reasons(root + "/" + file.Proto)
		if err != nil {
			t.Fatal(err)
		}
		provoked, err := ProvokedErrors(root + "/" + file.Golden)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reasons {
			p, ok := provoked[r.Name]
			switch {
			case !ok && file.Some:
			case !ok:
				t.Errorf("%s: no test provokes %s", file.Title, r.Name)
			case p.Code != r.Code:
				t.Errorf("%s: %s is %s by contract, and %s on the wire", file.Title, r.Name, r.Code, p.Code)
			}
		}
	}
}

func TestParseReason(t *testing.T) {
	tests := []struct {
		name, comment string
		want          Reason
		fails         bool
	}{
		{
			name:    "whole",
			comment: "ABORTED. It differs. Metadata: a. Example: two writers.",
			want:    Reason{Name: "X", Code: "ABORTED", HTTP: "409", Text: "It differs. Metadata: a.", Example: "Two writers."},
		},
		{
			name:    "with a status of its own over REST",
			comment: "RESOURCE_EXHAUSTED (REST: 413). Too large. Example: 2 MiB.",
			want:    Reason{Name: "X", Code: "RESOURCE_EXHAUSTED", HTTP: "413", Text: "Too large.", Example: "2 MiB."},
		},
		{name: "no code", comment: "It differs. Example: two writers.", fails: true},
		{name: "unknown code", comment: "ODD. It differs. Example: two writers.", fails: true},
		{name: "no example", comment: "ABORTED. It differs.", fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseReason("X", tt.comment)
			if (err != nil) != tt.fails {
				t.Fatalf("error = %v, want failure %v", err, tt.fails)
			}
			if err == nil && got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
