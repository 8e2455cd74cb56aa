package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

const scope = "github.com/throughline-cx/throughline/services/internal/rest"

var traceContext propagation.TraceContext

// crossOrigin tells the requests that a browser sends for a page of another origin. It sends a POST without a body, or with
// one that it takes for a form, without asking first.
var crossOrigin = http.NewCrossOriginProtection()

// edge is the handler in front of everything: it names, bounds, watches and protects each request.
type edge struct {
	o        Options
	routes   routeTable
	json     *jsonMarshaler
	api      *runtime.ServeMux
	pages    *http.ServeMux
	tracer   trace.Tracer
	duration metric.Float64Histogram
	draining context.Context //nolint:containedctx // it lives as long as the server
}

// ServeHTTP answers one request.
func (e *edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	id := obs.AcceptRequestID(r.Header.Get(rpc.RequestIDHeader))
	rt := e.routes.find(r.Method, r.URL.EscapedPath())
	label := e.label(r, rt)

	ctx := obs.WithRequestID(r.Context(), id)
	ctx = traceContext.Extract(ctx, propagation.HeaderCarrier(r.Header))
	ctx, span := e.tracer.Start(ctx, methodName(r.Method)+" "+label, trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()

	ew := &edgeWriter{ResponseWriter: w, control: http.NewResponseController(w)}
	setHeaders(w.Header(), id)
	r = r.WithContext(ctx)
	ew.form = e.form(r, rt)
	func() {
		defer e.catch(ew, r)
		if err := e.serve(ew, r, rt); err != nil {
			e.refuse(ew, r, err)
		}
	}()
	if ew.code >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, ew.reason)
	}
	e.record(ctx, r, label, ew, time.Since(start))
}

// serve checks a request and hands it on. An error means that it was refused and nothing was written.
func (e *edge) serve(w *edgeWriter, r *http.Request, rt *route) error {
	if e.o.LocalOnly && !isLoopbackHost(r.Host) {
		return fault.New(fault.Denied, fault.PermissionDenied,
			"this server has no credentials configured and answers only to localhost; the Host header names another one")
	}
	if e.o.LocalOnly && crossOrigin.Check(r) != nil {
		return fault.New(fault.Denied, fault.PermissionDenied,
			"this server has no credentials configured and takes no changes from web pages of other origins")
	}
	if _, pattern := e.pages.Handler(r); pattern != "" {
		return e.servePage(w, r)
	}
	body, err := e.readBody(w, r)
	if err != nil {
		return err
	}
	if rt == nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		e.api.ServeHTTP(w, r)
		return nil
	}
	if w.form != nil && w.form.wrong != nil {
		return w.form.wrong
	}
	if err := e.checkCall(r, rt, body); err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	events := rt.serverStream && acceptsEvents(r)
	r.Header.Set("Accept", w.form.accept()) // the gateway goes by exact names
	if rt.streams() {
		e.serveStream(w, r, rt, body, events)
		return nil
	}
	limit := w.form.limit(e.o.Timeout)
	if r.Header.Get("Grpc-Timeout") != "" {
		limit = e.o.MaxTimeout
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	e.api.ServeHTTP(w, r.WithContext(ctx))
	return nil
}

// servePage serves what is not the API: pages, health, metrics and the handlers of Options.Extra.
func (e *edge) servePage(w *edgeWriter, r *http.Request) error {
	body, err := e.readBody(w, r)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	ctx, cancel := context.WithTimeout(r.Context(), e.o.Timeout)
	defer cancel()
	e.pages.ServeHTTP(w, r.WithContext(ctx))
	return nil
}

// serveStream serves a call whose answer streams. Draining ends it.
func (e *edge) serveStream(w *edgeWriter, r *http.Request, rt *route, body []byte, events bool) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	defer context.AfterFunc(e.draining, func() { cancel(rpc.DrainingFault()) })()
	w.stream = true
	ctx = context.WithValue(ctx, streamWriter{}, w)
	if rt.clientStream {
		r.Body = &streamBody{bytes.NewReader(body)}
	}
	if events {
		resumeEvents(r, rt)
		w.sse = true
		r.Header.Set("Accept", typeSSE)
		w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
		defer w.heartbeat(e.o.Heartbeat)()
	}
	e.api.ServeHTTP(w, r.WithContext(ctx))
}

// resumeEvents makes a resume token of the Last-Event-ID that a browser sends when it connects again. A token in the query
// is the one of the first connection, and older.
func resumeEvents(r *http.Request, rt *route) {
	id := r.Header.Get("Last-Event-ID")
	f := rt.input.Fields().ByName(resumeField)
	if id == "" || f == nil || rt.wholeBody {
		return
	}
	q := r.URL.Query()
	q.Del(f.JSONName())
	q.Set(resumeField, id)
	r.URL.RawQuery = q.Encode()
}

// readBody reads the body into memory, within the limit.
func (e *edge) readBody(w *edgeWriter, r *http.Request) ([]byte, error) {
	tooLarge := fault.New(fault.Exhausted, fault.RequestTooLarge, "the body is larger than %d bytes", e.o.MaxBodyBytes)
	if r.ContentLength > e.o.MaxBodyBytes {
		w.Header().Set("Connection", "close")
		return nil, tooLarge
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	_ = w.control.SetReadDeadline(time.Now().Add(e.o.Timeout))
	body, err := io.ReadAll(http.MaxBytesReader(w.ResponseWriter, r.Body, e.o.MaxBodyBytes))
	_ = w.control.SetReadDeadline(time.Time{})
	var limit *http.MaxBytesError
	switch {
	case errors.As(err, &limit):
		return nil, tooLarge
	case err != nil:
		return nil, fault.New(fault.Invalid, fault.InvalidRequest, "the body ended early").WithCause(err)
	}
	return body, nil
}

// checkCall refuses what the generated code would let pass.
func (e *edge) checkCall(r *http.Request, rt *route, body []byte) error {
	if rt.wholeBody && r.URL.RawQuery != "" {
		return fault.New(fault.Invalid, fault.UnknownField, "this call takes no query parameters; put the fields into the body")
	}
	if len(body) > 0 {
		if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || !isJSONType(t) {
			return errMediaType
		}
	}
	if rt.clientStream {
		return e.checkMessages(rt, body)
	}
	return nil
}

// checkMessages decodes all messages of a call that takes many. The generated code would send those before a mistake
// and say nothing of the rest; this way nothing is sent.
func (e *edge) checkMessages(rt *route, body []byte) error {
	t, err := protoregistry.GlobalTypes.FindMessageByName(rt.input.FullName())
	if err != nil {
		return fmt.Errorf("message %s: %w", rt.input.FullName(), err)
	}
	dec := e.json.NewDecoder(&streamBody{bytes.NewReader(body)})
	for i := 0; ; i++ {
		err := dec.Decode(t.New().Interface())
		if errors.Is(err, io.EOF) {
			return nil
		}
		if f, ok := fault.As(err); ok {
			return fault.New(f.Kind, f.Reason, "message %d: %s", i, f.Msg)
		}
		if err != nil {
			return err
		}
	}
}

var errMediaType error = fault.New(fault.Invalid, fault.InvalidJSON, "the body must be JSON: send Content-Type: application/json")

// refuse answers a request that went no further than the edge.
func (e *edge) refuse(w *edgeWriter, r *http.Request, err error) {
	if err == errMediaType { //nolint:errorlint // errors.Is goes by kind and reason; this is about the very value
		writeStatus(w, errorStatus(r.Context(), err), http.StatusUnsupportedMediaType)
		return
	}
	WriteError(w, r, err)
}

// catch answers a panic like any other mistake of ours.
func (e *edge) catch(w *edgeWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	e.o.Logger.LogAttrs(r.Context(), slog.LevelError, "panic", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
	WriteError(w, r, fault.New(fault.Internal, fault.InternalError, "panic"))
}

// record writes the access log and the metrics.
func (e *edge) record(ctx context.Context, r *http.Request, label string, w *edgeWriter, took time.Duration) {
	code := w.code
	if code == 0 {
		code = http.StatusOK
	}
	e.duration.Record(ctx, took.Seconds(), metric.WithAttributeSet(attribute.NewSet(
		attribute.String("http.request.method", methodName(r.Method)),
		attribute.String("http.route", label),
		attribute.Int("http.response.status_code", code),
	)))
	level := slog.LevelDebug
	switch {
	case code == http.StatusInternalServerError:
		level = slog.LevelError
	case code > http.StatusInternalServerError:
		level = slog.LevelWarn
	case code >= http.StatusBadRequest:
		level = slog.LevelInfo
	}
	if !e.o.Logger.Enabled(ctx, level) {
		return
	}
	// The path itself has ids of people in it; the route does not.
	e.o.Logger.LogAttrs(ctx, level, "request", slog.String("method", methodName(r.Method)), slog.String("route", label),
		slog.Int("status", code), slog.String("reason", w.reason), slog.Duration("took", took))
}

func (e *edge) label(r *http.Request, rt *route) string {
	if rt != nil {
		return rt.template
	}
	if _, pattern := e.pages.Handler(r); pattern != "" {
		return pattern
	}
	return "_other"
}

// setHeaders sets the headers of every answer. Answers hold personal data, so nothing may keep them.
func setHeaders(h http.Header, id string) {
	h.Set(rpc.RequestIDHeader, id)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}

func acceptsEvents(r *http.Request) bool {
	for _, v := range r.Header.Values("Accept") {
		if strings.Contains(v, typeSSE) {
			return true
		}
	}
	return false
}

func isJSONType(t string) bool {
	return t == typeJSON || t == typeLines || strings.HasSuffix(t, "+json")
}

func isLoopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
