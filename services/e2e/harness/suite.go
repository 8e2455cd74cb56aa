package harness

import (
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
)

// Suite is a running deployment of all services.
type Suite struct {
	// Log and Context are the gRPC addresses of the services, HTTP that of the
	// gateway.
	Log, Context, HTTP string
	// Processes are those of the deployment, in the order they were started.
	Processes []*Process
}

// Conn connects to the service that has a method.
func (s Suite) Conn(t testing.TB, rpc string) *grpc.ClientConn {
	t.Helper()
	if strings.HasPrefix(rpc, "throughline.interactionlog.") {
		return Dial(t, s.Log)
	}
	return Dial(t, s.Context)
}

// StartSuite starts all services in one process.
func StartSuite(t testing.TB, data string) Suite {
	t.Helper()
	p := Start(t, "throughline", "serve", "--data", data, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0")
	return Suite{Log: p.GRPC, Context: p.GRPC, HTTP: p.HTTP, Processes: []*Process{p}}
}

// StartApart starts each service as a process of its own.
func StartApart(t testing.TB, data string) Suite {
	t.Helper()
	log := Start(t, "interactionlogd", "--data", filepath.Join(data, "log"), "--listen", "127.0.0.1:0")
	ctx := Start(t, "contextd", "--data", filepath.Join(data, "context"), "--listen", "127.0.0.1:0", "--log-target", log.GRPC)
	gw := Start(t, "gatewayd", "--http-listen", "127.0.0.1:0", "--log-target", log.GRPC, "--context-target", ctx.GRPC)
	return Suite{Log: log.GRPC, Context: ctx.GRPC, HTTP: gw.HTTP, Processes: []*Process{log, ctx, gw}}
}
