package suite

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/boltkit"
	"github.com/throughline-cx/throughline/services/internal/conf"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func testConfig(dir string) Config {
	return Config{
		Data: dir, GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0",
		CallTimeout: 10 * time.Second, DrainTimeout: 10 * time.Second, Log: conf.Log{LogLevel: "debug"},
	}
}

// startSuite starts a suite that the test stops.
func startSuite(t *testing.T, dir string) *Suite {
	t.Helper()
	var logs testkit.Buffer
	s, err := Start(t.Context(), testConfig(dir), &logs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			t.Log(logs.String())
		}
	})
	return s
}

func dial(t *testing.T, s *Suite) *grpc.ClientConn {
	t.Helper()
	conn, err := rpc.Dial(s.GRPCAddr(), rpc.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, req)
}

func send(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func note(id, text string) *interactionlogv1.Event {
	return &interactionlogv1.Event{
		EventId: id, Payload: &interactionlogv1.Event_NoteAdded{NoteAdded: &interactionlogv1.NoteAdded{Text: text}},
	}
}

func TestServesEverything(t *testing.T) {
	testkit.NoLeaks(t)
	dir := filepath.Join(t.TempDir(), "deep", "data")
	s := startSuite(t, dir)
	for path, mode := range map[string]os.FileMode{
		dir: 0o700 | os.ModeDir, filepath.Join(dir, "interaction-log.db"): 0o600, filepath.Join(dir, "context.db"): 0o600,
	} {
		if st, err := os.Stat(path); err != nil || st.Mode() != mode {
			t.Errorf("%s: %v %v, want %v", path, st.Mode(), err, mode)
		}
	}
	conn := dial(t, s)
	for _, name := range []string{
		"", interactionlogv1.InteractionLogService_ServiceDesc.ServiceName, contextv1.ContextService_ServiceDesc.ServiceName,
	} {
		resp, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		if err != nil || resp.GetStatus() != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v %v", name, resp, err)
		}
	}
	if code, body := get(t, "http://"+s.HTTPAddr()+"/readyz"); code != http.StatusOK {
		t.Errorf("readyz: %d %s", code, body)
	}
	if code, body := get(t, "http://"+s.HTTPAddr()+"/metrics"); code != http.StatusOK || !strings.Contains(body, "interactionlog_") {
		t.Errorf("metrics: %d %.300s", code, body)
	}
}

// What is written over gRPC is there over REST, and after a restart.
func TestKeepsWhatItWasTold(t *testing.T) {
	testkit.NoLeaks(t)
	dir := t.TempDir()
	t.Run("before", func(t *testing.T) {
		s := startSuite(t, dir)
		_, err := interactionlogv1.NewInteractionLogServiceClient(dial(t, s)).AppendEvents(t.Context(), &interactionlogv1.AppendEventsRequest{
			Customer: "customers/7", Events: []*interactionlogv1.Event{note("a", "first"), note("b", "second")},
		})
		if err != nil {
			t.Fatal(err)
		}
		if code, body := get(t, "http://"+s.HTTPAddr()+"/v1/customers/7/events"); code != http.StatusOK || !strings.Contains(body, `"first"`) {
			t.Errorf("%d %s", code, body)
		}
	})
	t.Run("after", func(t *testing.T) {
		s := startSuite(t, dir)
		got, err := contextv1.NewContextServiceClient(dial(t, s)).GetContext(t.Context(), &contextv1.GetContextRequest{Customer: "customers/7"})
		if err != nil || got.GetRevision() != 2 {
			t.Errorf("got revision %d, %v", got.GetRevision(), err)
		}
	})
}

// Reasons of a service come under its own domain, whichever way the call came.
func TestErrorsAreTheSameEverywhere(t *testing.T) {
	testkit.NoLeaks(t)
	s := startSuite(t, t.TempDir())
	_, err := interactionlogv1.NewInteractionLogServiceClient(dial(t, s)).GetHead(t.Context(), &interactionlogv1.GetHeadRequest{Customer: "customers/none"})
	f := rpc.FromError(err)
	code, body := get(t, "http://"+s.HTTPAddr()+"/v1/customers/none/events:head")
	if f.Reason != "CUSTOMER_NOT_FOUND" || f.Domain != "interactionlog.throughline" || code != http.StatusNotFound ||
		!strings.Contains(body, f.Reason) || !strings.Contains(body, f.Domain) {
		t.Errorf("gRPC: %v (%s)\nREST: %d %s", f, f.Domain, code, body)
	}
}

// A caller's trace leads from the REST call to the event that it stored.
func TestTraceReachesTheEvent(t *testing.T) {
	testkit.NoLeaks(t)
	s := startSuite(t, t.TempDir())
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.HTTPAddr()+"/v1/customers/7/events:append",
		strings.NewReader(`{"events": [{"eventId": "a", "noteAdded": {"text": "x"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
	if code, body := send(t, req); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	page, err := interactionlogv1.NewInteractionLogServiceClient(dial(t, s)).ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/7"})
	if err != nil || len(page.GetEvents()) != 1 || !strings.Contains(page.GetEvents()[0].GetTraceparent(), trace) {
		t.Errorf("got %v, %v", page, err)
	}
}

func TestStopEndsEventStreams(t *testing.T) {
	testkit.NoLeaks(t)
	s, err := Start(t.Context(), testConfig(t.TempDir()), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.HTTPAddr()+"/v1/events:tail", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), "event: error") || !strings.Contains(string(body), fault.ServerDraining) {
		t.Errorf("%v: %s", err, body)
	}
}

func TestStopEndsStreams(t *testing.T) {
	testkit.NoLeaks(t)
	s, err := Start(t.Context(), testConfig(t.TempDir()), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := interactionlogv1.NewInteractionLogServiceClient(dial(t, s)).TailEvents(t.Context(), &interactionlogv1.TailEventsRequest{
		Positions: []*interactionlogv1.ShardPosition{{Shard: 0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil { // tells that the head is reached, so the stream is open
		t.Fatal(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	for err == nil {
		_, err = stream.Recv()
	}
	if f := rpc.FromError(err); f.Reason != fault.ServerDraining {
		t.Errorf("the stream ended with %v", f)
	}
}

func TestStoppedWhileStarting(t *testing.T) {
	testkit.NoLeaks(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out testkit.Buffer
	if err := Run(ctx, testConfig(t.TempDir()), &out, io.Discard); err != nil {
		t.Error(err)
	}
}

// writerFunc is a writer that calls a function.
type writerFunc func(string)

func (f writerFunc) Write(p []byte) (int, error) {
	f(string(p))
	return len(p), nil
}

// Whoever reads the log of a quiet day sees who may call, which version runs and that it stopped in order, and nothing
// else: readers of streams who leave are no news.
func TestLogOfAQuietDay(t *testing.T) {
	testkit.NoLeaks(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cfg := testConfig(filepath.Join(t.TempDir(), "data"))
	cfg.LogLevel = "info"
	var logs testkit.Buffer
	if err := Run(ctx, cfg, writerFunc(func(string) { stop() }), &logs); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(logs.String()) {
		// When the follower says that it begins is up to it.
		if m := regexp.MustCompile(`level=\w+ msg=("[^"]*"|\w+)`).FindString(line); m != "" && !strings.Contains(m, "following") {
			got = append(got, m)
		}
	}
	want := []string{
		`level=INFO msg="interaction log opened"`,
		`level=INFO msg="no credentials are configured: everybody on this machine is the tenant default, with all roles"`,
		`level=INFO msg="the suite is ready"`, `level=INFO msg=stopping`, `level=INFO msg=stopped`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, logs.String())
	}
	if !strings.Contains(logs.String(), "version=") {
		t.Errorf("no version: %s", logs.String())
	}
}

// A service that cannot go on ends the suite, before it is ready as well as after.
func TestFailureEndsTheSuite(t *testing.T) {
	testkit.NoLeaks(t)
	broken := errors.New("broken")
	s := &Suite{failed: make(chan error, 1)}
	s.fail(broken)
	s.fail(errors.New("and another thing"))
	if err := s.waitReady(t.Context(), &node{service: unready{}}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type unready struct{ service }

func (unready) Ready(context.Context) error { return errors.New("not yet") }

func TestRefusesToStart(t *testing.T) {
	testkit.NoLeaks(t)
	const file = "interaction-log.db"
	made := t.TempDir()
	t.Run("make", func(t *testing.T) { startSuite(t, made) })
	for _, tc := range []struct {
		name   string
		spoil  func(t *testing.T, path string)
		reason string
	}{
		{"damaged", func(t *testing.T, path string) {
			edit(t, path, func(b []byte) []byte { return b[:len(b)/2] })
		}, fault.StoreDamaged},
		{"garbage", func(t *testing.T, path string) {
			edit(t, path, func([]byte) []byte { return []byte(strings.Repeat("not a store ", 5000)) })
		}, fault.StoreForeign},
		{"of another program", func(t *testing.T, path string) {
			edit(t, path, func([]byte) []byte { return nil })
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = db.Close()
		}, fault.StoreForeign},
		{"newer", func(t *testing.T, path string) {
			db, err := boltkit.Open(path, boltkit.Options{
				App: "throughline-interaction-log", Schema: 1000, Migrate: func(*bbolt.Tx, int) error { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			_ = db.Close()
		}, fault.StoreSchemaNewer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(made)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, file)
			tc.spoil(t, path)
			before := sum(t, path)
			wantRefusal(t, testConfig(dir), tc.reason)
			if after := sum(t, path); after != before {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("in use", func(t *testing.T) {
		dir := t.TempDir()
		startSuite(t, dir)
		wantRefusal(t, testConfig(dir), fault.StoreLocked)
	})
	t.Run("no folder", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, testConfig(path), fault.ConfigInvalid)
	})
	t.Run("port taken", func(t *testing.T) {
		lis, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = lis.Close() }()
		cfg := testConfig(t.TempDir())
		cfg.HTTPListen = lis.Addr().String()
		wantRefusal(t, cfg, fault.ConfigInvalid)
	})
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		t.Run("listen on "+addr, func(t *testing.T) {
			cfg := testConfig(filepath.Join(t.TempDir(), "data"))
			cfg.GRPCListen = addr
			wantRefusal(t, cfg, fault.ListenNotLoopback)
			cfg = testConfig(cfg.Data)
			cfg.HTTPListen = addr
			wantRefusal(t, cfg, fault.ListenNotLoopback)
			if _, err := os.Stat(cfg.Data); !os.IsNotExist(err) {
				t.Errorf("the data folder was made: %v", err)
			}
		})
	}
}

func wantRefusal(t *testing.T, cfg Config, reason string) {
	t.Helper()
	s, err := Start(t.Context(), cfg, io.Discard)
	if err == nil {
		_ = s.Stop(t.Context())
		t.Fatal("it started")
	}
	if fault.ReasonOf(err) != reason || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q, want one line with %s", err, reason)
	}
}

func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

func sum(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}
