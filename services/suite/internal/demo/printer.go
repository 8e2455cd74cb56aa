package demo

import (
	"fmt"
	"io"
	"os"
	"strings"

	xterm "golang.org/x/term"

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
	f, ok := out.(*os.File)
	colour := ok && !plain && os.Getenv("NO_COLOR") == "" && xterm.IsTerminal(int(f.Fd()))
	return &printer{out: out, colour: colour}
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
	p.line(p.paint(bold, "  > "+method))
	p.wrap("    ", purpose)
}

// result prints what a call answered.
func (p *printer) result(format string, args ...any) {
	p.wrap("    = ", fmt.Sprintf(format, args...))
}

// says prints words of the conversation.
func (p *printer) says(who, words string) {
	p.wrapAs(dim, "    "+who+": ", `"`+words+`"`)
}

// decision prints what to do about one slot, and why.
func (p *printer) decision(what, slot, value, why string) {
	colour := map[string]string{"USE": green, "CONFIRM": amber}[what]
	text := slot
	if value != "" {
		text += ": " + value
	}
	p.line("    " + p.paint(colour, fmt.Sprintf("%-8s", what)) + term.Clean(text))
	p.wrapAs(dim, "            ", why)
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
	line := head
	for word := range strings.FieldsSeq(term.Clean(text)) {
		if len(line)+1+len(word) > width && strings.TrimSpace(line) != "" && line != head {
			p.line(p.paint(colour, line))
			line = strings.Repeat(" ", len(head))
		}
		if strings.HasSuffix(line, " ") || line == "" {
			line += word
		} else {
			line += " " + word
		}
	}
	p.line(p.paint(colour, line))
}
