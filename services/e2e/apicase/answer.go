package apicase

import (
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// Outcome is what a call came to, whatever the transport.
type Outcome struct {
	Code    string
	HTTP    int // 0 over gRPC
	Reason  string
	Domain  string
	Message string
	Meta    map[string]string
	Fields  []string
	Answer  map[string]any
}

// Check compares an outcome with what is wanted and lists the differences.
func (w Want) Check(o Outcome) []string {
	var diffs []string
	add := func(format string, args ...any) { diffs = append(diffs, fmt.Sprintf(format, args...)) }
	code := w.Code
	if code == "" {
		code = "OK"
	}
	if o.Code != code {
		add("code %s (%s %s), want %s", o.Code, o.Reason, o.Message, code)
	}
	if o.HTTP != 0 {
		status := w.HTTP
		if status == 0 && code == "OK" {
			status = 200
		}
		if status != 0 && o.HTTP != status {
			add("HTTP status %d, want %d", o.HTTP, status)
		}
	}
	if w.Reason != "" && o.Reason != w.Reason {
		add("reason %q (%s), want %q", o.Reason, o.Message, w.Reason)
	}
	if w.Domain != "" && o.Domain != w.Domain {
		add("domain %q, want %q", o.Domain, w.Domain)
	}
	for k, v := range w.Meta {
		if o.Meta[k] != v {
			add("metadata %s = %q, want %q", k, o.Meta[k], v)
		}
	}
	if w.Fields != nil {
		got, want := append([]string{}, o.Fields...), append([]string{}, w.Fields...)
		sort.Strings(got)
		sort.Strings(want)
		if !reflect.DeepEqual(got, want) {
			add("violated fields %v, want %v", got, want)
		}
	}
	diffs = append(diffs, contains("answer", o.Answer, w.Answer)...)
	for path, want := range w.At {
		got, ok := Lookup(o.Answer, path)
		if !ok {
			add("answer.%s is missing, want %v", path, want)
			continue
		}
		diffs = append(diffs, contains("answer."+path, got, want)...)
	}
	for _, path := range w.Absent {
		if v, ok := Lookup(o.Answer, path); ok {
			add("answer.%s = %v, want none", path, v)
		}
	}
	return diffs
}

// contains reports where got lacks what want has.
func contains(path string, got, want any) []string {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok && len(want) > 0 {
			return []string{fmt.Sprintf("%s is no object", path)}
		}
		var diffs []string
		for k, w := range want {
			g, ok := got[k]
			if !ok {
				diffs = append(diffs, fmt.Sprintf("%s.%s is missing, want %v", path, k, w))
				continue
			}
			diffs = append(diffs, contains(path+"."+k, g, w)...)
		}
		return diffs
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return []string{fmt.Sprintf("%s = %v, want a list of %d: %v", path, got, len(want), want)}
		}
		var diffs []string
		for i, w := range want {
			diffs = append(diffs, contains(fmt.Sprintf("%s[%d]", path, i), list[i], w)...)
		}
		return diffs
	case string:
		if text, ok := strings.CutPrefix(want, "~"); ok { // contains the text
			if !strings.Contains(fmt.Sprint(got), text) {
				return []string{fmt.Sprintf("%s = %v, want it to contain %q", path, got, text)}
			}
			return nil
		}
	}
	// 64-bit integers are strings in protobuf's JSON, numbers in YAML.
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return []string{fmt.Sprintf("%s = %v, want %v", path, got, want)}
	}
	return nil
}

// Lookup finds a value by a dotted path; list entries by number.
func Lookup(value any, path string) (any, bool) {
	for _, part := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[part]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// Expand replaces ${name} in every string of a value.
func Expand(value any, vars map[string]string) any {
	switch v := value.(type) {
	case string:
		for name, text := range vars {
			v = strings.ReplaceAll(v, "${"+name+"}", text)
		}
		return v
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[Expand(k, vars).(string)] = Expand(e, vars)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = Expand(e, vars)
		}
		return out
	default:
		return value
	}
}
