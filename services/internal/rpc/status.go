package rpc

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// CorrelationKey is the ErrorInfo metadata key under which a masked error gives its correlation id.
const CorrelationKey = "correlation_id"

var kindCodes = map[fault.Kind]codes.Code{
	fault.Internal:        codes.Internal,
	fault.Invalid:         codes.InvalidArgument,
	fault.NotFound:        codes.NotFound,
	fault.Exists:          codes.AlreadyExists,
	fault.Conflict:        codes.Aborted,
	fault.Precondition:    codes.FailedPrecondition,
	fault.Exhausted:       codes.ResourceExhausted,
	fault.Unauthenticated: codes.Unauthenticated,
	fault.Denied:          codes.PermissionDenied,
	fault.Unavailable:     codes.Unavailable,
	fault.Timeout:         codes.DeadlineExceeded,
	fault.Canceled:        codes.Canceled,
}

// defaultReasons name the kinds for faults and statuses that came without a reason.
var defaultReasons = map[codes.Code]string{
	codes.InvalidArgument:    fault.InvalidRequest,
	codes.OutOfRange:         fault.InvalidRequest,
	codes.FailedPrecondition: fault.InvalidRequest,
	codes.ResourceExhausted:  fault.Overloaded,
	codes.Unauthenticated:    fault.NotAuthenticated,
	codes.PermissionDenied:   fault.PermissionDenied,
	codes.Unavailable:        fault.ServiceUnavailable,
	codes.DeadlineExceeded:   fault.DeadlineExceeded,
	codes.Canceled:           fault.Cancelled,
	codes.Unimplemented:      fault.MethodNotFound,
}

// Code returns the status code of a kind.
func Code(k fault.Kind) codes.Code { return kindCodes[k] }

// KindOfCode returns the kind that a status code stands for.
func KindOfCode(c codes.Code) fault.Kind {
	switch c {
	case codes.OutOfRange:
		return fault.Invalid
	case codes.Unimplemented:
		return fault.NotFound
	default:
	}
	for k, have := range kindCodes {
		if have == c {
			return k
		}
	}
	return fault.Internal
}

// DefaultReason returns the shared reason for a status that came with none, for example one made by grpc-go itself.
func DefaultReason(s *status.Status) string {
	if s.Code() == codes.ResourceExhausted && strings.Contains(s.Message(), "larger than max") {
		return fault.RequestTooLarge
	}
	if r, ok := defaultReasons[s.Code()]; ok {
		return r
	}
	return fault.InternalError
}

// classify finds the fault in an error. An error that no one has classified is ours to mend, so it is Internal; but
// context errors, and the statuses that grpc-go gives a handler whose caller left or sent too much, are not.
func classify(err error) *fault.Error {
	if f, ok := fault.As(err); ok {
		return f
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Timeout, fault.DeadlineExceeded, "the deadline passed before the work was done").WithCause(err)
	case errors.Is(err, context.Canceled):
		return fault.New(fault.Canceled, fault.Cancelled, "the caller went away").WithCause(err)
	}
	if s, ok := status.FromError(err); ok {
		reason := DefaultReason(s)
		switch {
		case s.Code() == codes.Unimplemented:
			return fault.New(fault.NotFound, fault.MethodNotFound, "there is no such method on this server").WithCause(err)
		case reason == fault.RequestTooLarge:
			return fault.New(fault.Exhausted, reason, "the message is larger than this server takes").WithCause(err)
		case s.Code() == codes.Canceled, s.Code() == codes.DeadlineExceeded, s.Code() == codes.Unavailable:
			return fault.New(KindOfCode(s.Code()), reason, "the call ended early: %s", s.Message()).WithCause(err)
		}
	}
	return fault.New(fault.Internal, fault.InternalError, "unclassified error").WithCause(err)
}

// ToStatus returns the status for an error as the server would answer it. domain is the service's own ErrorInfo domain.
func ToStatus(err error, domain, correlationID string) *status.Status {
	if err == nil {
		return status.New(codes.OK, "")
	}
	return toStatus(classify(err), domain, correlationID)
}

func toStatus(f *fault.Error, domain, correlationID string) *status.Status {
	info := &errdetails.ErrorInfo{Reason: f.Reason, Domain: domainOf(f, domain), Metadata: f.Meta}
	if f.Kind == fault.Internal {
		// The reason is a documented enum value and tells nothing more; message, facts and fields may.
		if info.Reason == "" {
			info.Reason, info.Domain = fault.InternalError, CommonDomain
		}
		info.Metadata = map[string]string{CorrelationKey: correlationID}
		return withDetails(
			status.New(codes.Internal, "internal error; the log has it under the correlation id "+correlationID), info)
	}
	code := kindCodes[f.Kind]
	if f.Reason == fault.MethodNotFound {
		code = codes.Unimplemented
	}
	s := status.New(code, f.Msg)
	if info.Reason == "" {
		info.Reason, info.Domain = DefaultReason(s), CommonDomain
	}
	if len(f.Fields) == 0 {
		return withDetails(s, info)
	}
	bad := &errdetails.BadRequest{}
	for _, v := range f.Fields {
		bad.FieldViolations = append(bad.FieldViolations,
			&errdetails.BadRequest_FieldViolation{Field: v.Path, Description: v.Msg})
	}
	return withDetails(s, info, bad)
}

func withDetails(s *status.Status, details ...protoadapt.MessageV1) *status.Status {
	if full, err := s.WithDetails(details...); err == nil {
		return full
	}
	// Details that do not marshal (invalid UTF-8 in a message) must not hide the error itself.
	return s
}

func domainOf(f *fault.Error, own string) string {
	switch {
	case f.Domain != "":
		return f.Domain
	case slices.Contains(commonReasons, f.Reason):
		return CommonDomain
	default:
		return own
	}
}

var commonReasons = fault.CommonReasons()

// FromError returns a call's error as a fault, with its reason, facts and field violations, so that a service can act
// on another one's answer or hand it on. It returns nil for nil, and a fault as it is.
func FromError(err error) *fault.Error {
	if err == nil {
		return nil
	}
	if f, ok := fault.As(err); ok {
		return f
	}
	s := status.Convert(status.FromContextError(contextCause(err)).Err())
	if st, ok := status.FromError(err); ok {
		s = st
	}
	f := &fault.Error{Kind: KindOfCode(s.Code()), Msg: s.Message(), Cause: err}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			f.Reason, f.Domain, f.Meta = d.GetReason(), d.GetDomain(), maps.Clone(d.GetMetadata())
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				f.Fields = append(f.Fields, fault.Field{Path: v.GetField(), Msg: v.GetDescription()})
			}
		}
	}
	if f.Reason == "" {
		f.Reason, f.Domain = DefaultReason(s), CommonDomain
	}
	return f
}

// contextCause returns the context error in err's chain, or err.
func contextCause(err error) error {
	for _, c := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, c) {
			return c
		}
	}
	return err
}

// reasonOf returns the reason in a status error, for logs.
func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
