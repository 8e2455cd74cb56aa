package rpc

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"buf.build/go/protovalidate"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/obs"
)

// RequestIDHeader carries the request id, in requests and in answers.
const RequestIDHeader = "x-request-id"

var traceContext propagation.TraceContext

// requestID takes the caller's request id and trace context, or makes an id. A success whose caller sent an id has it in
// the header; nobody looks for the id of one that he did not name, and a header that differs in every answer is the
// dearest part of a small one. A failure always has it, in the trailer: a client retries only what came without a header.
func requestID() step {
	return step{
		name: "request-id",
		enter: func(ctx context.Context, c *call) (context.Context, error) {
			given := first(ctx, RequestIDHeader)
			c.named = given != ""
			ctx = obs.WithRequestID(ctx, obs.AcceptRequestID(given))
			// With tracing on, the stats handler has put a span here already.
			if parent := first(ctx, "traceparent"); parent != "" && !trace.SpanContextFromContext(ctx).IsValid() {
				ctx = traceContext.Extract(ctx, propagation.MapCarrier{
					"traceparent": parent, "tracestate": first(ctx, "tracestate"),
				})
			}
			return ctx, nil
		},
		leave: func(ctx context.Context, c *call, err error) error {
			// The setters fail only when the status is out already, which is then too late for everything.
			switch {
			case err != nil || c.named && c.stream:
				_ = grpc.SetTrailer(ctx, metadata.MD{RequestIDHeader: []string{obs.RequestID(ctx)}})
			case c.named:
				_ = grpc.SetHeader(ctx, metadata.MD{RequestIDHeader: []string{obs.RequestID(ctx)}})
			}
			return err
		},
	}
}

// first returns the first value of a header of the call, without copying all of them.
func first(ctx context.Context, header string) string {
	if v := metadata.ValueFromIncomingContext(ctx, header); len(v) > 0 {
		return v[0]
	}
	return ""
}

// accessLog writes one line for a call: failures of ours as errors, refusals as information, successes for debugging
// only. A level that is off costs one comparison.
func accessLog(log *slog.Logger, slow time.Duration) step {
	// Each kind has its own bound: whoever needs no credential to be refused must not hide what those with one try.
	audits := map[codes.Code]*audit{codes.Unauthenticated: {}, codes.PermissionDenied: {}}
	return step{name: "access-log", leave: func(ctx context.Context, c *call, err error) error {
		took := time.Since(c.start)
		code := status.Code(err)
		level := logLevel(code)
		if level == slog.LevelDebug && !c.stream && took >= slow {
			level = slog.LevelWarn
		}
		reason := reasonOf(err)
		if code == codes.Canceled && c.stream {
			level = slog.LevelDebug // that its reader leaves is how a stream ends
		}
		if reason == fault.ServerDraining {
			level = slog.LevelInfo // every shutdown with open streams says so
		}
		denied := audits[code]
		if !log.Enabled(ctx, level) || denied != nil && !denied.allow(c.start) {
			return err
		}
		attrs := []slog.Attr{
			slog.String("method", c.method.name),
			slog.String("code", code.String()),
			slog.Duration("took", took),
		}
		if reason != "" {
			attrs = append(attrs, slog.String("reason", reason))
		}
		if denied != nil {
			attrs = denied.describe(attrs, c)
		}
		log.LogAttrs(ctx, level, "call", attrs...)
		return err
	}}
}

func logLevel(code codes.Code) slog.Level {
	switch code {
	case codes.OK:
		return slog.LevelDebug
	case codes.Unknown, codes.Internal, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded, codes.PermissionDenied:
		return slog.LevelWarn
	case codes.Canceled, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists,
		codes.ResourceExhausted, codes.FailedPrecondition, codes.Aborted, codes.OutOfRange, codes.Unimplemented,
		codes.Unauthenticated:
		return slog.LevelInfo
	default:
		return slog.LevelError
	}
}

// faultStatus is the one place where an error becomes a status. What is masked is logged here with its cause, under
// the correlation id that the caller gets.
func faultStatus(log *slog.Logger, domain string, draining <-chan struct{}) step {
	return step{name: "fault-status", leave: func(ctx context.Context, _ *call, err error) error {
		if err == nil {
			return nil
		}
		f := classify(err)
		if f.Kind == fault.Canceled && isClosed(draining) {
			f = DrainingFault().WithCause(err)
		}
		if f.Kind == fault.Internal {
			logMasked(ctx, log, f)
		}
		return toStatus(f, domain, obs.RequestID(ctx)).Err()
	}}
}

func logMasked(ctx context.Context, log *slog.Logger, f *fault.Error) {
	attrs := []slog.Attr{slog.String("error", f.Error())}
	var p *panicError
	if errors.As(f, &p) {
		attrs = append(attrs, slog.Any("panic", p.value), slog.String("stack", string(p.stack)))
	}
	log.LogAttrs(ctx, slog.LevelError, "internal error", attrs...)
}

// deadline gives a unary call without a deadline the default one and caps the rest, so that no caller can hold a
// handler for ever. Streams live as long as their caller wants.
func deadline(def, limit time.Duration) step {
	return step{
		name: "deadline",
		enter: func(ctx context.Context, c *call) (context.Context, error) {
			if c.stream {
				return ctx, nil
			}
			wait := def
			if at, ok := ctx.Deadline(); ok {
				if at.Sub(c.start) <= limit {
					return ctx, nil
				}
				wait = limit
			}
			ctx, c.cancel = context.WithDeadline(ctx, c.start.Add(wait))
			return ctx, nil
		},
		leave: func(_ context.Context, c *call, err error) error {
			if c.cancel != nil {
				c.cancel()
			}
			return err
		},
	}
}

// validate checks each received message against the rules in its .proto.
func validate(v protovalidate.Validator) step {
	return step{name: "validate", message: func(_ *call, msg any) error {
		m, ok := msg.(proto.Message)
		if !ok {
			return nil
		}
		err := v.Validate(m)
		if err == nil {
			return nil
		}
		var bad *protovalidate.ValidationError
		if !errors.As(err, &bad) {
			return fault.New(fault.Internal, fault.InternalError, "the rules of %s do not compile: %w",
				m.ProtoReflect().Descriptor().FullName(), err)
		}
		return violations(bad)
	}}
}

func violations(bad *protovalidate.ValidationError) error {
	f := fault.New(fault.Invalid, fault.InvalidRequest, "the request breaks the rules of its fields")
	f.Fields = ViolatedFields(bad)
	return f
}

// ViolatedFields lists the fields that break the contract's rules.
func ViolatedFields(bad *protovalidate.ValidationError) []fault.Field {
	fields := make([]fault.Field, 0, len(bad.Violations))
	for _, v := range bad.Violations {
		fields = append(fields, fault.Field{
			Path: protovalidate.FieldPathString(v.Proto.GetField()),
			Msg:  v.Proto.GetMessage(),
		})
	}
	return fields
}
