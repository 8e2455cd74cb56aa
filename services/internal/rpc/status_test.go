package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// answer is what a caller can see of an error.
type answer struct {
	Code           codes.Code
	Reason, Domain string
	Msg            string
	Meta           map[string]string
	Fields         []string
}

func seen(err error) answer {
	s := status.Convert(err)
	a := answer{Code: s.Code(), Msg: s.Message()}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			a.Reason, a.Domain, a.Meta = d.GetReason(), d.GetDomain(), d.GetMetadata()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				a.Fields = append(a.Fields, v.GetField()+": "+v.GetDescription())
			}
		}
	}
	return a
}

func TestErrorsOverTheWire(t *testing.T) {
	const masked = "internal error; the log has it under the correlation id req-1"
	corr := map[string]string{rpc.CorrelationKey: "req-1"}
	type tc struct {
		err  error
		want answer
	}
	cases := map[string]tc{
		"facts and fields": {
			fault.New(fault.Invalid, fault.InvalidRequest, "no").With("limit", "5").WithField("a.b", "too long").WithField("c", "missing"),
			answer{
				Code: codes.InvalidArgument, Reason: "INVALID_REQUEST", Domain: "throughline", Msg: "no",
				Meta: map[string]string{"limit": "5"}, Fields: []string{"a.b: too long", "c: missing"},
			},
		},
		"wrapped fault": {
			fmt.Errorf("store: %w", fault.New(fault.NotFound, "X_NOT_FOUND", "no x").WithCause(errors.New("secret"))),
			answer{Code: codes.NotFound, Reason: "X_NOT_FOUND", Domain: "test.throughline", Msg: "no x"},
		},
		"another service's fault": {
			&fault.Error{Kind: fault.Conflict, Reason: "REVISION_MISMATCH", Domain: "other.throughline", Msg: "again"},
			answer{Code: codes.Aborted, Reason: "REVISION_MISMATCH", Domain: "other.throughline", Msg: "again"},
		},
		"no reason": {
			fault.New(fault.Exhausted, "", "full"),
			answer{Code: codes.ResourceExhausted, Reason: "OVERLOADED", Domain: "throughline", Msg: "full"},
		},
		"method not found": {
			fault.New(fault.NotFound, fault.MethodNotFound, "none"),
			answer{Code: codes.Unimplemented, Reason: "METHOD_NOT_FOUND", Domain: "throughline", Msg: "none"},
		},
		"internal fault keeps its reason only": {
			fault.New(fault.Internal, fault.StoreDamaged, "file /secret").With("path", "/secret").WithField("x", "secret"),
			answer{Code: codes.Internal, Reason: "STORE_DAMAGED", Domain: "throughline", Msg: masked, Meta: corr},
		},
		"plain error": {
			errors.New("secret"),
			answer{Code: codes.Internal, Reason: "INTERNAL", Domain: "throughline", Msg: masked, Meta: corr},
		},
		"status of a handler": {
			status.Error(codes.DataLoss, "secret"),
			answer{Code: codes.Internal, Reason: "INTERNAL", Domain: "throughline", Msg: masked, Meta: corr},
		},
		"deadline": {
			fmt.Errorf("read: %w", context.DeadlineExceeded),
			answer{Code: codes.DeadlineExceeded, Reason: "DEADLINE_EXCEEDED", Domain: "throughline", Msg: "the deadline passed before the work was done"},
		},
		"canceled": {
			fmt.Errorf("read: %w", context.Canceled),
			answer{Code: codes.Canceled, Reason: "CANCELLED", Domain: "throughline", Msg: "the caller went away"},
		},
		"transport gone": {
			status.Error(codes.Unavailable, "transport is closing"),
			answer{Code: codes.Unavailable, Reason: "UNAVAILABLE", Domain: "throughline", Msg: "the call ended early: transport is closing"},
		},
		"message too large": {
			status.Error(codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)"),
			answer{Code: codes.ResourceExhausted, Reason: "REQUEST_TOO_LARGE", Domain: "throughline", Msg: "the message is larger than this server takes"},
		},
	}
	for kind, code := range map[fault.Kind]codes.Code{
		fault.Invalid: codes.InvalidArgument, fault.NotFound: codes.NotFound, fault.Exists: codes.AlreadyExists,
		fault.Conflict: codes.Aborted, fault.Precondition: codes.FailedPrecondition, fault.Exhausted: codes.ResourceExhausted,
		fault.Unauthenticated: codes.Unauthenticated, fault.Denied: codes.PermissionDenied, fault.Unavailable: codes.Unavailable,
		fault.Timeout: codes.DeadlineExceeded, fault.Canceled: codes.Canceled,
	} {
		cases["kind "+kind.String()] = tc{
			fault.New(kind, "SOME_REASON", "text"),
			answer{Code: code, Reason: "SOME_REASON", Domain: "test.throughline", Msg: "text"},
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client := serve(t, rpc.Options{}, failing(c.err))
			ctx := metadata.AppendToOutgoingContext(context.Background(), rpc.RequestIDHeader, "req-1")
			_, err := client.UnaryCall(ctx, &testpb.SimpleRequest{})
			if diff := cmp.Diff(c.want, seen(err)); diff != "" {
				t.Errorf("unary (-want +got):\n%s", diff)
			}
			s, err := client.StreamingOutputCall(ctx, &testpb.StreamingOutputCallRequest{})
			if err == nil {
				_, err = s.Recv()
			}
			if diff := cmp.Diff(c.want, seen(err)); diff != "" {
				t.Errorf("stream (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryKindHasACode(t *testing.T) {
	for _, k := range fault.Kinds() {
		if c := rpc.Code(k); c == codes.OK || rpc.KindOfCode(c) != k {
			t.Errorf("%s: code %s, back %s", k, c, rpc.KindOfCode(c))
		}
	}
}

func TestMaskedErrorsAreLogged(t *testing.T) {
	var log testkit.Buffer
	client := serve(t, rpc.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, &fake{
		unary: func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) { panic("the reason why") },
		stream: func(grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error {
			return errors.New("the cause")
		},
	})
	_, err := client.UnaryCall(context.Background(), &testpb.SimpleRequest{})
	if a := seen(err); a.Reason != "INTERNAL" || strings.Contains(a.Msg, "why") || a.Meta[rpc.CorrelationKey] == "" {
		t.Errorf("panic: %+v", a)
	}
	s, err := client.StreamingOutputCall(context.Background(), &testpb.StreamingOutputCallRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recv(); seen(err).Reason != "INTERNAL" {
		t.Errorf("stream: %v", err)
	}
	for _, want := range []string{"the reason why", "main_test.go", "the cause", "level=ERROR"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}

func TestUnknownMethod(t *testing.T) {
	conn := testkit.Serve(t, rpc.Options{}, func(r grpc.ServiceRegistrar) {
		testpb.RegisterTestServiceServer(r, &fake{})
	})
	want := answer{Code: codes.Unimplemented, Reason: "METHOD_NOT_FOUND", Domain: "throughline", Msg: "there is no such method on this server"}
	for _, method := range []string{"/no.Such/Method", "/grpc.testing.TestService/None", "/grpc.testing.TestService/EmptyCall"} {
		err := conn.Invoke(context.Background(), method, &testpb.Empty{}, &testpb.Empty{})
		if diff := cmp.Diff(want, seen(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", method, diff)
		}
	}
}

func TestFromError(t *testing.T) {
	orig := fault.New(fault.Conflict, "REVISION_MISMATCH", "again").With("current", "7").WithField("expected", "is 5")
	got := rpc.FromError(rpc.ToStatus(orig, "log.throughline", "id").Err())
	want := &fault.Error{
		Kind: fault.Conflict, Reason: "REVISION_MISMATCH", Domain: "log.throughline", Msg: "again",
		Meta: map[string]string{"current": "7"}, Fields: []fault.Field{{Path: "expected", Msg: "is 5"}},
	}
	got.Cause = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
	if rpc.FromError(nil) != nil {
		t.Error("nil is no fault")
	}
	if f := rpc.FromError(orig); f != orig {
		t.Error("a fault stays itself")
	}
	for err, kind := range map[error]fault.Kind{
		status.Error(codes.Unavailable, "connection refused"): fault.Unavailable,
		status.Error(codes.Unimplemented, "no"):               fault.NotFound,
		status.Error(codes.Unknown, "no"):                     fault.Internal,
		context.DeadlineExceeded:                              fault.Timeout,
		context.Canceled:                                      fault.Canceled,
		errors.New("x"):                                       fault.Internal,
	} {
		if f := rpc.FromError(err); f.Kind != kind || f.Reason == "" {
			t.Errorf("%v: got %s %q, want %s", err, f.Kind, f.Reason, kind)
		}
	}
}
