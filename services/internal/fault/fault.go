// Package fault is the error model of the suite: a closed set of kinds, a documented reason, and what a caller needs to
// put it right. It uses the standard library only, so that domain packages can return faults without knowing that
// gRPC exists; one interceptor (package rpc) turns them into statuses.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Error is a fault. Msg and Meta are shown to callers (except for Internal, which is masked), so they never hold
// personal data; Cause is for logs only.
type Error struct {
	// Kind says what the caller can do about it.
	Kind Kind
	// Reason is an enum value's name without the prefix ERROR_REASON_, for example "EVENT_ID_REUSED".
	Reason string
	// Domain names the service that made the fault when that was another one; empty means this service.
	Domain string
	// Msg is one plain sentence for a developer.
	Msg string
	// Meta holds facts that a program can use, for example the current revision.
	Meta map[string]string
	// Fields says what is wrong with which field of the request.
	Fields []Field
	// Cause is the error underneath. It is logged, never sent.
	Cause error
}

// Field is one thing wrong with one field of a request.
type Field struct {
	// Path leads to the field, for example "events[2].event_id".
	Path string
	// Msg says what is wrong with it.
	Msg string
}

// New returns a fault. A value that format wraps with %w becomes its cause.
func New(kind Kind, reason, format string, args ...any) *Error {
	if len(args) == 0 {
		return &Error{Kind: kind, Reason: reason, Msg: format}
	}
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Reason: reason, Msg: err.Error(), Cause: errors.Unwrap(err)}
}

// With returns a copy of the fault that carries one more fact. Copies keep faults held in package variables unchanged.
func (e *Error) With(key, value string) *Error {
	c := *e
	c.Meta = make(map[string]string, len(e.Meta)+1)
	maps.Copy(c.Meta, e.Meta)
	c.Meta[key] = value
	return &c
}

// WithField returns a copy of the fault that blames one more field.
func (e *Error) WithField(path, msg string) *Error {
	c := *e
	c.Fields = slices.Concat(e.Fields, []Field{{Path: path, Msg: msg}})
	return &c
}

// WithCause returns a copy of the fault with err as its cause.
func (e *Error) WithCause(err error) *Error {
	c := *e
	c.Cause = err
	return &c
}

// Error returns the reason, the message and the fields, for logs and for people.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Reason)
	if e.Msg != "" {
		b.WriteString(": ")
		b.WriteString(e.Msg)
	}
	for i, f := range e.Fields {
		b.WriteString([]string{" (", ", "}[min(i, 1)])
		b.WriteString(f.Path + ": " + f.Msg)
	}
	if len(e.Fields) > 0 {
		b.WriteByte(')')
	}
	// A cause that New already put into the message is not said twice.
	if e.Cause != nil && !strings.Contains(e.Msg, e.Cause.Error()) {
		b.WriteString(": " + e.Cause.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is a fault of the same kind and reason, so that errors.Is works with package variables.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Reason == e.Reason
}

// As returns the outermost fault in err's chain.
func As(err error) (*Error, bool) {
	var f *Error
	ok := errors.As(err, &f)
	return f, ok
}

// KindOf returns the kind of the outermost fault in err's chain, and Internal for any other error.
func KindOf(err error) Kind {
	if f, ok := As(err); ok {
		return f.Kind
	}
	return Internal
}

// ReasonOf returns the reason of the outermost fault in err's chain, and "" for any other error.
func ReasonOf(err error) string {
	if f, ok := As(err); ok {
		return f.Reason
	}
	return ""
}
