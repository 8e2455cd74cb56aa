package dialogue

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
)

// maxLineBytes bounds one line of a file: the largest dialogue of the known datasets has 0.3 MB.
const maxLineBytes = 32 << 20

// Line is one line of a file.
type Line struct {
	// File and Number, counted from 1, say where it is.
	File   string
	Number int
	// Text is the line; valid until the next one is read.
	Text []byte
}

// Decode reads the line as one JSON value.
func (l Line) Decode(v any) error {
	if err := json.Unmarshal(l.Text, v); err != nil {
		return l.Errorf("no JSON of the expected form: %w", err)
	}
	return nil
}

// Errorf returns an error that begins with the place.
func (l Line) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", l.File, l.Number, fmt.Errorf(format, args...))
}

// Lines reads a file of lines, packed with gzip or not, which its first bytes tell. Empty lines are passed over. name is
// for messages.
func Lines(name string, r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		line := Line{File: name}
		plain, err := unpack(r)
		if err != nil {
			yield(line, fmt.Errorf("%s: %w", name, err))
			return
		}
		s := bufio.NewScanner(plain)
		s.Buffer(make([]byte, 0, 1<<16), maxLineBytes)
		for s.Scan() {
			line.Number++
			if line.Text = s.Bytes(); len(line.Text) == 0 {
				continue
			}
			if !yield(line, nil) {
				return
			}
		}
		line.Number++
		switch err := s.Err(); {
		case err == nil:
		case errors.Is(err, bufio.ErrTooLong):
			yield(line, line.Errorf("longer than %d MiB", maxLineBytes>>20))
		default:
			yield(line, line.Errorf("%w", err))
		}
	}
}

// Parse reads the dialogue in a line; each dataset has one.
type Parse func(Line) (*Dialogue, error)

// Read reads the dialogues of a file, one a line.
func Read(name string, r io.Reader, parse Parse) iter.Seq2[*Dialogue, error] {
	return func(yield func(*Dialogue, error) bool) {
		for line, err := range Lines(name, r) {
			var d *Dialogue
			if err == nil {
				d, err = parse(line)
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// unpack removes gzip, when the content begins as gzip does.
func unpack(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	head, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return b, nil
	}
	return gzip.NewReader(b)
}

// IDText returns a dialogue's id, a number or a string in the file, as text; "" for anything else.
func IDText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return ""
}
