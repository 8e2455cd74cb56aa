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

	start func(testing.TB, addresses) Suite
}

// addresses are where a deployment listens.
type addresses struct{ log, context, http string }

var anywhere = addresses{log: "127.0.0.1:0", context: "127.0.0.1:0", http: "127.0.0.1:0"}

// Restart kills the whole deployment and starts it again, on the same data and
// the same addresses.
func (s Suite) Restart(t testing.TB) Suite {
	t.Helper()
	for _, p := range s.Processes {
		p.Kill()
	}
	return s.start(t, addresses{log: s.Log, context: s.Context, http: s.HTTP})
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
	return startSuite(t, data, anywhere)
}

func startSuite(t testing.TB, data string, at addresses) Suite {
	t.Helper()
	p := Start(t, "throughline", "serve", "--data", data, "--grpc-listen", at.context, "--http-listen", at.http)
	return Suite{
		Log: p.GRPC, Context: p.GRPC, HTTP: p.HTTP, Processes: []*Process{p},
		start: func(t testing.TB, at addresses) Suite { t.Helper(); return startSuite(t, data, at) },
	}
}

// StartApart starts each service as a process of its own.
func StartApart(t testing.TB, data string) Suite {
	t.Helper()
	return startApart(t, data, anywhere)
}

func startApart(t testing.TB, data string, at addresses) Suite {
	t.Helper()
	log := Start(t, "interactionlogd", "--data", filepath.Join(data, "log"), "--listen", at.log)
	ctx := Start(t, "contextd", "--data", filepath.Join(data, "context"), "--listen", at.context, "--log-target", log.GRPC)
	gw := Start(t, "gatewayd", "--http-listen", at.http, "--log-target", log.GRPC, "--context-target", ctx.GRPC)
	return Suite{
		Log: log.GRPC, Context: ctx.GRPC, HTTP: gw.HTTP, Processes: []*Process{log, ctx, gw},
		start: func(t testing.TB, at addresses) Suite { t.Helper(); return startApart(t, data, at) },
	}
}
