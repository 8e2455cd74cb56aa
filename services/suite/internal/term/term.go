// Package term is how the command line talks to people and to programs: tables, JSON lines and errors.
package term

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/throughline-cx/throughline/services/suite/internal/enumtext"
)

// IO is where a command reads and writes.
type IO struct {
	// In is standard input.
	In io.Reader
	// Out takes results.
	Out io.Writer
	// Err takes progress and errors.
	Err io.Writer
}

// Table prints rows in aligned columns under a head. Cells are made safe with Clean.
type Table struct {
	out  io.Writer
	rows [][]string
}

// NewTable begins a table with its head, if there is to be one.
func NewTable(out io.Writer, head ...string) *Table {
	t := &Table{out: out}
	if len(head) > 0 {
		t.Row(head...)
	}
	return t
}

// Row adds a row.
func (t *Table) Row(cells ...string) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = Clean(c)
	}
	t.rows = append(t.rows, row)
}

// Flush prints the table.
func (t *Table) Flush() error {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		var line strings.Builder
		for i, c := range row {
			line.WriteString(c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	t.rows = nil
	_, err := io.WriteString(t.out, b.String())
	return err
}

// Clean makes text from elsewhere fit for a terminal line: line breaks and tabs become spaces, and control characters,
// with which a customer's message could repaint the screen, become visible.
func Clean(s string) string {
	if !strings.ContainsFunc(s, unfit) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case unfit(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unfit also covers the marks that change the direction of the text around them.
func unfit(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200d' }

// Short returns s, cut to at most n characters.
func Short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// Time prints a time for tables, in UTC; "" for none.
func Time(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format("2006-01-02 15:04:05Z")
}

// Age prints a duration in its largest unit.
func Age(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// JSON prints messages as JSON, one a line, in the form of the REST API, which shows empty values too. protojson itself varies its spaces on
// purpose, hence the second pass.
func JSON(out io.Writer, msgs ...proto.Message) error {
	var b bytes.Buffer
	for _, m := range msgs {
		text, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
		if err != nil {
			return err
		}
		if err := json.Compact(&b, text); err != nil {
			return err
		}
		b.WriteByte('\n')
	}
	_, err := out.Write(b.Bytes())
	return err
}

// Enum prints an enum value without its prefix, in lower case: "virtual_assistant" for CHANNEL_VIRTUAL_ASSISTANT; "-"
// for the unspecified one.
func Enum[E enumtext.Enum](e E) string {
	if name := enumtext.Name(e); name != "" {
		return strings.ToLower(name)
	}
	return "-"
}
