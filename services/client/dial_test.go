package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client"
)

func TestOnlyLoopbackIsPlainUnlessAskedFor(t *testing.T) {
	key := client.WithAPIKey("k")
	for target, want := range map[string]bool{
		"127.0.0.1:9090":               false,
		"[::1]:9090":                   false,
		"localhost:9090":               false,
		"dns:///localhost:9090":        false,
		"unix:/run/throughline.sock":   false,
		"throughline.example.com:9090": true,
		"dns:///example.com:443":       true,
		"10.0.0.7:9090":                true,
		":9090":                        true,
		"localhost.example.com:9090":   true,
		"passthrough:///example:1":     true,
	} {
		if got := client.Secured(target, key); got != want {
			t.Errorf("%s: by TLS = %v, want %v", target, got, want)
		}
		if client.Secured(target, key, client.WithInsecure()) {
			t.Errorf("%s: WithInsecure has no effect", target)
		}
		if !client.Secured(target, client.WithTLS(nil)) {
			t.Errorf("%s: WithTLS has no effect", target)
		}
	}
}

func TestDialRefusesContradictions(t *testing.T) {
	token := func(context.Context) (string, error) { return "t", nil }
	for name, opts := range map[string][]client.Option{
		"two credentials": {client.WithAPIKey("k"), client.WithTokenSource(token)},
		"plain TLS":       {client.WithTLS(&tls.Config{MinVersion: tls.VersionTLS13}), client.WithInsecure()},
		"no attempt":      {client.WithRetries(0)},
		"many attempts":   {client.WithRetries(6)},
		"no time":         {client.WithTimeout(0)},
	} {
		if c, err := client.Dial("127.0.0.1:1", opts...); err == nil {
			_ = c.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCredentialsAreSent(t *testing.T) {
	f := newFake(t)
	f.always("GetCase", &contextv1.Case{Name: "customers/1/cases/7"})
	calls := 0
	for name, tc := range map[string]struct {
		opt           client.Option
		header, value string
	}{
		"key": {client.WithAPIKey("secret-key"), "x-api-key", "secret-key"},
		"token": {client.WithTokenSource(func(context.Context) (string, error) {
			calls++
			return "jwt", nil
		}), "authorization", "Bearer jwt"},
	} {
		c := f.dial(t, tc.opt, client.WithUserAgent("desktop/1.2"))
		for range 2 {
			if _, err := c.Customer("customers/1").Case(t.Context(), "7"); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		got := f.last(t, "GetCase").header
		if v := got.Get(tc.header); len(v) != 1 || v[0] != tc.value {
			t.Errorf("%s: %s = %q", name, tc.header, v)
		}
		if agent := strings.Join(got.Get("user-agent"), ""); !strings.HasPrefix(agent, "desktop/1.2 ") {
			t.Errorf("user agent %q", agent)
		}
	}
	if calls != 2 {
		t.Errorf("the source was asked %d times for 2 calls", calls)
	}
}

func TestFailingTokenSource(t *testing.T) {
	f := newFake(t)
	c := f.dial(t, client.WithTokenSource(func(context.Context) (string, error) {
		return "", errors.New("the identity provider is down")
	}))
	_, err := c.Customer("customers/1").Case(t.Context(), "7")
	if !errors.Is(err, client.ReasonUnauthenticated) || !strings.Contains(err.Error(), "identity provider is down") {
		t.Errorf("got %v", err)
	}
	if n := len(f.seen("GetCase")); n != 0 {
		t.Errorf("%d calls were sent without a credential", n)
	}
}

func TestLogApart(t *testing.T) {
	contexts, log := newFake(t), newFake(t)
	log.always("AppendEvents", &logv1.AppendEventsResponse{Revision: 1, ConsistencyToken: "t1"})
	c := contexts.dial(t, client.WithLogTarget(log.addr), client.WithAPIKey("k"))
	if _, err := c.Customer("customers/1").Append(t.Context(), []client.Event{{Payload: client.NoteAdded{Text: "x"}}}); err != nil {
		t.Fatal(err)
	}
	if got := log.last(t, "AppendEvents").header.Get("x-api-key"); len(got) != 1 {
		t.Errorf("the log got the key %q", got)
	}
	if n := len(contexts.seen("AppendEvents")); n != 0 {
		t.Errorf("the context service got %d appends", n)
	}
}
