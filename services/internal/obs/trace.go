package obs

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// TraceParent returns the W3C traceparent of the span in ctx, or "" when ctx is not traced. Services put it into the
// events that they store, so that an event leads back to the call that made it.
func TraceParent(ctx context.Context) string {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return ""
	}
	flags := "00"
	if sc.IsSampled() {
		flags = "01"
	}
	return "00-" + sc.TraceID().String() + "-" + sc.SpanID().String() + "-" + flags
}
