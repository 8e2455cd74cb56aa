package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/throughline-cx/throughline/services/e2e/bench/baseline"
	"github.com/throughline-cx/throughline/services/e2e/bench/workload"
)

// echo starts an echo with answers of that many bytes, and is the side that calls
// it: the client decodes a message with one bytes field.
func (e *env) echo(size int) (side, error) {
	return e.echoSide([]string{"--answer-bytes", fmt.Sprint(size)}, func() proto.Message { return &wrapperspb.BytesValue{} })
}

// messageEcho is an echo that gives this very answer, encoded beforehand; the
// client decodes it.
func (e *env) messageEcho(answer proto.Message) (side, error) {
	dir, err := e.folder()
	if err != nil {
		return nil, err
	}
	data, err := proto.Marshal(answer)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "answer.binpb")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return nil, err
	}
	return e.echoSide([]string{"--message", file}, func() proto.Message { return answer.ProtoReflect().New().Interface() })
}

func (e *env) echoSide(args []string, answer func() proto.Message) (side, error) {
	p, err := e.baseline(append([]string{baseline.EchoName}, args...)...)
	if err != nil {
		return nil, err
	}
	conns, err := e.dial(p.GRPC)
	if err != nil {
		return nil, err
	}
	// As long as the requests of the other side.
	request := &wrapperspb.BytesValue{Value: []byte(workload.Customer(1))}
	return calls(func(ctx context.Context, caller int) error {
		return conns[caller%connections].Invoke(ctx, baseline.EchoMethod, request, answer(), grpc.StaticMethod())
	}), nil
}
