// Package slotfile reads and writes slot dictionaries as YAML files and brings a server's dictionary in line with one.
package slotfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
)

// maxFileBytes bounds a file. The largest dictionary that a server takes (1,000 slots) stays well below.
const maxFileBytes = 16 << 20

// file is the whole of a YAML file.
type file struct {
	Slots []entry `yaml:"slots"`
}

// entry is one slot. Its keys are those of the contract but for `slot`, the id, and a link's `from`.
type entry struct {
	Slot          string      `yaml:"slot"`
	DisplayName   string      `yaml:"display_name,omitempty"`
	Description   string      `yaml:"description,omitempty"`
	Type          string      `yaml:"type,omitempty"`
	Sensitivity   string      `yaml:"sensitivity,omitempty"`
	Aliases       []alias     `yaml:"aliases,omitempty"`
	MaxAge        duration    `yaml:"max_age,omitempty"`
	ExpireAfter   duration    `yaml:"expire_after,omitempty"`
	MinConfidence float64     `yaml:"min_confidence,omitempty"`
	OnConflict    string      `yaml:"on_conflict,omitempty"`
	Validation    *validation `yaml:"validation,omitempty"`
	Links         []link      `yaml:"links,omitempty"`
	// What it takes for a value to be shown.
	MinVerification string `yaml:"min_verification,omitempty"`
	ConsentPurpose  string `yaml:"consent_purpose,omitempty"`

	line int
}

type alias struct {
	Name  string `yaml:"name"`
	Scope string `yaml:"scope,omitempty"`
}

type validation struct {
	Pattern       string   `yaml:"pattern,omitempty"`
	AllowedValues []string `yaml:"allowed_values,omitempty"`
	MinLength     int32    `yaml:"min_length,omitempty"`
	MaxLength     int32    `yaml:"max_length,omitempty"`
}

type link struct {
	From   string `yaml:"from"`
	Action string `yaml:"action,omitempty"`
}

// Load reads the dictionary in the file at path; "-" is standard input.
func Load(path string) ([]*contextv1.Slot, error) {
	if path == "-" {
		return Read("standard input", os.Stdin)
	}
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return Read(path, f)
}

// Read reads a dictionary. Unknown keys, unknown enum values, ids or aliases that occur twice, and whatever else breaks
// the rules of the contract are refused, all at once, each with its line. name is for messages.
func Read(name string, r io.Reader) ([]*contextv1.Slot, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > maxFileBytes {
		return nil, fmt.Errorf("%s: larger than %d MiB", name, maxFileBytes>>20)
	}
	entries, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	slots := make([]*contextv1.Slot, len(entries))
	var bad []error
	for i, e := range entries {
		s, errs := e.slot()
		slots[i] = s
		bad = append(bad, errs...)
	}
	if bad = append(bad, clashes(entries)...); len(bad) > 0 {
		return nil, fmt.Errorf("%s: %w", name, errors.Join(bad...))
	}
	return slots, nil
}

// Write writes slots as a file that Read takes.
func Write(w io.Writer, slots []*contextv1.Slot) error {
	f := file{Slots: make([]entry, len(slots))}
	for i, s := range slots {
		f.Slots[i] = entryOf(s)
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(f); err != nil {
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
