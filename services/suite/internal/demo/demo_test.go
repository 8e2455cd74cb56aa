package demo

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/throughline-cx/throughline/services/internal/testkit"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// changing is what differs from run to run: addresses, the customer's id, times, the handoff's token.
var changing = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\s+`), " "}, // lines break elsewhere when an address is shorter
	{regexp.MustCompile(`127\.0\.0\.1:[0-9]+`), "ADDR"},
	{regexp.MustCompile(`customers/[a-z0-9]{20,}`), "customers/ID"},
	{regexp.MustCompile(`(20[0-9]{2}-[0-9]{2}-[0-9]{2} )?[0-9]{2}:[0-9]{2} UTC`), "TIME"}, // the day is left out where it is told
	{regexp.MustCompile(`20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z`), "TIME"},
	{regexp.MustCompile(`(IVR|assistant|seen|since) 20[0-9]{2}-[0-9]{2}-[0-9]{2}`), "$1 DAY"},
	{regexp.MustCompile(`User-to-User: [0-9a-f ]{80,100};`), "User-to-User: TOKEN;"},
}

func TestDemo(t *testing.T) {
	var out, log bytes.Buffer
	if err := (&Cmd{}).Run(t.Context(), &term.IO{Out: &out, Err: &log}); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	if log.Len() > 0 {
		t.Errorf("logged:\n%s", log.String())
	}
	story := out.String()
	if n := strings.Count(story, "\n"); n > 175 {
		t.Errorf("%d lines: nobody reads that", n)
	}
	for line := range strings.Lines(story) {
		if n := utf8.RuneCountInString(line); n > 101 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
	if strings.Contains(story, "\x1b") {
		t.Error("colours, and no terminal")
	}
	// Sentences and calls, one a line, so that the golden file can be read.
	for _, c := range changing {
		story = c.pattern.ReplaceAllString(story, c.with)
	}
	for _, mark := range []string{" -- ", " > ", " = ", " USE ", " CONFIRM ", " ASK ", " WITHHOLD ", " <value ", " Bot: ", " IVR: \"", " Anna: ", " Tom: "} {
		story = strings.ReplaceAll(story, mark, "\n"+mark[1:])
	}
	testkit.Golden(t, "testdata/story.golden", []byte(story+"\n"))
}

func TestOften(t *testing.T) {
	if got, want := often([]string{"a", "b", "a", "a"}), "a 3 times, b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrinter(t *testing.T) {
	var out bytes.Buffer
	p := newPrinter(&out, false)
	p.wrap("  name  ", strings.Repeat("word ", 30))
	p.wrap("  ", strings.Repeat("x", 150))
	p.says("A", "tab\tand \x1b[31mred")
	p.wrap("nothing", "")
	p.call("GetContext", strings.Repeat("word ", 19))
	p.header("User-to-User: " + strings.Repeat("7", 90) + ";encoding=hex")
	p.decision("ASK", "slot", "", "why")
	p.decision("CONFIRM", "slot", strings.Repeat("v", 70), "why not")
	want := "  name  " + strings.TrimSpace(strings.Repeat("word ", 17)) + "\n" +
		"        " + strings.TrimSpace(strings.Repeat("word ", 13)) + "\n" +
		"  " + strings.Repeat("x", 150) + "\n" +
		`    A: "tab and \u001b[31mred"` + "\n" +
		"\n  > GetContext  " + strings.TrimSpace(strings.Repeat("word ", 16)) + "\n    word word word\n" +
		"      User-to-User: " + strings.Repeat("7", 76) + "\n        " + strings.Repeat("7", 14) + ";encoding=hex\n" +
		"    ASK      slot  why\n" +
		"    CONFIRM  slot: " + strings.Repeat("v", 70) + "\n             why not\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	p.colour = true
	out.Reset()
	p.decision("USE", "slot", "value", "why")
	if got, want := out.String(), green+"    USE      "+reset+"slot: value"+dim+"  why"+reset+"\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestPrinterKeepsTheFirstError(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p := newPrinter(w, false)
	p.line("a")
	if p.err == nil {
		t.Error("no error")
	}
}
