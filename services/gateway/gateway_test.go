package gateway

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answer is what a test looks at of a response.
type answer struct {
	Status     string
	StatusCode int
	Header     http.Header
}

// ask sends a request and returns the answer with its body.
func ask(t *testing.T, method, url, body string, header ...string) (answer, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if v := req.Header.Get("Host"); v != "" {
		req.Host = v
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.Status, resp.StatusCode, resp.Header}, string(text)
}

func TestCalls(t *testing.T) {
	e := startEdge(t)
	for _, tc := range []struct {
		name, method, path, body string
		want                     string // JSON that the answer has to contain, as a subset
	}{
		{"append", "POST", "/v1/customers/7/events:append", `{"events": [{"eventId": "a"}, {"event_id": "b"}]}`,
			`{"results": [{"eventId": "a", "revision": "1"}, {"eventId": "b", "revision": "2"}]}`},
		{"path escapes", "GET", "/v1/customers/a~b:c/interactions/genesys:1%2F2@x/transcript", "",
			`{"entries": [{"eventId": "genesys:1/2@x", "text": "customers/a~b:c"}]}`},
		{"nested query parameters", "GET", "/v1/customers/7/context?consistency.atLeastAsFresh=tok", "",
			`{"customer": "customers/7", "consistencyToken": "tok"}`},
		{"second binding", "POST", "/v1/contexts:lookup", `{"identifier": {"type": "IDENTIFIER_TYPE_EMAIL", "value": "x"}}`,
			`{"customer": "customers/x"}`},
		{"mask from the body", "PATCH", "/v1/slots/pin", `{"description": "d", "maxAge": "60s"}`,
			`{"name": "slots/pin", "description": "[description max_age]"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			resp, body := ask(t, tc.method, e.url+tc.path, tc.body)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%s: %s", resp.Status, body)
			}
			if !contains(decode(t, body), decode(t, tc.want)) {
				t.Errorf("got %s, want at least %s", body, tc.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	e := startEdge(t)
	const event = `{"events": [{"eventId": "a"}]`
	for _, tc := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		reason                   string
		field                    string
	}{
		{name: "broken JSON", method: "POST", path: "/v1/customers/1/events:append", body: `{"events": }`, status: 400, reason: "INVALID_JSON"},
		{name: "two values", method: "POST", path: "/v1/customers/1/events:append", body: `{} {}`, status: 400, reason: "INVALID_JSON"},
		{name: "unknown field", method: "POST", path: "/v1/customers/1/events:append", body: event + `, "evnts": 1}`, status: 400, reason: "UNKNOWN_FIELD"},
		{name: "unknown enum", method: "POST", path: "/v1/customers/1/events:append", body: `{"events": [{"channel": "CHANNEL_PIGEON"}]}`, status: 400, reason: "INVALID_JSON"},
		{name: "unknown query parameter", method: "GET", path: "/v1/customers/1/context?fresh=1", status: 400, reason: "UNKNOWN_FIELD"},
		{name: "query parameter of the wrong type", method: "GET", path: "/v1/slots?pageSize=many", status: 400, reason: "INVALID_REQUEST"},
		{name: "query parameter beside a body", method: "POST", path: "/v1/customers/1/events:append?x=1", body: event + `}`, status: 400, reason: "UNKNOWN_FIELD"},
		{name: "rule of the contract", method: "GET", path: "/v1/customers/-1/events:head", status: 400, reason: "INVALID_REQUEST", field: "customer"},
		{name: "too large", method: "POST", path: "/v1/customers/1/events:append", body: strings.Repeat(" ", 1<<20) + event + `}`, status: 413, reason: "REQUEST_TOO_LARGE"},
		{name: "no JSON", method: "POST", path: "/v1/customers/1/events:append", body: "a=b", header: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, reason: "INVALID_JSON"},
		{name: "wrong method", method: "DELETE", path: "/v1/customers/1/events", status: 405, reason: "METHOD_NOT_FOUND"},
		{name: "unknown path", method: "GET", path: "/v2/customers", status: 404, reason: "METHOD_NOT_FOUND"},
		{name: "not built by this server", method: "GET", path: "/v1/slots/x", status: 404, reason: "METHOD_NOT_FOUND"},
		{name: "not found", method: "GET", path: "/v1/customers/none/events:head", status: 404, reason: "CUSTOMER_NOT_FOUND"},
		{name: "panic", method: "GET", path: "/v1/customers/panic/events:head", status: 500, reason: "INTERNAL"},
		{name: "another host", method: "GET", path: "/v1/shards", header: []string{"Host", "evil.example"}, status: 403, reason: "PERMISSION_DENIED"},
		{name: "message of a stream", method: "POST", path: "/v1/events:ingest", body: "{}\n{\"evnts\": []}", status: 400, reason: "UNKNOWN_FIELD"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			resp, body := ask(t, tc.method, e.url+tc.path, tc.body, append(tc.header, "X-Request-Id", "req-1")...)
			got := decode(t, body).(map[string]any)
			if reason, _ := find(got, "ErrorInfo")["reason"].(string); resp.StatusCode != tc.status || reason != tc.reason {
				t.Errorf("got %s %s; want %d %s", resp.Status, body, tc.status, tc.reason)
			}
			if id := resp.Header.Get("X-Request-Id"); id != "req-1" {
				t.Errorf("request id %q", id)
			}
			if ct := resp.Header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("content type %q", ct)
			}
			if strings.Contains(body, "secret") {
				t.Errorf("the error tells what it must not: %s", body)
			}
			if tc.field != "" && !strings.Contains(body, `"field":"`+tc.field+`"`) {
				t.Errorf("field %s is not named: %s", tc.field, body)
			}
		})
	}
}

func TestErrorBodyIsTheStatus(t *testing.T) {
	e := startEdge(t)
	resp, body := ask(t, "POST", e.url+"/v1/customers/1/events:append", `{"events": [{"eventId": "a"}], "expectedRevision": 7}`)
	want := decode(t, `{
		"code": 10, "message": "the customer is at revision 8",
		"details": [{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "REVISION_MISMATCH",
			"domain": "interactionlog.throughline", "metadata": {"expected_revision": "7", "current_revision": "8"}
		}]
	}`)
	if diff := cmp.Diff(want, decode(t, body)); diff != "" || resp.StatusCode != http.StatusConflict {
		t.Errorf("%s, -want +got:\n%s", resp.Status, diff)
	}
}

func TestRequestID(t *testing.T) {
	e := startEdge(t)
	resp, _ := ask(t, "GET", e.url+"/v1/customers/1/events:head", "", "X-Request-Id", "call-77")
	if id := resp.Header.Get("X-Request-Id"); id != "call-77" {
		t.Errorf("got %q, want the caller's own", id)
	}
	resp, _ = ask(t, "GET", e.url+"/healthz", "")
	if resp.Header.Get("X-Request-Id") == "" {
		t.Error("there is none when the caller gives none")
	}
}

func TestPages(t *testing.T) {
	e := startEdge(t)
	for path, want := range map[string]string{
		"/healthz": "ok", "/readyz": "ready", "/openapi.json": `"title": "Throughline REST API"`, "/docs": "<html", "/": "<html",
	} {
		resp, body := ask(t, "GET", e.url+path, "")
		if resp.StatusCode != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %s, no %q in %.200s", path, resp.Status, want, body)
		}
	}
}

func TestReadyAsksTheServices(t *testing.T) {
	e := startEdge(t)
	e.context.SetReady(false)
	resp, body := ask(t, "GET", e.url+"/readyz", "")
	if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "throughline.context.v1.ContextService is not ready: NOT_SERVING") {
		t.Errorf("%s: %s", resp.Status, body)
	}
	e.context.SetReady(true)
	if resp, body = ask(t, "GET", e.url+"/readyz", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", resp.Status, body)
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.NewDecoder(bytes.NewBufferString(text)).Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// find returns the detail of a type.
func find(status map[string]any, kind string) map[string]any {
	details, _ := status["details"].([]any)
	for _, d := range details {
		if m, ok := d.(map[string]any); ok && strings.HasSuffix(m["@type"].(string), kind) {
			return m
		}
	}
	return nil
}

// contains reports whether got has everything that want has.
func contains(got, want any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for k, v := range w {
			ok = ok && contains(g[k], v)
		}
		return ok
	case []any:
		g, ok := got.([]any)
		ok = ok && len(g) == len(w)
		for i := 0; ok && i < len(w); i++ {
			ok = contains(g[i], w[i])
		}
		return ok
	default:
		return got == want
	}
}
