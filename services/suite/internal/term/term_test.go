package term

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

func TestError(t *testing.T) {
	refused, err := status.New(codes.InvalidArgument, "the name is taken").WithDetails(
		&errdetails.ErrorInfo{Reason: "ALIAS_TAKEN", Domain: "context.throughline", Metadata: map[string]string{"slot": "a", "scope": ""}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "aliases[0]", Description: "is taken"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"plain", errors.New("no such file"), "p: no such file\n"},
		{"several", errors.Join(errors.New("one"), errors.New("two\x1b")), "p: one\n  two\\u001b\n"},
		{"fault", fault.New(fault.Unavailable, "STORE_LOCKED", "in use"), "p: in use (STORE_LOCKED)\n"},
		{"status", refused.Err(), "p: the name is taken (ALIAS_TAKEN)\n  aliases[0]: is taken\n  slot: a\n"},
		{"wrapped status", fmt.Errorf("create slot %q: %w", "b", refused.Err()),
			"p: create slot \"b\": the name is taken (ALIAS_TAKEN)\n  aliases[0]: is taken\n  slot: a\n"},
		{"joined alone", errors.Join(fmt.Errorf("b: %w", fault.New(fault.Invalid, "X", "no"))), "p: b: no (X)\n"},
		{"wrapped twice", fmt.Errorf("import: %w", fmt.Errorf("b: %w", fault.New(fault.Invalid, "X", "no"))), "p: import: b: no (X)\n"},
		{"status without details", status.Error(codes.Unavailable, "connection refused"), "p: connection refused (UNAVAILABLE)\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			Error(&out, "p", tc.err)
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	table := NewTable(&out, "A", "LONG", "C")
	table.Row("1", "", "x")
	table.Row("größer", "y", "")
	table.Row("a\nb", "\x1b[2J", "\u202eevil")
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "A       LONG       C\n1                  x\ngrößer  y\na b     \\u001b[2J  \\u202eevil\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, &contextv1.SlotAlias{Name: "a b"}, &contextv1.SlotLink{}); err != nil {
		t.Fatal(err)
	}
	want := `{"name":"a b","scope":""}` + "\n" + `{"fromSlot":"","action":"LINK_ACTION_UNSPECIFIED"}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSmallThings(t *testing.T) {
	for what, pair := range map[string][2]string{
		"short":       {Short("abc", 3), "abc"},
		"cut":         {Short("größer", 4), "grö…"},
		"no time":     {Time(nil), ""},
		"time":        {Time(timestamppb.New(time.Date(2026, 3, 2, 9, 0, 0, 5, time.FixedZone("", 3600)))), "2026-03-02 08:00:00Z"},
		"enum":        {Enum(interactionlogv1.Channel_CHANNEL_VIRTUAL_ASSISTANT), "virtual_assistant"},
		"no enum":     {Enum(interactionlogv1.Channel_CHANNEL_UNSPECIFIED), "-"},
		"newer enum":  {Enum(interactionlogv1.Channel(999)), "999"},
		"seconds":     {Age(90 * time.Second), "90s"},
		"minutes":     {Age(90 * time.Minute), "90m"},
		"hours":       {Age(36 * time.Hour), "36h"},
		"days":        {Age(72 * time.Hour), "3d"},
		"emoji joins": {Clean("👩\u200d💻"), "👩\u200d💻"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %q, want %q", what, pair[0], pair[1])
		}
	}
}
