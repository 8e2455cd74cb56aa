package demo

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// width is the longest line.
const width = 96

// The colours, as terminals know them.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	green = "\x1b[32m"
	amber = "\x1b[33m"
	reset = "\x1b[0m"
)

// printer writes the story. The first error of the output is kept; what comes after it is lost anyway.
type printer struct {
	out    io.Writer
	colour bool
	err    error
}

func newPrinter(out io.Writer, plain bool) *printer {
	return &printer{out: out, colour: !plain && os.Getenv("NO_COLOR") == "" && term.IsTerminal(out)}
}

func (p *printer) line(text string) {
	if _, err := fmt.Fprintln(p.out, strings.TrimRight(text, " ")); err != nil && p.err == nil {
		p.err = err
	}
}

func (p *printer) paint(colour, text string) string {
	if !p.colour || colour == "" {
		return text
	}
	return colour + text + reset
}

// scene begins a part of the story.
func (p *printer) scene(title, text string) {
	head := "-- " + title + " "
	p.line("")
	p.line(p.paint(bold, head+strings.Repeat("-", max(width-len(head), 0))))
	p.wrap("", text)
}

// call names an API call and what it is for.
func (p *printer) call(method, purpose string) {
	p.line("")
	head := "  > " + method
	lines := flow(head+"  ", "    ", purpose)
	lines[0] = p.paint(bold, head) + strings.TrimPrefix(lines[0], head)
	for _, l := range lines {
		p.line(l)
	}
}

// header prints a line of a SIP message, in as many lines of the screen as it takes.
func (p *printer) header(text string) {
	head, rest := "      ", term.Clean(text)
	for len(rest) > 0 {
		n := min(width-len(head), len(rest))
		p.line(p.paint(amber, head+rest[:n]))
		head, rest = "        ", rest[n:]
	}
}

// result prints what a call answered.
func (p *printer) result(format string, args ...any) {
	p.wrap("    = ", fmt.Sprintf(format, args...))
}

// says prints words of the conversation.
func (p *printer) says(who, words string) {
	p.wrapAs(dim, "    "+who+": ", `"`+words+`"`)
}

// talk prints a question and its answer.
func (p *printer) talk(who, question, whom, answer string) {
	p.wrapAs(dim, "    "+who+": ", `"`+question+`" `+whom+`: "`+answer+`"`)
}

// decision prints what to do about one slot, and why: beside it if there is room, below it if not.
func (p *printer) decision(what, slot, value, why string) {
	colour := map[string]string{"USE": green, "CONFIRM": amber, "WITHHOLD": amber}[what]
	if value != "" {
		slot += ": " + value
	}
	slot, why = term.Clean(slot), term.Clean(why)
	head := fmt.Sprintf("    %-9s", what)
	line := p.paint(colour, head) + slot
	if n := utf8.RuneCountInString(head + slot + "  " + why); n <= width {
		p.line(line + p.paint(dim, "  "+why))
		return
	}
	p.line(line)
	p.wrapAs(dim, strings.Repeat(" ", len(head)), why)
}

// fact prints a name and a number or text in columns.
func (p *printer) fact(name, text string) {
	p.wrap(fmt.Sprintf("  %-20s ", name), text)
}

// wrap prints a text below width; the lines after the first are indented as the head is long.
func (p *printer) wrap(head, text string) { p.wrapAs("", head, text) }

func (p *printer) wrapAs(colour, head, text string) {
	if text == "" {
		return
	}
	for _, l := range flow(head, strings.Repeat(" ", utf8.RuneCountInString(head)), text) {
		p.line(p.paint(colour, l))
	}
}

// flow breaks a text into lines below width, where it has spaces: the first with head before it, the others with indent.
func flow(head, indent, text string) []string {
	var lines []string
	line, long := head, utf8.RuneCountInString(head)
	first := true
	for word := range strings.FieldsSeq(term.Clean(text)) {
		n := utf8.RuneCountInString(word)
		switch {
		case first:
		case long+1+n > width:
			lines = append(lines, line)
			line, long = indent, utf8.RuneCountInString(indent)
		default:
			line, long = line+" ", long+1
		}
		line, long, first = line+word, long+n, false
	}
	return append(lines, line)
}
