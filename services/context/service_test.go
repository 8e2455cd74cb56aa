package contextservice_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	contextservice "github.com/throughline-cx/throughline/services/context"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// serveLog serves a fake log on a loopback port.
func serveLog(t *testing.T) (*logfake.Log, string) {
	t.Helper()
	log := logfake.New(4)
	srv, err := rpc.NewServer(rpc.Options{Domain: logfake.Domain, Logger: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	logv1.RegisterInteractionLogServiceServer(srv, log)
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = srv.Serve(lis) })
	t.Cleanup(func() {
		srv.Stop()
		serving.Wait()
	})
	return log, lis.Addr().String()
}

func dial(t *testing.T, addr string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// daemon runs contextd until stop is called, which returns what it ended with.
func daemon(t *testing.T, args ...string) (addr string, stop func() error) {
	t.Helper()
	var flags contextservice.Flags
	if _, err := contextservice.App(&flags).Parse(append(args, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out, logs testkit.Buffer
	ended := make(chan error, 1)
	go func() { ended <- flags.Run(ctx, &out, &logs) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("contextd ended with %v\n%s", err, logs.String())
		}
	})
	return readyAddr(t, &out, &logs), stop
}

// readyAddr waits for the line that a contextd prints when it is ready, and returns its address.
func readyAddr(t *testing.T, out, logs *testkit.Buffer) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if line, ok := strings.CutSuffix(out.String(), "\n"); ok {
			addr, ok := strings.CutPrefix(line, "contextd ready: grpc=")
			addr, _, metrics := strings.Cut(addr, " metrics=127.0.0.1:")
			if !ok || !metrics || strings.Contains(line, "\n") {
				t.Fatalf("ready line: %q", line)
			}
			return addr
		}
	}
	t.Fatalf("contextd did not become ready: %s", logs.String())
	return ""
}

func TestDaemonKeepsItsViewAndRebuildsIt(t *testing.T) {
	log, target := serveLog(t)
	data := t.TempDir()
	var customer string
	for i, life := range []string{"first", "again", "with the store deleted"} {
		if life == "with the store deleted" {
			if err := os.Remove(filepath.Join(data, contextservice.StoreFile)); err != nil {
				t.Fatal(err)
			}
		}
		addr, stop := daemon(t, "--data", data, "--log-target", target)
		client := contextv1.NewContextServiceClient(dial(t, addr))
		got, err := client.ResolveCustomer(t.Context(), &contextv1.ResolveCustomerRequest{
			Identifiers: []*logv1.Identifier{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_CRM_ID, Value: "17"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.GetCreated() != (i == 0) || i > 0 && got.GetCustomer() != customer {
			t.Errorf("%s: %v, want %s", life, got, customer)
		}
		customer = got.GetCustomer()
		if err := stop(); err != nil {
			t.Errorf("%s: ended with %v", life, err)
		}
	}
	if got := len(log.Events(customer)); got != 1 {
		t.Errorf("%d events", got)
	}
}

func TestDaemonRefusals(t *testing.T) {
	_, target := serveLog(t)
	data := t.TempDir()
	daemon(t, "--data", data, "--log-target", target)
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, contextservice.StoreFile), []byte(strings.Repeat("not a store ", 999)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args   []string
		reason string
	}{
		"an open address": {[]string{"--listen", "0.0.0.0:0"}, fault.ListenNotLoopback},
		"open metrics":    {[]string{"--metrics-listen", ":9192"}, fault.ListenNotLoopback},
		"a store in use":  {[]string{"--data", data}, fault.StoreLocked},
		"a foreign store": {[]string{"--data", foreign}, fault.StoreForeign},
	} {
		var flags contextservice.Flags
		args := append([]string{"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--log-target", target}, c.args...)
		if _, err := contextservice.App(&flags).Parse(args); err != nil {
			t.Fatal(err)
		}
		var out, logs testkit.Buffer
		err := flags.Run(t.Context(), &out, &logs)
		if fault.ReasonOf(err) != c.reason || strings.Contains(err.Error(), "\n") || out.String() != "" {
			t.Errorf("%s: %v, printed %q", name, err, out.String())
		}
	}
}

func TestNewWithoutLog(t *testing.T) {
	if _, err := contextservice.New(contextservice.Config{}, contextservice.Deps{}); err == nil {
		t.Error("a service without a log")
	}
}
