// Package baseline holds the systems that the bench compares with. Each runs in
// a process of its own: the bench starts itself again under the name of one.
package baseline

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Names of the subcommands, as the bench is called with them.
const (
	EchoName = "baseline-echo"
	BoltName = "baseline-bbolt"
)

// EchoMethod is the echo's one method.
const EchoMethod = "/throughline.bench.Echo/Call"

// Echo serves a bare gRPC method until the process is killed. It has grpc-go's
// defaults and no interceptor, looks nothing up and always gives the same answer:
// the most that a service of that answer size could do here.
//
// The answer is a message of one bytes field, or, with --message, an encoded
// message of any type that the server sends as it is and the client decodes.
func Echo(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet(EchoName, flag.ContinueOnError)
	size := flags.Int("answer-bytes", 0, "size of the encoded answer")
	message := flags.String("message", "", "file with an encoded message to answer with")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var answer proto.Message = BytesAnswer(*size)
	if *message != "" {
		data, err := os.ReadFile(*message)
		if err != nil {
			return err
		}
		answer = Encoded(data)
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := grpc.NewServer()
	srv.RegisterService(&grpc.ServiceDesc{
		ServiceName: "throughline.bench.Echo",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Call", Handler: echoHandler(answer)}},
	}, nil)
	if _, err := fmt.Fprintf(stdout, "ready grpc=%s\n", lis.Addr()); err != nil {
		return err
	}
	return srv.Serve(lis)
}

// echoHandler decodes the request, as generated code does, and answers.
func echoHandler(answer proto.Message) grpc.MethodHandler {
	return func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		if err := decode(&wrapperspb.BytesValue{}); err != nil {
			return nil, err
		}
		return answer, nil
	}
}

// BytesAnswer makes a message of one bytes field whose encoding has that many
// bytes, or the next possible number above.
func BytesAnswer(size int) *wrapperspb.BytesValue {
	m := &wrapperspb.BytesValue{Value: make([]byte, max(size, 0))}
	for len(m.Value) > 0 && proto.Size(m) > size {
		m.Value = m.Value[1:]
	}
	return m
}

// Encoded makes a message of no type whose encoding is data: encoding it is a
// copy.
func Encoded(data []byte) proto.Message {
	m := &emptypb.Empty{}
	m.ProtoReflect().SetUnknown(data)
	return m
}
