package apicase

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// GRPC makes the call of a case over gRPC.
func GRPC(ctx context.Context, conn *grpc.ClientConn, c Case) (Outcome, error) {
	md, err := methodOf(c.RPC)
	if err != nil {
		return Outcome{}, err
	}
	in, err := newMessage(md.Input())
	if err != nil {
		return Outcome{}, err
	}
	out, err := newMessage(md.Output())
	if err != nil {
		return Outcome{}, err
	}
	body, err := json.Marshal(c.Request)
	if err != nil {
		return Outcome{}, err
	}
	if err := protojson.Unmarshal(body, in); err != nil {
		return Outcome{}, fmt.Errorf("request: %w", err)
	}
	for name, value := range c.Header {
		ctx = metadata.AppendToOutgoingContext(ctx, name, value)
	}
	call := invoke
	if md.IsStreamingClient() || md.IsStreamingServer() {
		call = firstMessage
	}
	if err := call(ctx, conn, "/"+c.RPC, in, out); err != nil {
		return failure(status.Convert(err)), nil
	}
	answer, err := toMap(out)
	return Outcome{Code: "OK", Answer: answer}, err
}

func invoke(ctx context.Context, conn *grpc.ClientConn, method string, in, out proto.Message) error {
	return conn.Invoke(ctx, method, in, out)
}

// firstMessage makes a call that streams, with one message, and reads one. A stream without any has the empty answer.
func firstMessage(ctx context.Context, conn *grpc.ClientConn, method string, in, out proto.Message) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method)
	if err != nil {
		return err
	}
	if err := s.SendMsg(in); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := s.CloseSend(); err != nil {
		return err
	}
	if err := s.RecvMsg(out); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// REST makes the call of a case over REST.
func REST(ctx context.Context, base string, c Case) (Outcome, error) {
	verb, path, ok := strings.Cut(c.REST, " ")
	if !ok {
		return Outcome{}, fmt.Errorf("no verb and path in %q", c.REST)
	}
	body, err := restBody(verb, c)
	if err != nil {
		return Outcome{}, err
	}
	req, err := http.NewRequestWithContext(ctx, verb, base+path, body)
	if err != nil {
		return Outcome{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		if c.ContentType != "" {
			req.Header.Set("Content-Type", c.ContentType)
		}
	}
	for name, value := range c.Header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { _ = res.Body.Close() }()
	streams, err := isStream(c.RPC)
	if err != nil {
		return Outcome{}, err
	}
	if streams && res.StatusCode == http.StatusOK {
		return firstLine(res)
	}
	content, err := io.ReadAll(res.Body)
	if err != nil {
		return Outcome{}, err
	}
	if res.StatusCode != http.StatusOK {
		return restFailure(res.StatusCode, content)
	}
	// Read as the message it is, so that both transports are compared alike and
	// a field that the contract does not have is an error.
	out, err := answerOf(c.RPC)
	if err != nil {
		return Outcome{}, err
	}
	if err := protojson.Unmarshal(content, out); err != nil {
		return Outcome{}, fmt.Errorf("answer: %w: %s", err, content)
	}
	answer, err := toMap(out)
	return Outcome{Code: "OK", HTTP: res.StatusCode, Answer: answer}, err
}

func isStream(rpc string) (bool, error) {
	if rpc == "" {
		return false, nil
	}
	md, err := methodOf(rpc)
	return err == nil && (md.IsStreamingClient() || md.IsStreamingServer()), err
}

// firstLine reads the first message of a stream, {"result": ...} or {"error": ...}; a stream without any is empty.
func firstLine(res *http.Response) (Outcome, error) {
	var line struct {
		Result map[string]any
		Error  json.RawMessage
	}
	if err := json.NewDecoder(res.Body).Decode(&line); err != nil && !errors.Is(err, io.EOF) {
		return Outcome{}, err
	}
	if line.Error != nil {
		return restFailure(res.StatusCode, line.Error)
	}
	return Outcome{Code: "OK", HTTP: res.StatusCode, Answer: line.Result}, nil
}

func restBody(verb string, c Case) (io.Reader, error) {
	switch body := c.Body.(type) {
	case string:
		return strings.NewReader(body), nil
	case nil:
		if verb != http.MethodPost && verb != http.MethodPatch {
			return nil, nil
		}
		content, err := json.Marshal(c.Request)
		return bytes.NewReader(content), err
	default:
		content, err := json.Marshal(body)
		return bytes.NewReader(content), err
	}
}

// restFailure reads the error body, which has the shape of google.rpc.Status.
func restFailure(httpStatus int, content []byte) (Outcome, error) {
	var body struct {
		Code    int
		Message string
		Details []struct {
			Type            string `json:"@type"`
			Reason, Domain  string
			Metadata        map[string]string
			FieldViolations []struct{ Field string }
		}
	}
	if err := json.Unmarshal(content, &body); err != nil {
		return Outcome{}, fmt.Errorf("error body of status %d: %w: %s", httpStatus, err, content)
	}
	o := Outcome{HTTP: httpStatus, Code: codeName(codes.Code(body.Code)), Message: body.Message}
	for _, d := range body.Details {
		if strings.HasSuffix(d.Type, "ErrorInfo") {
			o.Reason, o.Domain, o.Meta = d.Reason, d.Domain, d.Metadata
		}
		for _, v := range d.FieldViolations {
			o.Fields = append(o.Fields, v.Field)
		}
	}
	return o, nil
}

func failure(st *status.Status) Outcome {
	o := Outcome{Code: codeName(st.Code()), Message: st.Message()}
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			o.Reason, o.Domain, o.Meta = d.GetReason(), d.GetDomain(), d.GetMetadata()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				o.Fields = append(o.Fields, v.GetField())
			}
		}
	}
	return o
}

// methodOf finds a method by its full name, "package.Service/Method".
func methodOf(rpc string) (protoreflect.MethodDescriptor, error) {
	service, method, _ := strings.Cut(rpc, "/")
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		return nil, err
	}
	sd, ok := d.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no service", service)
	}
	md := sd.Methods().ByName(protoreflect.Name(method))
	if md == nil {
		return nil, fmt.Errorf("no method %s", rpc)
	}
	return md, nil
}

func answerOf(rpc string) (proto.Message, error) {
	md, err := methodOf(rpc)
	if err != nil {
		return nil, err
	}
	return newMessage(md.Output())
}

func newMessage(d protoreflect.MessageDescriptor) (proto.Message, error) {
	mt, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		return nil, err
	}
	return mt.New().Interface(), nil
}

func toMap(m proto.Message) (map[string]any, error) {
	content, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	err = json.Unmarshal(content, &out)
	return out, err
}

// codeName spells a code as the documentation does.
func codeName(c codes.Code) string {
	names := map[codes.Code]string{
		codes.OK: "OK", codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN",
		codes.InvalidArgument: "INVALID_ARGUMENT", codes.DeadlineExceeded: "DEADLINE_EXCEEDED",
		codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
		codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
		codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED",
		codes.OutOfRange: "OUT_OF_RANGE", codes.Unimplemented: "UNIMPLEMENTED",
		codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE",
		codes.DataLoss: "DATA_LOSS", codes.Unauthenticated: "UNAUTHENTICATED",
	}
	return names[c]
}
