package rest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/rest"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// fakeLog is a service of the real contract; each handler is the test's.
type fakeLog struct {
	interactionlogv1.UnimplementedInteractionLogServiceServer
	head   func(context.Context, *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error)
	list   func(context.Context, *interactionlogv1.ListEventsRequest) (*interactionlogv1.ListEventsResponse, error)
	append func(context.Context, *interactionlogv1.AppendEventsRequest) (*interactionlogv1.AppendEventsResponse, error)
	tail   func(grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error
	ingest func(grpc.BidiStreamingServer[interactionlogv1.IngestEventsRequest, interactionlogv1.IngestEventsResponse]) error
}

func (f *fakeLog) GetHead(ctx context.Context, r *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error) {
	return f.head(ctx, r)
}

func (f *fakeLog) ListEvents(ctx context.Context, r *interactionlogv1.ListEventsRequest) (*interactionlogv1.ListEventsResponse, error) {
	return f.list(ctx, r)
}

func (f *fakeLog) AppendEvents(ctx context.Context, r *interactionlogv1.AppendEventsRequest) (*interactionlogv1.AppendEventsResponse, error) {
	return f.append(ctx, r)
}

func (f *fakeLog) TailEvents(_ *interactionlogv1.TailEventsRequest, s grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
	return f.tail(s)
}

func (f *fakeLog) IngestEvents(s grpc.BidiStreamingServer[interactionlogv1.IngestEventsRequest, interactionlogv1.IngestEventsResponse]) error {
	return f.ingest(s)
}

// newServer returns an edge in front of the fake.
func newServer(t *testing.T, o rest.Options, f *fakeLog) *rest.Server {
	t.Helper()
	conn := testkit.Serve(t, rpc.Options{Domain: "log.test"}, func(r grpc.ServiceRegistrar) {
		interactionlogv1.RegisterInteractionLogServiceServer(r, f)
	})
	if o.Logger == nil {
		o.Logger = testkit.Logger(t)
	}
	o.Backends = []rest.Backend{{Conn: conn, Register: interactionlogv1.RegisterInteractionLogServiceHandler}}
	s, err := rest.New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// listen serves the edge over HTTP and returns its URL.
func listen(t *testing.T, s *rest.Server) string {
	t.Helper()
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	return web.URL
}

// reply is what came back of a request.
type reply struct {
	code   int
	header http.Header
	body   string
}

// send sends a request; a body is sent as JSON unless header says otherwise.
func send(t *testing.T, method, url, body string, header ...string) reply {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, url, r)
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return reply{code: resp.StatusCode, header: resp.Header, body: string(b)}
}
