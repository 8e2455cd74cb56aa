package gateway

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestIngestByLines(t *testing.T) {
	e := startEdge(t)
	resp, body := ask(t, "POST", e.url+"/v1/events:ingest",
		`{"events": [{"eventId": "a"}, {"eventId": "b"}]}`+"\n"+`{"events": [{"eventId": "c"}]}`, "Content-Type", "application/x-ndjson")
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", resp.Status, body)
	}
	var ids []string
	for line := range strings.Lines(body) {
		for _, a := range decode(t, line).(map[string]any)["result"].(map[string]any)["acks"].([]any) {
			ids = append(ids, a.(map[string]any)["index"].(string)+a.(map[string]any)["eventId"].(string))
		}
	}
	if got := strings.Join(ids, " "); got != "0a 1b 2c" {
		t.Errorf("got %q", got)
	}
}

func TestTailByLines(t *testing.T) {
	e := startEdge(t)
	resp, body := ask(t, "POST", e.url+"/v1/events:tail", `{"positions": [{"shard": 1}, {"shard": 2, "sequence": 4}], "stopAtHead": true}`)
	lines := strings.Split(strings.TrimSpace(body), "\n")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/x-ndjson" || len(lines) != 2 {
		t.Fatalf("%s %v: %s", resp.Status, resp.Header, body)
	}
	if !contains(decode(t, lines[1]), decode(t, `{"result": {"shard": 2, "sequence": "5", "events": [{"eventId": "e5"}]}}`)) {
		t.Errorf("got %s", lines[1])
	}
}

// A refusal before the first message is an ordinary error; one after it ends the stream.
func TestTailErrors(t *testing.T) {
	e := startEdge(t)
	resp, body := ask(t, "POST", e.url+"/v1/events:tail", `{"positions": [{"shard": 99}]}`)
	if resp.StatusCode != http.StatusBadRequest || find(decode(t, body).(map[string]any), "ErrorInfo")["reason"] != "UNKNOWN_SHARD" {
		t.Errorf("%s: %s", resp.Status, body)
	}
	resp, body = ask(t, "POST", e.url+"/v1/events:tail", `{"positions": [{"shard": 1}, {"shard": 99}]}`)
	lines := strings.Split(strings.TrimSpace(body), "\n")
	if resp.StatusCode != http.StatusOK || len(lines) != 2 || !strings.HasPrefix(lines[1], `{"error":`) || !strings.Contains(lines[1], "UNKNOWN_SHARD") {
		t.Errorf("%s: %s", resp.Status, body)
	}
}

// An event stream delivers at once what there is, and ends with an error event when the gateway drains.
func TestTailByEventStream(t *testing.T) {
	e := startEdge(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", e.url+"/v1/events:tail", strings.NewReader(`{"positions": [{"shard": 3}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if ct := resp.Header.Get("Content-Type"); ct != "text/event-stream" {
		t.Errorf("content type %q", ct)
	}
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
	if got := next(); !strings.HasPrefix(got, "data: {") || !strings.Contains(got, `"eventId":"e1"`) {
		t.Errorf("first event: %s", got)
	}
	if err := e.gateway.Drain(ctx); err != nil {
		t.Error(err)
	}
	if got := next(); got != "event: error" {
		t.Errorf("got %q", got)
	}
	if got := next(); !strings.Contains(got, "SERVER_DRAINING") {
		t.Errorf("got %q", got)
	}
}
