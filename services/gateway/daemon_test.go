package gateway

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func TestRunServesUntilToldToStop(t *testing.T) {
	testkit.NoLeaks(t)
	var f Flags
	if _, err := App(&f).Parse([]string{"--http-listen", "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var out, log testkit.Buffer
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx, &out, &log) }()
	ready := regexp.MustCompile(`^gatewayd ready: http=(127\.0\.0\.1:\d+)\n$`)
	for !ready.MatchString(out.String()) {
		select {
		case err := <-ended:
			t.Fatalf("ended: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	base := "http://" + ready.FindStringSubmatch(out.String())[1]
	for path, want := range map[string]int{"/healthz": 200, "/metrics": 200, "/readyz": 503} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRunRefusesOtherAddresses(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "example.com:80"} {
		err := (&Flags{HTTPListen: addr}).Run(t.Context(), nil, nil)
		if !errors.Is(err, &fault.Error{Kind: fault.Precondition, Reason: fault.ListenNotLoopback}) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
