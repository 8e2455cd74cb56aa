// Package apicase runs cases written in YAML against the API, the same case
// over gRPC and over REST.
package apicase

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File is a sequence of cases; later ones may build on earlier ones.
type File struct {
	Name  string `yaml:"-"`
	Cases []Case `yaml:"cases"`
}

// Case is one call and what has to come of it. In all strings ${name} stands
// for a value saved before, and ${run} for a word that differs between runs.
type Case struct {
	Name string `yaml:"name"`
	// RPC is the full method: "throughline.context.v1.ContextService/GetSlot".
	// Empty for cases that only REST can express.
	RPC string `yaml:"rpc"`
	// Request is the message, in its JSON form.
	Request map[string]any `yaml:"request"`
	// REST is the verb and the path with its query: "GET /v1/slots/a".
	REST string `yaml:"rest"`
	// Body is the REST body: a message, a raw string, or absent, which sends the
	// request with POST and PATCH, and nothing with other verbs.
	Body any `yaml:"body"`
	// ContentType is the body's type; JSON when empty.
	ContentType string `yaml:"content_type"`
	Want        Want   `yaml:"want"`
	// Header has headers for both transports.
	Header map[string]string `yaml:"-"`
	// Pending is true for methods that no server implements yet.
	Pending bool `yaml:"pending"`
	// Save keeps values of the answer, by dotted path.
	Save map[string]string `yaml:"save"`
}

// Want is what a case expects.
type Want struct {
	// Code is the gRPC code by name; OK when empty.
	Code string `yaml:"code"`
	// HTTP is the REST status; 200 when empty and the code is OK.
	HTTP int `yaml:"http"`
	// Reason and Domain are those of the ErrorInfo.
	Reason string `yaml:"reason"`
	Domain string `yaml:"domain"`
	// Meta are entries the ErrorInfo must have.
	Meta map[string]string `yaml:"meta"`
	// Fields are the fields that violations name.
	Fields []string `yaml:"fields"`
	// Answer must be contained in the answer: maps by key, lists whole.
	Answer map[string]any `yaml:"answer"`
	// At are values by dotted path, for places in lists of any length; compared
	// as in Answer.
	At map[string]any `yaml:"at"`
	// Absent are dotted paths that the answer must not have.
	Absent []string `yaml:"absent"`
}

// Load reads all files of a folder.
func Load(dir string) ([]File, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	files := make([]File, 0, len(paths))
	for _, path := range paths {
		content, err := os.ReadFile(path) //nolint:gosec // test data of this module
		if err != nil {
			return nil, err
		}
		f := File{Name: strings.TrimSuffix(filepath.Base(path), ".yaml")}
		dec := yaml.NewDecoder(bytes.NewReader(content))
		dec.KnownFields(true)
		if err := dec.Decode(&f); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, f)
	}
	return files, nil
}

// Expanded returns the case with all variables replaced.
func (c Case) Expanded(vars map[string]string) Case {
	c.REST = Expand(c.REST, vars).(string)
	if c.Request != nil {
		c.Request = Expand(c.Request, vars).(map[string]any)
	}
	c.Body = Expand(c.Body, vars)
	if c.Want.Answer != nil {
		c.Want.Answer = Expand(c.Want.Answer, vars).(map[string]any)
	}
	if c.Want.At != nil {
		c.Want.At = Expand(c.Want.At, vars).(map[string]any)
	}
	meta := make(map[string]string, len(c.Want.Meta))
	for k, v := range c.Want.Meta {
		meta[k] = Expand(v, vars).(string)
	}
	c.Want.Meta = meta
	return c
}
