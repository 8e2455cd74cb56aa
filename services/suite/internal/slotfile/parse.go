package slotfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// parse decodes the YAML strictly: one document, no unknown keys.
func parse(text []byte) ([]entry, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var f file
	if err := dec.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the file is empty; slots are wanted")
		}
		return nil, plain(err)
	}
	if err := dec.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one YAML document in the file")
	}
	if len(f.Slots) == 0 {
		return nil, errors.New("there are no slots in the file")
	}
	// Strict decoding forgets where things stood; a second pass over the tree brings the lines back.
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, plain(err)
	}
	for i, line := range slotLines(&root) {
		if i < len(f.Slots) {
			f.Slots[i].line = line
		}
	}
	return f.Slots, nil
}

func slotLines(root *yaml.Node) []int {
	if len(root.Content) == 0 {
		return nil
	}
	var lines []int
	top := root.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		if top[i].Value != "slots" {
			continue
		}
		for _, n := range top[i+1].Content {
			lines = append(lines, n.Line)
		}
	}
	return lines
}

// plain takes the library's own words and Go type names out of a YAML error.
func plain(err error) error {
	var te *yaml.TypeError
	if !errors.As(err, &te) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var all []error
	for _, e := range te.Errors {
		e = strings.NewReplacer(
			"field ", "key ",
			" not found in type slotfile.file", " does not exist",
			" not found in type slotfile.entry", " does not exist in a slot",
			" not found in type slotfile.alias", " does not exist in an alias",
			" not found in type slotfile.validation", " does not exist in a validation",
			" not found in type slotfile.link", " does not exist in a link",
			" already set in type slotfile.file", " is there twice",
			" already set in type slotfile.entry", " is there twice",
			"cannot unmarshal !!map into []", "a list is expected instead of a map: []",
		).Replace(e)
		all = append(all, errors.New(e))
	}
	return errors.Join(all...)
}

// duration is a time.Duration that YAML writes as "720h", "90m" or, in whole days, "30d".
type duration time.Duration

const day = 24 * time.Hour

// UnmarshalYAML reads a duration.
func (d *duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := parseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*d = duration(v)
	return nil
}

// MarshalYAML writes a duration as people do.
func (d duration) MarshalYAML() (any, error) {
	v := time.Duration(d)
	switch {
	case v%day == 0:
		return fmt.Sprintf("%dd", v/day), nil
	case v%time.Hour == 0:
		return fmt.Sprintf("%dh", v/time.Hour), nil
	case v%time.Minute == 0:
		return fmt.Sprintf("%dm", v/time.Minute), nil
	default:
		return v.String(), nil
	}
}

func parseDuration(s string) (time.Duration, error) {
	text, factor := s, time.Duration(1)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		text, factor = days+"h", 24
	}
	v, err := time.ParseDuration(text)
	if err != nil || v <= 0 || v > (1<<62)/factor {
		return 0, fmt.Errorf("%q is no duration above 0, such as 90m, 720h or 30d", s)
	}
	return v * factor, nil
}
