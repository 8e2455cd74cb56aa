package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// WriteError answers with an error: a fault, a status, or anything else (which is masked).
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	writeStatus(w, errorStatus(r.Context(), err), 0)
}

// errorStatus returns the status that an error answers with. Whatever made it, it has an ErrorInfo.
func errorStatus(ctx context.Context, err error) *status.Status {
	// A call that the edge itself ended (while draining) failed for that reason, and not because its caller left.
	if f, ok := fault.As(context.Cause(ctx)); ok {
		return rpc.ToStatus(f, rpc.CommonDomain, obs.RequestID(ctx))
	}
	var httpErr *runtime.HTTPStatusError
	if errors.As(err, &httpErr) {
		err = httpErr.Err
	}
	if _, ok := fault.As(err); ok {
		return rpc.ToStatus(err, rpc.CommonDomain, obs.RequestID(ctx))
	}
	s, ok := status.FromError(err)
	if !ok {
		return rpc.ToStatus(err, rpc.CommonDomain, obs.RequestID(ctx))
	}
	if hasInfo(s) {
		return s
	}
	return explain(ctx, s)
}

// explain completes a status that the gateway's generated code or grpc-go made: those have no details, and the faults
// of our decoders have become text on the way ("UNKNOWN_FIELD: ...").
func explain(ctx context.Context, s *status.Status) *status.Status {
	switch s.Code() {
	case codes.InvalidArgument:
		text := strings.TrimPrefix(s.Message(), "Failed to decode request: ")
		for _, reason := range []string{fault.UnknownField, fault.InvalidJSON, fault.InvalidRequest} {
			if msg, ok := strings.CutPrefix(text, reason+": "); ok {
				return rpc.ToStatus(fault.New(fault.Invalid, reason, "%s", msg), rpc.CommonDomain, "")
			}
		}
		return rpc.ToStatus(fault.New(fault.Invalid, fault.InvalidRequest, "%s", text), rpc.CommonDomain, "")
	case codes.Unknown, codes.Internal, codes.DataLoss:
		return rpc.ToStatus(s.Err(), rpc.CommonDomain, obs.RequestID(ctx))
	case codes.Unavailable:
		// grpc-go's text names addresses inside.
		return rpc.ToStatus(fault.New(fault.Unavailable, fault.ServiceUnavailable, "the service cannot be reached; try again"),
			rpc.CommonDomain, "")
	case codes.DeadlineExceeded, codes.Canceled:
		return rpc.ToStatus(ended[s.Code()], rpc.CommonDomain, "")
	default:
		f := fault.New(rpc.KindOfCode(s.Code()), rpc.DefaultReason(s), "%s", s.Message())
		return rpc.ToStatus(f, rpc.CommonDomain, "")
	}
}

// ended is why grpc-go has ended a call here: said as servers say it, and not in its words.
var ended = map[codes.Code]error{codes.DeadlineExceeded: context.DeadlineExceeded, codes.Canceled: context.Canceled}

func hasInfo(s *status.Status) bool { return reasonOf(s) != "" }

func reasonOf(s *status.Status) string {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// httpStatus returns the HTTP status for a status.
func httpStatus(s *status.Status) int {
	switch reasonOf(s) {
	case fault.RequestTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.MethodNotFound:
		return http.StatusNotFound
	default:
		return runtime.HTTPStatusFromCode(s.Code())
	}
}

// writeStatus writes the error body. httpCode 0 means the one that goes with the status.
func writeStatus(w http.ResponseWriter, s *status.Status, httpCode int) {
	if httpCode == 0 {
		httpCode = httpStatus(s)
	}
	body, contentType := statusJSON(s), typeJSON
	if ew, ok := w.(*edgeWriter); ok {
		ew.reason = reasonOf(s)
		if ew.streamError(body) {
			return
		}
		if answer, its, ok := ew.form.instead(s); ok {
			httpCode, body, contentType = http.StatusOK, answer, its
		} else if ew.form.accept() == typeXML {
			body, contentType = statusXML(s, httpCode), contentXML
		}
	}
	h := w.Header()
	h.Del("Trailer")
	h.Del("Transfer-Encoding")
	h.Set("Content-Type", contentType)
	if httpCode == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if httpCode == http.StatusServiceUnavailable || httpCode == http.StatusTooManyRequests {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(httpCode)
	_, _ = w.Write(body) //nolint:gosec // JSON, with nosniff
}

func statusJSON(s *status.Status) []byte {
	b, err := protojson.Marshal(s.Proto())
	if err != nil {
		// A detail of a type that is not linked in here; the rest is still worth sending.
		p := s.Proto()
		p.Details = nil
		if b, err = protojson.Marshal(p); err != nil {
			return []byte(`{"code":13,"message":"the error cannot be shown"}`)
		}
	}
	return b
}

// errorHandler is the mux's handler for errors before the first answer.
func errorHandler(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	writeStatus(w, errorStatus(ctx, err), 0)
}

// streamWriter is the key under which the context of a stream has its edgeWriter.
type streamWriter struct{}

// streamErrorHandler is the mux's handler for errors that end a stream.
func streamErrorHandler(ctx context.Context, err error) *status.Status {
	s := errorStatus(ctx, err)
	if w, ok := ctx.Value(streamWriter{}).(*edgeWriter); ok {
		w.reason = reasonOf(s)
	}
	return s
}

// routingErrorHandler is the mux's handler for requests without a route.
func (e *edge) routingErrorHandler(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	switch code {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", strings.Join(e.routes.allowed(r.URL.Path), ", "))
		f := fault.New(fault.NotFound, fault.MethodNotFound, "this path does not take %s", methodName(r.Method))
		writeStatus(w, rpc.ToStatus(f, rpc.CommonDomain, ""), code)
	case http.StatusBadRequest:
		f := fault.New(fault.Invalid, fault.InvalidRequest, "the path is malformed")
		writeStatus(w, rpc.ToStatus(f, rpc.CommonDomain, ""), code)
	default:
		f := fault.New(fault.NotFound, fault.MethodNotFound, "there is nothing at this path; see /docs for what there is")
		writeStatus(w, rpc.ToStatus(f, rpc.CommonDomain, ""), http.StatusNotFound)
	}
}

// methodName keeps made-up methods out of answers and metrics.
func methodName(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return m
	default:
		return "_OTHER"
	}
}
