package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/throughline-cx/throughline/services/client/internal/wire"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// Error is the error of every call that failed. Compare it by reason or code:
//
//	errors.Is(err, client.ReasonCaseNotFound)
//	errors.Is(err, client.CodeUnavailable)
//
// It also matches context.DeadlineExceeded and context.Canceled where these are why.
type Error struct {
	// Code is the class of the failure.
	Code Code
	// Reason says exactly what it was. A server newer than this package may give reasons that it has no constant for.
	Reason Reason
	// Message is for people who develop; it is not for customers.
	Message string
	// Metadata are facts about the failure, which docs/errors.md lists for each reason.
	Metadata map[string]string
	// Fields are the fields of the request that are wrong, by their names in the contract.
	Fields []FieldError
	// RequestID is the id under which the server's log has the call; empty when no server answered.
	RequestID string

	cause error
}

// FieldError is a field of a request that is wrong.
type FieldError struct {
	// The field's path in the contract: "facts[0].slot".
	Field string
	// What is wrong with it.
	Problem string
}

// Error returns the failure in a line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "throughline: %s: %s", e.Reason, e.Message)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Field, f.Problem)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// Is reports whether target is the error's Reason or Code.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case Reason:
		return e.Reason == t
	case Code:
		return e.Code == t
	default:
		return false
	}
}

// Unwrap returns the error below: the context's, or gRPC's status.
func (e *Error) Unwrap() error { return e.cause }

// Temporary reports whether the same call, with the same request id, may succeed later: the server could not be reached,
// was overloaded, or others kept changing the customer's history. Unavailable servers have been tried again already.
func (e *Error) Temporary() bool {
	return e.Code == CodeUnavailable || e.Reason == ReasonContention || e.Reason == ReasonOverloaded
}

// fromCall returns the error of a call.
func fromCall(err error, trailer metadata.MD) *Error {
	f := rpc.FromError(err)
	e := &Error{Code: codeOf(err), Reason: Reason(f.Reason), Message: f.Msg, Metadata: f.Meta, cause: err}
	for _, field := range f.Fields {
		e.Fields = append(e.Fields, FieldError{Field: field.Path, Problem: field.Msg})
	}
	if id := trailer.Get(rpc.RequestIDHeader); len(id) > 0 {
		e.RequestID = id[0]
	}
	switch e.Code {
	case CodeDeadlineExceeded:
		e.cause = errors.Join(context.DeadlineExceeded, err)
	case CodeCancelled:
		e.cause = errors.Join(context.Canceled, err)
	default:
	}
	return e
}

// unsendable returns the error of a request that the contract has no place for.
func unsendable(err error) *Error {
	e := &Error{Code: CodeInvalidArgument, Reason: fault.InvalidRequest, Message: "the request was not sent", cause: err}
	var w *wire.Error
	if errors.As(err, &w) {
		e.Fields = []FieldError{{Field: w.Field, Problem: w.Problem}}
	}
	return e
}

func codeOf(err error) Code {
	s, ok := status.FromError(err)
	if !ok {
		s = status.FromContextError(err)
	}
	if name, ok := codeNames[s.Code()]; ok {
		return name
	}
	return CodeUnknown
}

// Code is the class of a failure, one of gRPC's status codes.
type Code string

// Error makes a code an error to compare with.
func (c Code) Error() string { return "throughline: " + string(c) }

// The codes that the services give.
const (
	// The request is wrong and will stay wrong.
	CodeInvalidArgument Code = "INVALID_ARGUMENT"
	// What the request names does not exist.
	CodeNotFound Code = "NOT_FOUND"
	// It exists already, or the id was used for something else.
	CodeAlreadyExists Code = "ALREADY_EXISTS"
	// Something else was changed at the same time: read again and decide again.
	CodeAborted Code = "ABORTED"
	// The request is right, but not in the current state.
	CodeFailedPrecondition Code = "FAILED_PRECONDITION"
	// A limit is reached.
	CodeResourceExhausted Code = "RESOURCE_EXHAUSTED"
	// There is no credential, or one that does not hold.
	CodeUnauthenticated Code = "UNAUTHENTICATED"
	// The credential does not allow it.
	CodePermissionDenied Code = "PERMISSION_DENIED"
	// The server cannot be reached, or cannot reach another.
	CodeUnavailable Code = "UNAVAILABLE"
	// The deadline passed first. A write may have been done all the same.
	CodeDeadlineExceeded Code = "DEADLINE_EXCEEDED"
	// The call was given up by its context. A write may have been done all the same.
	CodeCancelled Code = "CANCELLED"
	// A defect of the server.
	CodeInternal Code = "INTERNAL"
	// The server does not have the method: it is older than this package.
	CodeUnimplemented Code = "UNIMPLEMENTED"
	// Anything else: not an answer of these services.
	CodeUnknown Code = "UNKNOWN"
)

var codeNames = map[codes.Code]Code{
	codes.InvalidArgument:    CodeInvalidArgument,
	codes.NotFound:           CodeNotFound,
	codes.AlreadyExists:      CodeAlreadyExists,
	codes.Aborted:            CodeAborted,
	codes.FailedPrecondition: CodeFailedPrecondition,
	codes.ResourceExhausted:  CodeResourceExhausted,
	codes.Unauthenticated:    CodeUnauthenticated,
	codes.PermissionDenied:   CodePermissionDenied,
	codes.Unavailable:        CodeUnavailable,
	codes.DeadlineExceeded:   CodeDeadlineExceeded,
	codes.Canceled:           CodeCancelled,
	codes.Internal:           CodeInternal,
	codes.Unimplemented:      CodeUnimplemented,
}
