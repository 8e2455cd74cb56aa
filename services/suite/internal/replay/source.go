package replay

import (
	"cmp"
	"fmt"
	"iter"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
)

// source is the file with the dialogues, which knows how far it was read.
type source struct {
	*os.File
	size int64
	read atomic.Int64
}

func openSource(path string) (*source, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", path)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &source{File: f, size: info.Size()}, nil
}

// Read counts what is read.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.File.Read(p)
	s.read.Add(int64(n))
	return n, err
}

// Close closes the file, which was only read.
func (s *source) Close() { _ = s.File.Close() }

// customer is the dialogues of one customer, in the order of time.
type customer = iter.Seq2[*dialogue.Dialogue, error]

// byDialogue makes every dialogue a customer, without holding more than one at a time.
func byDialogue(dialogues iter.Seq2[*dialogue.Dialogue, error]) iter.Seq[customer] {
	return func(yield func(customer) bool) {
		for d, err := range dialogues {
			if !yield(func(yield func(*dialogue.Dialogue, error) bool) { yield(d, err) }) {
				return
			}
		}
	}
}

// spool keeps the lines of a file in the order read, so that they can be read again in another one. A file packed with
// gzip does not allow that, and all dialogues may be more than fits the memory.
type spool struct {
	file    *os.File
	name    string
	parse   dialogue.Parse
	entries map[string][]entry
	order   []string
	count   int
}

// entry is where a dialogue is.
type entry struct {
	offset, length int64
	line           int
	start          time.Time
	id             string
}

// newSpool copies up to limit lines of the source (0: all) to a temporary file, and sorts them by worker and time.
func newSpool(src *source, name string, parse dialogue.Parse, limit int) (*spool, error) {
	f, err := os.CreateTemp("", "throughline-replay-*")
	if err != nil {
		return nil, err
	}
	s := &spool{file: f, name: name, parse: parse, entries: map[string][]entry{}}
	if err := s.fill(src, limit); err != nil {
		s.Close()
		return nil, err
	}
	for _, list := range s.entries {
		slices.SortStableFunc(list, func(a, b entry) int {
			return cmp.Or(a.start.Compare(b.start), cmp.Compare(a.id, b.id))
		})
	}
	return s, nil
}

func (s *spool) fill(src *source, limit int) error {
	var offset int64
	for line, err := range dialogue.Lines(s.name, src) {
		if err != nil {
			return err
		}
		d, err := s.parse(line)
		if err != nil {
			return err
		}
		if _, err := s.file.Write(line.Text); err != nil {
			return err
		}
		worker := d.Customer
		if worker == "" {
			worker = "dialogue " + d.ID // a customer of its own
		}
		if s.entries[worker] == nil {
			s.order = append(s.order, worker)
		}
		length := int64(len(line.Text))
		s.entries[worker] = append(s.entries[worker], entry{offset, length, line.Number, d.Start(), d.ID})
		offset += length
		if s.count++; s.count == limit {
			return nil
		}
	}
	return nil
}

// customers yields the workers, in the order in which the file first names them.
func (s *spool) customers(yield func(customer) bool) {
	for _, worker := range s.order {
		if !yield(func(yield func(*dialogue.Dialogue, error) bool) { s.dialogues(s.entries[worker], yield) }) {
			return
		}
	}
}

func (s *spool) dialogues(list []entry, yield func(*dialogue.Dialogue, error) bool) {
	for _, e := range list {
		text := make([]byte, e.length)
		_, err := s.file.ReadAt(text, e.offset)
		var d *dialogue.Dialogue
		if err == nil {
			d, err = s.parse(dialogue.Line{File: s.name, Number: e.line, Text: text})
		}
		if !yield(d, err) || err != nil {
			return
		}
	}
}

// Close removes the copy.
func (s *spool) Close() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}
