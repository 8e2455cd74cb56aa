package rest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rest"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// errorBody is the documented shape of every error.
type errorBody struct {
	Code    codes.Code `json:"code"`
	Message string     `json:"message"`
	Details []struct {
		Type       string            `json:"@type"`
		Reason     string            `json:"reason"`
		Domain     string            `json:"domain"`
		Metadata   map[string]string `json:"metadata"`
		Violations []struct {
			Field string `json:"field"`
		} `json:"fieldViolations"`
	} `json:"details"`
}

// checkError checks that a reply is an error of the documented shape, with a status and a reason.
func checkError(t *testing.T, got reply, code int, reason string) errorBody {
	t.Helper()
	var e errorBody
	dec := json.NewDecoder(strings.NewReader(got.body))
	dec.DisallowUnknownFields()
	if err := json.Unmarshal([]byte(got.body), &e); err != nil {
		t.Fatalf("%d, no JSON: %v in %q", got.code, err, got.body)
	}
	if got.code != code || len(e.Details) == 0 || e.Details[0].Reason != reason || e.Message == "" || e.Code == codes.OK {
		t.Errorf("got %d %s, want %d %s", got.code, got.body, code, reason)
	}
	if len(e.Details) > 0 && (e.Details[0].Type != "type.googleapis.com/google.rpc.ErrorInfo" || e.Details[0].Domain == "") {
		t.Errorf("details: %s", got.body)
	}
	if ct := got.header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("content type %q", ct)
	}
	if got.header.Get("X-Request-Id") == "" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", got.header)
	}
	return e
}

func TestFaultsBecomeHTTP(t *testing.T) {
	for kind, want := range map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.NotFound: 404, fault.Exists: 409, fault.Conflict: 409,
		fault.Precondition: 400, fault.Exhausted: 429, fault.Unauthenticated: 401, fault.Denied: 403,
		fault.Unavailable: 503, fault.Timeout: 504, fault.Canceled: 499,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			url := listen(t, newServer(t, rest.Options{}, &fakeLog{
				head: func(context.Context, *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error) {
					return nil, fault.New(kind, "THE_REASON", "text").With("k", "v").WithField("f", "bad")
				},
			}))
			e := checkError(t, send(t, http.MethodGet, url+"/v1/customers/1/events:head", ""), want, "THE_REASON")
			if kind == fault.Internal {
				if e.Details[0].Metadata["correlation_id"] == "" || strings.Contains(e.Message, "text") {
					t.Errorf("not masked: %+v", e)
				}
				return
			}
			if e.Message != "text" || e.Details[0].Domain != "log.test" || e.Details[0].Metadata["k"] != "v" ||
				e.Details[1].Violations[0].Field != "f" {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestErrorsOfTheEdge(t *testing.T) {
	called := false
	url := listen(t, newServer(t, rest.Options{MaxBodyBytes: 1000, LocalOnly: true}, &fakeLog{
		head: func(context.Context, *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error) {
			called = true
			return &interactionlogv1.GetHeadResponse{}, nil
		},
		list: func(context.Context, *interactionlogv1.ListEventsRequest) (*interactionlogv1.ListEventsResponse, error) {
			called = true
			return &interactionlogv1.ListEventsResponse{}, nil
		},
		append: func(context.Context, *interactionlogv1.AppendEventsRequest) (*interactionlogv1.AppendEventsResponse, error) {
			called = true
			return &interactionlogv1.AppendEventsResponse{}, nil
		},
	}))
	const appendPath = "/v1/customers/1/events:append"
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		code               int
		reason             string
	}{
		"no such path":          {"GET", "/v2/nothing", "", nil, 404, fault.MethodNotFound},
		"no such file":          {"GET", "/docs/../x", "", nil, 404, fault.MethodNotFound},
		"wrong method":          {"DELETE", "/v1/shards", "", nil, 405, fault.MethodNotFound},
		"made-up method":        {"BREW", "/v1/shards", "", nil, 405, fault.MethodNotFound},
		"method override":       {"POST", "/v1/shards", "", []string{"X-HTTP-Method-Override", "GET"}, 405, fault.MethodNotFound},
		"not implemented":       {"GET", "/v1/shards", "", nil, 404, fault.MethodNotFound},
		"unknown parameter":     {"GET", "/v1/customers/1/events?pageSise=3", "", nil, 400, fault.UnknownField},
		"unknown nested":        {"GET", "/v1/customers/1/events?filter.none=3", "", nil, 400, fault.UnknownField},
		"path as a parameter":   {"GET", "/v1/customers/1/events?customer=customers/2", "", nil, 400, fault.UnknownField},
		"bad parameter":         {"GET", "/v1/customers/1/events?pageSize=many", "", nil, 400, fault.InvalidRequest},
		"parameter twice":       {"GET", "/v1/customers/1/events?pageSize=1&pageSize=2", "", nil, 400, fault.InvalidRequest},
		"parameter with a body": {"POST", appendPath + "?x=1", "{}", nil, 400, fault.UnknownField},
		"no JSON":               {"POST", appendPath, "{", nil, 400, fault.InvalidJSON},
		"empty JSON value":      {"POST", appendPath, "nope", nil, 400, fault.InvalidJSON},
		"wrong type":            {"POST", appendPath, `{"events": 5}`, nil, 400, fault.InvalidJSON},
		"field twice":           {"POST", appendPath, `{"events": [], "events": []}`, nil, 400, fault.InvalidJSON},
		"unknown field":         {"POST", appendPath, `{"evnts": []}`, nil, 400, fault.UnknownField},
		"unknown deep field":    {"POST", appendPath, `{"events": [{"none": 1}]}`, nil, 400, fault.UnknownField},
		"page elsewhere":        {"POST", appendPath, "", []string{"Sec-Fetch-Site", "cross-site"}, 403, fault.PermissionDenied},
		"page of old browser":   {"POST", appendPath, "", []string{"Origin", "http://evil.example"}, 403, fault.PermissionDenied},
		"two values":            {"POST", appendPath, `{} {}`, nil, 400, fault.InvalidJSON},
		"no media type":         {"POST", appendPath, `{}`, []string{"Content-Type", ""}, 415, fault.InvalidJSON},
		"form":                  {"POST", appendPath, `a=b`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, fault.InvalidJSON},
		"too large":             {"POST", appendPath, `{"x": "` + strings.Repeat("x", 1000) + `"}`, nil, 413, fault.RequestTooLarge},
		"breaks the rules":      {"GET", "/v1/customers/-/events:head", "", nil, 400, fault.InvalidRequest},
		"bad timeout":           {"GET", "/v1/customers/1/events:head", "", []string{"Grpc-Timeout", "soon"}, 400, fault.InvalidRequest},
		"other host":            {"GET", "/v1/customers/1/events:head", "", []string{"Host", "evil.example:80"}, 403, fault.PermissionDenied},
		"other host, a page":    {"GET", "/healthz", "", []string{"Host", "evil.example"}, 403, fault.PermissionDenied},
	} {
		t.Run(name, func(t *testing.T) {
			called = false
			got := send(t, c.method, url+c.path, c.body, c.header...)
			checkError(t, got, c.code, c.reason)
			if called {
				t.Error("the service was called")
			}
			if c.code == 405 && got.header.Get("Allow") != "GET" {
				t.Errorf("Allow: %q", got.header.Get("Allow"))
			}
		})
	}
}

func TestMessagesAboutBodiesSayWhatIsWrongWithThem(t *testing.T) {
	url := listen(t, newServer(t, rest.Options{}, &fakeLog{}))
	for body, want := range map[string]string{
		`{`:             "the body is not valid JSON",
		`nope`:          "the body is not valid JSON",
		`{"events": 5}`: "the JSON does not fit the request, whose fields are in /docs",
		`[]`:            "the JSON does not fit the request, whose fields are in /docs",
	} {
		var got errorBody
		if err := json.Unmarshal([]byte(send(t, "POST", url+"/v1/customers/1/events:append", body).body), &got); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got.Message, want+": ") {
			t.Errorf("%s: %q, want %q", body, got.Message, want)
		}
	}
}

// What is said helps to get it right: which values an enum takes, and what is wrong with a text.
func TestErrorsOfTheEdgeHelp(t *testing.T) {
	url := listen(t, newServer(t, rest.Options{}, &fakeLog{
		head: func(ctx context.Context, _ *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}))
	const appendPath = "/v1/customers/1/events:append"
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		want               []string
	}{
		"enum in the query": {"GET", "/v1/customers/1/events?filter.channels=IVR", "", nil,
			[]string{`"IVR"`, "filter.channels", "CHANNEL_IVR, CHANNEL_VOICE"}},
		"enum in the body": {"POST", appendPath, `{"events": [{"channel": "IVR"}]}`, nil,
			[]string{`channel: "IVR"`, "; channel takes CHANNEL_IVR, CHANNEL_VOICE"}},
		"enum of several": {"POST", appendPath, `{"events": [{"interactionEnded": {"outcome": "abandoned"}}]}`, nil,
			[]string{`outcome: "abandoned"`, "OUTCOME_ABANDONED"}},
		"cut off":  {"POST", appendPath, `{"events": [`, nil, []string{"the body is not valid JSON: unexpected EOF"}},
		"no JSON":  {"POST", appendPath, `{events: 1}`, nil, []string{"the body is not valid JSON: invalid character 'e'"}},
		"too late": {"GET", "/v1/customers/1/events:head", "", []string{"Grpc-Timeout", "1m"}, []string{"the deadline passed before the work was done"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(t, c.method, url+c.path, c.body, c.header...)
			var e errorBody
			if err := json.Unmarshal([]byte(got.body), &e); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(e.Message, want) {
					t.Errorf("%q does not say %q", e.Message, want)
				}
			}
		})
	}
}

// The line in the log has the reason for which a stream was refused, as for any other call.
func TestReasonOfRefusedStreamIsLogged(t *testing.T) {
	var log testkit.Buffer
	s := newServer(t, rest.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, &fakeLog{
		tail: func(grpc.ServerStreamingServer[interactionlogv1.TailEventsResponse]) error {
			return fault.New(fault.NotFound, "THE_REASON", "text")
		},
	})
	send(t, http.MethodPost, listen(t, s)+"/v1/events:tail", "{}")
	if !strings.Contains(log.String(), "reason=THE_REASON") {
		t.Errorf("log: %s", log.String())
	}
}

func TestBodyWithoutLengthIsBoundedToo(t *testing.T) {
	url := listen(t, newServer(t, rest.Options{MaxBodyBytes: 1000}, &fakeLog{}))
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/v1/customers/1/events:append",
		struct{ *strings.Reader }{strings.NewReader(strings.Repeat(" ", 5000))})
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d", resp.StatusCode)
	}
}

func TestTimeouts(t *testing.T) {
	var left time.Duration
	url := listen(t, newServer(t, rest.Options{Timeout: time.Minute, MaxTimeout: 30 * time.Minute}, &fakeLog{
		head: func(ctx context.Context, _ *interactionlogv1.GetHeadRequest) (*interactionlogv1.GetHeadResponse, error) {
			at, _ := ctx.Deadline()
			left = time.Until(at)
			return &interactionlogv1.GetHeadResponse{}, nil
		},
	}))
	for given, most := range map[string]time.Duration{"": time.Minute, "20S": 20 * time.Second, "5M": time.Minute} {
		var header []string
		if given != "" {
			header = []string{"Grpc-Timeout", given}
		}
		if got := send(t, http.MethodGet, url+"/v1/customers/1/events:head", "", header...); got.code != 200 {
			t.Fatal(got)
		}
		if left > most || left < most/2 {
			t.Errorf("%q: the handler had %s, want at most %s", given, left, most)
		}
	}
}

func TestServiceIsAway(t *testing.T) {
	s, err := rest.New(context.Background(), rest.Options{Backends: []rest.Backend{{Conn: deadConn(t), Register: interactionlogv1.RegisterInteractionLogServiceHandler}}})
	if err != nil {
		t.Fatal(err)
	}
	got := send(t, http.MethodGet, listen(t, s)+"/v1/customers/1/events:head", "")
	e := checkError(t, got, 503, fault.ServiceUnavailable)
	if strings.Contains(e.Message, "127.0.0.1") || got.header.Get("Retry-After") == "" {
		t.Errorf("got %+v, %v", e, got.header)
	}
}
