package rest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/obs"
	"github.com/throughline-cx/throughline/services/internal/rest"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// deadConn returns a connection to a port that nobody listens on.
func deadConn(t *testing.T) *grpc.ClientConn {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := lis.Addr().String()
	_ = lis.Close()
	conn, err := rpc.Dial(addr, rpc.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestCall(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	var req *interactionlogv1.ListEventsRequest
	var id, trace string
	url := listen(t, newServer(t, rest.Options{}, &fakeLog{
		list: func(ctx context.Context, r *interactionlogv1.ListEventsRequest) (*interactionlogv1.ListEventsResponse, error) {
			req, id, trace = r, obs.RequestID(ctx), obs.TraceParent(ctx)
			return &interactionlogv1.ListEventsResponse{}, nil
		},
	}))
	got := send(t, http.MethodGet, url+"/v1/customers/c1/events?page_size=7&pageToken=t&filter.interactionId=i", "",
		"X-Request-Id", "abc", "Traceparent", parent)
	if got.code != 200 || got.header.Get("X-Request-Id") != "abc" || id != "abc" || trace != parent {
		t.Errorf("%+v, id %q, trace %q", got, id, trace)
	}
	if req.GetCustomer() != "customers/c1" || req.GetPageSize() != 7 || req.GetPageToken() != "t" || req.GetFilter().GetInteractionId() != "i" {
		t.Errorf("request %v", req)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	if _, ok := body["nextPageToken"]; !ok {
		t.Errorf("values that are empty must show: %s", got.body)
	}
	for _, h := range []string{"X-Content-Type-Options", "Content-Security-Policy", "X-Frame-Options", "Referrer-Policy"} {
		if got.header.Get(h) == "" {
			t.Errorf("no %s", h)
		}
	}
	for h := range got.header {
		if strings.HasPrefix(h, "Grpc-") {
			t.Errorf("header %s leaks", h)
		}
	}
	if got := send(t, http.MethodGet, url+"/v1/customers/c1/events", "", "X-Request-Id", "not good"); got.header.Get("X-Request-Id") == "not good" {
		t.Error("a bad request id must be replaced")
	}
}

func shards(n int32, end error) func(grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
	return func(s grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
		for i := range n {
			if err := s.Send(&interactionlogv1.TailEventsResponse{Shard: i + 1, Sequence: 5}); err != nil {
				return err
			}
		}
		return end
	}
}

func TestStreamForms(t *testing.T) {
	gone := fault.New(fault.NotFound, "GONE", "gone")
	for name, c := range map[string]struct {
		accept      string
		n           int32
		end         error
		code        int
		contentType string
		want        []string // lines, in part
	}{
		"lines": {"", 2, nil, 200, "application/x-ndjson", []string{`{"result":{"shard":1`, `{"result":{"shard":2`}},
		"lines, then an error": {
			"application/json", 1, gone, 200, "application/x-ndjson",
			[]string{`{"result":{"shard":1`, `{"error":{"code":5`},
		},
		"events": {
			"text/event-stream", 2, nil, 200, "text/event-stream",
			[]string{`data: {"shard":1`, "", `data: {"shard":2`, ""},
		},
		"events among others": {"text/html, text/event-stream;q=0.9", 1, nil, 200, "text/event-stream", []string{`data: {"shard":1`, ""}},
		"events, then an error": {
			"text/event-stream", 1, gone, 200, "text/event-stream",
			[]string{`data: {"shard":1`, "", "event: error", `data: {"code":5`, ""},
		},
		"lines, error at once":  {"", 0, gone, 404, "application/json", []string{`{"code":5`}},
		"events, error at once": {"text/event-stream", 0, gone, 404, "application/json", []string{`{"code":5`}},
	} {
		t.Run(name, func(t *testing.T) {
			url := listen(t, newServer(t, rest.Options{}, &fakeLog{tail: shards(c.n, c.end)}))
			got := send(t, http.MethodPost, url+"/v1/events:tail", "{}", "Accept", c.accept)
			if got.code != c.code || got.header.Get("Content-Type") != c.contentType {
				t.Errorf("%d %s", got.code, got.header.Get("Content-Type"))
			}
			lines := strings.Split(strings.TrimSuffix(got.body, "\n"), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("got %q", got.body)
			}
			for i, want := range c.want {
				if line := strings.ReplaceAll(strings.ReplaceAll(lines[i], ": {", ":{"), `, "`, `,"`); !strings.HasPrefix(strings.ReplaceAll(line, " ", ""), strings.ReplaceAll(want, " ", "")) {
					t.Errorf("line %d is %q, want %q", i, lines[i], want)
				}
			}
			if c.code >= 400 {
				checkError(t, got, c.code, "GONE")
			}
		})
	}
}

func TestIngest(t *testing.T) {
	var received int
	url := listen(t, newServer(t, rest.Options{}, &fakeLog{
		ingest: func(s grpc.BidiStreamingServer[interactionlogv1.IngestEventsRequest, interactionlogv1.IngestEventsResponse]) error {
			for {
				r, err := s.Recv()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				received += len(r.GetEvents())
				if err := s.Send(&interactionlogv1.IngestEventsResponse{Acks: make([]*interactionlogv1.IngestAck, 1)}); err != nil {
					return err
				}
			}
		},
	}))
	const line = `{"events":[{"eventId":"a"}]}` + "\n"
	got := send(t, http.MethodPost, url+"/v1/events:ingest", line+line+line)
	if got.code != 200 || received != 3 || strings.Count(got.body, `"result"`) != 3 {
		t.Errorf("received %d, answer %d %s", received, got.code, got.body)
	}
	received = 0
	got = send(t, http.MethodPost, url+"/v1/events:ingest", line+line+`{"events":[{"none":1}]}`)
	e := checkError(t, got, 400, fault.UnknownField)
	if received != 0 || !strings.Contains(e.Message, "message 2") {
		t.Errorf("a mistake further on: %d were sent, %q", received, e.Message)
	}
}

// TestHeartbeatAndDrain has a stream that says nothing: it is kept alive, and draining ends it with the reason.
func TestHeartbeatAndDrain(t *testing.T) {
	s := newServer(t, rest.Options{Heartbeat: time.Millisecond}, &fakeLog{
		tail: func(s grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
			<-s.Context().Done()
			return s.Context().Err()
		},
	})
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(lis) }()
	url := "http://" + lis.Addr().String()
	if got := send(t, http.MethodGet, url+"/readyz", ""); got.code != 200 {
		t.Errorf("ready: %+v", got)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/v1/events:tail", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || lines.Text() != ":" {
		t.Fatalf("no heartbeat: %q, %v", lines.Text(), lines.Err())
	}
	if err := s.Drain(context.Background()); err != nil {
		t.Errorf("drain: %v", err)
	}
	var rest []string
	for lines.Scan() {
		if text := lines.Text(); text != "" && text != ":" {
			rest = append(rest, text)
		}
	}
	if len(rest) != 2 || rest[0] != "event: error" || !strings.Contains(rest[1], fault.ServerDraining) {
		t.Errorf("the stream ended with %q", rest)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("draining, and ready: %d", w.Code)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestPages(t *testing.T) {
	ready := errors.New("the log is away, at 10.0.0.7")
	url := listen(t, newServer(t, rest.Options{
		OpenAPI: []byte(`{"swagger":"2.0"}`),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metric 1\n")) }),
		Ready:   func(context.Context) error { return ready },
		Extra: map[string]http.Handler{
			"GET /extra/{id}": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rest.WriteError(w, r, fault.New(fault.NotFound, "NONE", "no %s", r.PathValue("id")))
			}),
			"GET /panic": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }),
		},
	}, &fakeLog{}))
	for path, want := range map[string][]string{
		"/":               {"text/html; charset=utf-8", "/docs/app.js"},
		"/docs":           {"text/html; charset=utf-8", "/docs/app.js"},
		"/docs/app.js":    {"text/javascript; charset=utf-8", "openapi.json"},
		"/docs/style.css": {"text/css; charset=utf-8", "body"},
		"/openapi.json":   {"application/json", "swagger"},
		"/metrics":        {"text/plain; charset=utf-8", "metric 1"},
		"/healthz":        {"text/plain; charset=utf-8", "ok"},
	} {
		got := send(t, http.MethodGet, url+path, "")
		if diff := cmp.Diff(want[0], got.header.Get("Content-Type")); diff != "" || got.code != 200 || !strings.Contains(got.body, want[1]) {
			t.Errorf("%s: %+v", path, got)
		}
		if strings.Contains(got.body, "https://") || strings.Contains(got.body, "//cdn") {
			t.Errorf("%s loads something from elsewhere", path)
		}
	}
	e := checkError(t, send(t, http.MethodGet, url+"/readyz", ""), 503, fault.ServiceUnavailable)
	if strings.Contains(e.Message, "10.0.0.7") {
		t.Errorf("readyz leaks: %q", e.Message)
	}
	checkError(t, send(t, http.MethodGet, url+"/extra/x", ""), 404, "NONE")
	checkError(t, send(t, http.MethodGet, url+"/panic", ""), 500, fault.InternalError)
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := rest.New(context.Background(), rest.Options{OpenAPI: []byte("{")}); err == nil {
		t.Error("an OpenAPI file that is no JSON must be refused")
	}
	failing := rest.Backend{Register: interactionlogv1.RegisterInteractionLogServiceHandler, Conn: deadConn(t)}
	if _, err := rest.New(context.Background(), rest.Options{Backends: []rest.Backend{failing}}); err != nil {
		t.Errorf("a service that is away now may come: %v", err)
	}
}
