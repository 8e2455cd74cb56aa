// Package obs is what can be seen of a running service: structured logs without personal data, traces and metrics.
package obs

import (
	"context"
	"io"
	"log/slog"
	"os"

	"go.opentelemetry.io/otel/trace"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// LogOptions configure a logger.
type LogOptions struct {
	// Level is debug, info, warn or error; default info.
	Level string
	// Format is text or json; default text.
	Format string
	// Out takes the lines; default os.Stderr.
	Out io.Writer
}

// NewLogger returns a logger whose lines carry the request id and the trace id of the context they are logged with.
func NewLogger(o LogOptions) (*slog.Logger, error) {
	var level slog.Level
	if o.Level != "" {
		if err := level.UnmarshalText([]byte(o.Level)); err != nil {
			return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "unknown log level %q: use debug, info, warn or error", o.Level)
		}
	}
	if o.Out == nil {
		o.Out = os.Stderr
	}
	opts := &slog.HandlerOptions{Level: level}
	switch o.Format {
	case "", "text":
		return slog.New(WithContext(slog.NewTextHandler(o.Out, opts))), nil
	case "json":
		return slog.New(WithContext(slog.NewJSONHandler(o.Out, opts))), nil
	default:
		return nil, fault.New(fault.Invalid, fault.ConfigInvalid, "unknown log format %q: use text or json", o.Format)
	}
}

// WithContext returns a handler that adds request_id, trace_id and span_id to each record.
func WithContext(next slog.Handler) slog.Handler { return contextHandler{next} }

type contextHandler struct{ next slog.Handler }

func (h contextHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return h.next.Enabled(ctx, l)
}

func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		r.AddAttrs(slog.String("trace_id", sc.TraceID().String()), slog.String("span_id", sc.SpanID().String()))
	}
	return h.next.Handle(ctx, r)
}

func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.next.WithAttrs(attrs)}
}

func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.next.WithGroup(name)}
}
