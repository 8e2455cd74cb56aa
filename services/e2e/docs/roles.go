package docs

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
)

// The table of roles stands in docs/security.md between these two lines.
const (
	RolesBegin = "<!-- Generated from the contract by \"make generate\": who may call what. -->\n"
	RolesEnd   = "<!-- End of the generated part. -->\n"
)

// Roles renders the table of who may call what.
func Roles() string {
	names := auth.AllRoles().Names()
	var b strings.Builder
	fmt.Fprintf(&b, "| method | %s |\n|---|%s\n", strings.Join(names, " | "), strings.Repeat("---|", len(names)))
	for _, f := range []protoreflect.FileDescriptor{
		interactionlogv1.File_throughline_interactionlog_v1_interaction_log_service_proto,
		contextv1.File_throughline_context_v1_context_service_proto,
	} {
		service := f.Services().Get(0)
		for i := range service.Methods().Len() {
			m := service.Methods().Get(i)
			fmt.Fprintf(&b, "| %s |", m.Name())
			have := auth.MethodRoles(m).Names()
			for _, n := range names {
				b.WriteString(map[bool]string{true: " x |", false: "  |"}[slices.Contains(have, n)])
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// WithRoles returns a document with the table in its place.
func WithRoles(document string) (string, error) {
	head, rest, found := strings.Cut(document, RolesBegin)
	_, tail, ends := strings.Cut(rest, RolesEnd)
	if !found || !ends {
		return "", fmt.Errorf("the document has no place for the table of roles")
	}
	return head + RolesBegin + "\n" + Roles() + "\n" + RolesEnd + tail, nil
}
