package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"strconv"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/e2e/bench/baseline"
)

type srv struct {
	contextv1.UnimplementedContextServiceServer
	c *contextv1.CustomerContext
}

func (s srv) GetContext(context.Context, *contextv1.GetContextRequest) (*contextv1.CustomerContext, error) {
	return s.c, nil
}

type pre struct{ contextv1.UnimplementedContextServiceServer; m any }

func main() {
	mode := os.Args[1]
	data, _ := os.ReadFile(os.Args[2])
	c := &contextv1.CustomerContext{}
	if err := proto.Unmarshal(data, c); err != nil {
		panic(err)
	}
	lis, _ := net.Listen("tcp", "127.0.0.1:0")
	if g := os.Getenv("SETGC"); g != "" { debug.SetGCPercent(400) }
	fmt.Printf("ready grpc=%s\n", lis.Addr())
	switch mode {
	case "typed":
		s := grpc.NewServer()
		contextv1.RegisterContextServiceServer(s, srv{c: c})
		_ = s.Serve(lis)
	case "workers":
		s := grpc.NewServer(grpc.SharedWriteBuffer(true), grpc.NumStreamWorkers(4))
		reg(s, baseline.Encoded(data))
		_ = s.Serve(lis)
	case "pre":
		s := grpc.NewServer()
		reg(s, baseline.Encoded(data))
		_ = s.Serve(lis)
	default:
		var extra []grpc.ServerOption
		switch os.Getenv("W") {
		case "0": extra = append(extra, grpc.NumStreamWorkers(0))
		case "": 
		default: n, _ := strconv.Atoi(os.Getenv("W")); extra = append(extra, grpc.NumStreamWorkers(uint32(n)))
		}
		s, err := rpc.NewServer(rpc.Options{ServerOptions: extra, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))})
		if err != nil {
			panic(err)
		}
		if mode == "chain" {
			contextv1.RegisterContextServiceServer(s, srv{c: c})
		} else {
			reg(s, baseline.Encoded(data))
		}
		_ = s.Serve(lis)
	}
}

func reg(s grpc.ServiceRegistrar, m any) {
	d := contextv1.ContextService_ServiceDesc
	d.HandlerType = (*any)(nil)
	d.Streams = nil
	d.Methods = []grpc.MethodDesc{{MethodName: "GetContext", Handler: func(s any, ctx context.Context, dec func(any) error, in grpc.UnaryServerInterceptor) (any, error) {
		req := new(contextv1.GetContextRequest)
		if err := dec(req); err != nil {
			return nil, err
		}
		h := func(context.Context, any) (any, error) { return m, nil }
		if in == nil {
			return h(ctx, req)
		}
		return in(ctx, req, &grpc.UnaryServerInfo{Server: s, FullMethod: contextv1.ContextService_GetContext_FullMethodName}, h)
	}}}
	s.RegisterService(&d, nil)
}
