package daemon

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/throughline-cx/throughline/services/internal/auth/apikey"
	"github.com/throughline-cx/throughline/services/internal/auth/tlsfiles"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func keysFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), apikey.FileName)
	if _, _, err := apikey.Add(path, apikey.Spec{Tenant: "acme", Roles: []string{"agent"}}, testkit.Epoch); err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs a process until stop is called, and returns its address.
func start(t *testing.T, o Options, build func(context.Context, *Process) error) (addr string, logs *testkit.Buffer, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := make(lines, 1), make(chan error, 1)
	logs = &testkit.Buffer{}
	go func() { ended <- Run(ctx, o, build, out, logs) }()
	select {
	case line := <-out:
		addr = regexp.MustCompile(`=(\S+)`).FindStringSubmatch(line)[1]
	case err := <-ended:
		cancel()
		t.Fatalf("ended: %v", err)
	}
	return addr, logs, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func grpcService(_ context.Context, p *Process) error { return p.ServeGRPC("test", noService) }

// With credentials a process may be reached by others, and says so when they could read along.
func TestListenBeyondLoopback(t *testing.T) {
	testkit.NoLeaks(t)
	o := options()
	o.Listen, o.Credentials.APIKeys = "0.0.0.0:0", keysFile(t)
	addr, logs, stop := start(t, o, grpcService)
	defer stop()
	if !strings.Contains(logs.String(), "level=WARN") || !strings.Contains(logs.String(), "no TLS") {
		t.Errorf("log %q", logs.String())
	}
	conn, err := rpc.Dial("127.0.0.1"+addr[strings.LastIndexByte(addr, ':'):], rpc.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil {
		t.Errorf("health: %v", err)
	}
	if err := conn.Invoke(t.Context(), "/made.Up/Name", &healthpb.HealthCheckRequest{}, &healthpb.HealthCheckResponse{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

func TestCredentialRefusals(t *testing.T) {
	ca := testkit.NewCA(t)
	cert, key := ca.Issue("server", "127.0.0.1")
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Options)
		reason string
	}{
		"keys that are not there": {func(o *Options) { o.Credentials.APIKeys = "/no/such/file" }, fault.ConfigInvalid},
		"broken keys":             {func(o *Options) { o.Credentials.APIKeys = broken }, fault.ConfigInvalid},
		"half a token issuer":     {func(o *Options) { o.Credentials.JWTIssuer = "https://id.example" }, fault.ConfigInvalid},
		"certificate alone":       {func(o *Options) { o.Credentials.TLSCert = cert }, fault.ConfigInvalid},
		"client CA alone":         {func(o *Options) { o.Credentials.TLSClientCA = ca.File }, fault.ConfigInvalid},
		"no certificate in a file": {func(o *Options) {
			o.Credentials.TLSCert, o.Credentials.TLSKey = broken, key
		}, fault.ConfigInvalid},
		"TLS is no credential": {func(o *Options) {
			o.Credentials.TLSCert, o.Credentials.TLSKey, o.Listen = cert, key, "0.0.0.0:0"
		}, fault.ListenNotLoopback},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.NoLeaks(t)
			o := options()
			c.change(&o)
			if err := Run(t.Context(), o, grpcService, io.Discard, io.Discard); fault.ReasonOf(err) != c.reason {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A process with a certificate speaks TLS, and one with a client's is let in by it.
func TestDialPeer(t *testing.T) {
	testkit.NoLeaks(t)
	ca := testkit.NewCA(t)
	cert, key := ca.Issue("server", "127.0.0.1")
	o := options()
	o.Credentials.TLSCert, o.Credentials.TLSKey, o.Credentials.TLSClientCA = cert, key, ca.File
	addr, _, stop := start(t, o, grpcService)
	defer stop()
	clientCert, clientKey := ca.Issue("client", "contextd")
	keyFile := filepath.Join(t.TempDir(), "key")
	_, text, err := apikey.New(apikey.Spec{Tenant: "acme", Roles: []string{"agent"}}, testkit.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keyFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	peers := map[string]struct {
		peer Peer
		code codes.Code
	}{
		"certificate": {Peer{Target: addr, TLS: DialTLS{CA: ca.File, Cert: clientCert, Key: clientKey}}, codes.Unimplemented},
		"nothing":     {Peer{Target: addr, TLS: DialTLS{CA: ca.File}}, codes.Unauthenticated},
		"wrong key":   {Peer{Target: addr, TLS: DialTLS{CA: ca.File, Cert: clientCert, Key: clientKey}, KeyFile: keyFile}, codes.Unauthenticated},
		"no TLS":      {Peer{Target: addr}, codes.Unavailable},
	}
	build := func(ctx context.Context, p *Process) error {
		for name, c := range peers {
			conn, err := p.DialPeer(c.peer)
			if err != nil {
				return err
			}
			err = conn.Invoke(ctx, "/made.Up/Name", &healthpb.HealthCheckRequest{}, &healthpb.HealthCheckResponse{})
			if status.Code(err) != c.code {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
		}
		for name, bad := range map[string]Peer{
			"no key file":       {Target: addr, KeyFile: "/no/such/file"},
			"no CA file":        {Target: addr, TLS: DialTLS{CA: "/no/such/file"}},
			"certificate alone": {Target: addr, TLS: DialTLS{Cert: clientCert}},
		} {
			if _, err := p.DialPeer(bad); fault.ReasonOf(err) != fault.ConfigInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		return p.ServeGRPC("test", func(grpc.ServiceRegistrar) {})
	}
	_, _, stopClient := start(t, options(), build)
	stopClient()
}

// A server for HTTP takes the certificate, and nothing of client certificates.
func TestSecureHTTP(t *testing.T) {
	testkit.NoLeaks(t)
	ca := testkit.NewCA(t)
	o := options()
	o.GuardedBehind, o.Listen = true, "0.0.0.0:0"
	o.Credentials.TLSCert, o.Credentials.TLSKey = ca.Issue("server", "127.0.0.1")
	addr, logs, stop := start(t, o, func(_ context.Context, p *Process) error {
		srv, err := rpc.NewServer(rpc.Options{Logger: p.Logger})
		if err != nil {
			return err
		}
		p.Serve("http", srv) // any server will do: the listener has the TLS
		return nil
	})
	defer stop()
	config, err := tlsfiles.Client(tlsfiles.Files{CA: ca.File})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := rpc.Dial("127.0.0.1"+addr[strings.LastIndexByte(addr, ':'):], rpc.DialOptions{Credentials: credentials.NewTLS(config)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil {
		t.Errorf("over TLS: %v", err)
	}
	if strings.Contains(logs.String(), "WARN") {
		t.Errorf("with TLS there is a warning: %s", logs.String())
	}
}

// A connection that leaves the machine without TLS is worth a warning.
func TestPlainConnectionsAreWarnedOf(t *testing.T) {
	testkit.NoLeaks(t)
	ca := testkit.NewCA(t)
	for name, c := range map[string]struct {
		peer  Peer
		warns bool
	}{
		"another machine":         {Peer{Target: "log.example:9091"}, true},
		"another machine, by TLS": {Peer{Target: "log.example:9091", TLS: DialTLS{CA: ca.File}}, false},
		"this machine":            {Peer{Target: "127.0.0.1:9091"}, false},
	} {
		_, logs, stop := start(t, options(), func(ctx context.Context, p *Process) error {
			if _, err := p.DialPeer(c.peer); err != nil {
				return err
			}
			return grpcService(ctx, p)
		})
		stop()
		if got := strings.Contains(logs.String(), "leaves the machine without TLS"); got != c.warns {
			t.Errorf("%s: log %q", name, logs.String())
		}
	}
}
