package interactionlog_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	interactionlog "github.com/throughline-cx/throughline/services/interaction-log"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// run is interactionlogd with a command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var f interactionlog.Flags
	app := interactionlog.App(&f)
	app.Out = stdout
	if _, err := app.Parse(args); err != nil {
		return err
	}
	return f.Run(ctx, stdout, stderr)
}

// start runs the daemon until the test calls stop, and returns where it says it listens.
func start(t *testing.T, args ...string) (ready string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, in, io.Discard)
		_ = in.CloseWithError(errors.Join(io.EOF, err))
		ended <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cancel()
		t.Fatalf("not ready: %v", err)
	}
	_, ready, ok := strings.Cut(strings.TrimSpace(line), "ready: grpc=")
	if !ok {
		t.Errorf("the ready line is %q", line)
	}
	return ready, func() error { cancel(); return <-ended }
}

func TestDaemonServesAndStops(t *testing.T) {
	data := t.TempDir()
	addr, stop := start(t, "--data", data, "--listen", "127.0.0.1:0", "--shards", "4")
	conn, err := rpc.Dial(addr, rpc.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	client := interactionlogv1.NewInteractionLogServiceClient(conn)
	shards, err := client.ListShards(t.Context(), &interactionlogv1.ListShardsRequest{})
	if err != nil || len(shards.GetShards()) != 4 {
		t.Errorf("%v, %v", shards, err)
	}
	// A second one on the same folder says so and leaves.
	err = run(t.Context(), []string{"--data", data, "--listen", "127.0.0.1:0"}, io.Discard, io.Discard)
	if fault.ReasonOf(err) != fault.StoreLocked || strings.Contains(err.Error(), "\n") {
		t.Errorf("second daemon: %v", err)
	}
	tail, err := client.TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tail.Recv(); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Errorf("the daemon ended with %v", err)
	}
	for err == nil {
		_, err = tail.Recv()
	}
	if got := rpc.FromError(err).Reason; got != fault.ServerDraining {
		t.Errorf("the tail ended with %v", err)
	}
	_ = conn.Close()
}

func TestDaemonShowsMetrics(t *testing.T) {
	ready, stop := start(t, "--store", "memory", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0")
	_, addr, _ := strings.Cut(ready, "metrics=")
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if err != nil || !strings.Contains(string(body), "interactionlog_events") {
		t.Errorf("%v: %s", err, body)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestDaemonRefuses(t *testing.T) {
	damaged := t.TempDir()
	file := filepath.Join(damaged, interactionlog.FileName)
	content := strings.Repeat("not a store ", 1000)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lis.Close() })
	for name, c := range map[string]struct {
		args    []string
		reasons string
	}{
		"open address":         {[]string{"--listen", "0.0.0.0:0"}, fault.ListenNotLoopback},
		"open metrics address": {[]string{"--metrics-listen", ":0"}, fault.ListenNotLoopback},
		"unknown flag":         {[]string{"--lisen", "x"}, fault.ConfigInvalid},
		"taken address":        {[]string{"--store", "memory", "--listen", lis.Addr().String()}, fault.ConfigInvalid},
		"foreign file":         {[]string{"--data", damaged}, fault.StoreForeign + " " + fault.StoreDamaged},
	} {
		var out strings.Builder
		err := run(t.Context(), c.args, &out, &out)
		if err == nil || !strings.Contains(c.reasons, fault.ReasonOf(err)) {
			t.Errorf("%s: %v", name, err)
		}
		if out.Len() > 0 {
			t.Errorf("%s: it said more than why: %s", name, out.String())
		}
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != content {
		t.Error("the foreign file was touched")
	}
	if err := run(t.Context(), []string{"--help"}, io.Discard, io.Discard); !errors.Is(err, conf.ErrShown) {
		t.Errorf("help: %v", err)
	}
}
