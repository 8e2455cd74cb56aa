package suite

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/auth/tlsfiles"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// secured is a suite with a key, a certificate and client certificates, on all addresses of the machine.
type secured struct {
	*Suite
	ca   *testkit.CA
	key  string
	logs testkit.Buffer
}

func startSecured(t *testing.T) *secured {
	t.Helper()
	testkit.NoLeaks(t)
	s := &secured{ca: testkit.NewCA(t)}
	cfg := testConfig(t.TempDir())
	var err error
	if _, s.key, err = apikey.Add(cfg.keysFile(), apikey.Spec{Tenant: auth.DefaultTenant, Roles: []string{"agent"}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	cfg.GRPCListen, cfg.HTTPListen = "0.0.0.0:0", "0.0.0.0:0"
	cfg.TLSCert, cfg.TLSKey = s.ca.Issue("server", "127.0.0.1", "suite.example")
	cfg.TLSClientCA = s.ca.File
	if s.Suite, err = Start(t.Context(), cfg, &s.logs); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return s
}

// local is an address of the suite by which this machine reaches it.
func local(addr string) string { return "127.0.0.1" + addr[strings.LastIndexByte(addr, ':'):] }

func TestSecuredSuite(t *testing.T) {
	s := startSecured(t)
	if strings.Contains(s.logs.String(), "no TLS") {
		t.Errorf("with TLS there is a warning: %s", s.logs.String())
	}
	trusting, err := tlsfiles.Client(tlsfiles.Files{CA: s.ca.File})
	if err != nil {
		t.Fatal(err)
	}
	// REST, under a name that is not loopback: with credentials that is nobody's business.
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: trusting, ForceAttemptHTTP2: true, DisableKeepAlives: true}}
	for token, want := range map[string]int{"": 401, s.key: 200, s.key[:20]: 401} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+local(s.HTTPAddr())+"/v1/customers/1/events", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "suite.example"
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := web.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != want || resp.ProtoMajor != 2 {
			t.Errorf("%s %s with %.8q: %s", resp.Proto, resp.Status, token, body)
		}
	}
	// gRPC: a key, and a certificate.
	cert, key := s.ca.Issue("crm", "crm.example")
	certified, err := tlsfiles.Client(tlsfiles.Files{CA: s.ca.File, Cert: cert, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	head := func(creds credentials.TransportCredentials, header ...string) error {
		conn, err := rpc.Dial(local(s.GRPCAddr()), rpc.DialOptions{Credentials: creds})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_, err = interactionlogv1.NewInteractionLogServiceClient(conn).ListEvents(
			metadata.AppendToOutgoingContext(t.Context(), header...), &interactionlogv1.ListEventsRequest{Customer: "customers/1"})
		return err
	}
	for name, c := range map[string]struct {
		creds  credentials.TransportCredentials
		header []string
		code   codes.Code
	}{
		"nobody":                 {credentials.NewTLS(trusting), nil, codes.Unauthenticated},
		"key":                    {credentials.NewTLS(trusting), []string{"x-api-key", s.key}, codes.OK},
		"certificate":            {credentials.NewTLS(certified), []string{auth.TenantHeader, "acme"}, codes.OK},
		"certificate, no tenant": {credentials.NewTLS(certified), nil, codes.InvalidArgument},
	} {
		if err := head(c.creds, c.header...); status.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// What the services do among themselves needs no key of anybody: a fact that an agent records reaches the log.
func TestServicesInsideKnowEachOther(t *testing.T) {
	cfg := testConfig(t.TempDir())
	_, key, err := apikey.Add(cfg.keysFile(), apikey.Spec{Tenant: auth.DefaultTenant, Roles: []string{"bot"}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), cfg, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	conn, err := rpc.Dial(s.GRPCAddr(), rpc.DialOptions{Extra: []grpc.DialOption{grpc.WithPerRPCCredentials(bearer(key))}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	resp, err := contextv1.NewContextServiceClient(conn).RecordFacts(t.Context(), &contextv1.RecordFactsRequest{
		Customer: "customers/1", Facts: []*contextv1.FactInput{{Slot: "account_number", Value: "84318931"}},
		Origin: &contextv1.Origin{Channel: interactionlogv1.Channel_CHANNEL_CHAT},
	})
	if err != nil {
		t.Fatalf("%v, %v", resp, err)
	}
	list, err := interactionlogv1.NewInteractionLogServiceClient(conn).ListEvents(t.Context(), &interactionlogv1.ListEventsRequest{Customer: "customers/1"})
	if err != nil || len(list.GetEvents()) == 0 {
		t.Fatalf("%v, %v", list, err)
	}
	if v := list.GetEvents()[0].GetFactStated().GetValue(); v != "***" {
		t.Errorf("a bot sees %q", v)
	}
}

func TestOpenSuiteStaysOnLoopback(t *testing.T) {
	for _, change := range []func(*Config){
		func(c *Config) { c.GRPCListen = "0.0.0.0:0" }, func(c *Config) { c.HTTPListen = ":0" },
	} {
		cfg := testConfig(t.TempDir())
		change(&cfg)
		if _, err := Start(t.Context(), cfg, io.Discard); fault.ReasonOf(err) != fault.ListenNotLoopback {
			t.Errorf("got %v", err)
		}
	}
}

// bearer is a token as credentials of a connection.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{auth.AuthorizationHeader: fmt.Sprintf("Bearer %s", string(b))}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }
