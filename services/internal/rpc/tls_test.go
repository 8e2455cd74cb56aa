package rpc_test

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/auth/tlsfiles"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

func serveTLS(t *testing.T, files tlsfiles.Files) string {
	t.Helper()
	config, err := tlsfiles.Server(files, "h2")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := rpc.NewServer(rpc.Options{
		Logger: testkit.Logger(t), Authenticate: (&auth.Guard{Keys: words{}, Certificates: true}).Authenticate,
		ServerOptions: []grpc.ServerOption{grpc.Creds(credentials.NewTLS(config))},
	})
	if err != nil {
		t.Fatal(err)
	}
	interactionlogv1.RegisterInteractionLogServiceServer(srv, &wholeLog{})
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(lis) }()
	t.Cleanup(func() { srv.Stop(); <-done })
	return lis.Addr().String()
}

// callTLS makes a call and returns the serial number of the server's certificate with its outcome.
func callTLS(t *testing.T, addr string, files tlsfiles.Files, header ...string) (serial string, err error) {
	t.Helper()
	config, err := tlsfiles.Client(files)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := rpc.Dial(addr, rpc.DialOptions{Credentials: credentials.NewTLS(config)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(with(t.Context(), "", header...), time.Minute)
	defer cancel()
	var p peer.Peer
	_, err = interactionlogv1.NewInteractionLogServiceClient(conn).GetHead(ctx, &interactionlogv1.GetHeadRequest{Customer: "customers/1"}, grpc.Peer(&p))
	if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
		serial = info.State.PeerCertificates[0].SerialNumber.String()
	}
	return serial, err
}

// A client certificate is the service role for all tenants, unless the call brings a credential of its own.
func TestClientCertificates(t *testing.T) {
	ca, other := testkit.NewCA(t), testkit.NewCA(t)
	cert, key := ca.Issue("server", "127.0.0.1")
	addr := serveTLS(t, tlsfiles.Files{Cert: cert, Key: key, CA: ca.File})
	client := func(ca2 *testkit.CA, file string, names ...string) tlsfiles.Files {
		c, k := ca2.Issue(file, names...)
		return tlsfiles.Files{Cert: c, Key: k, CA: ca.File}
	}
	tenant := []string{auth.TenantHeader, "acme"}
	for name, c := range map[string]struct {
		files  tlsfiles.Files
		header []string
		code   codes.Code
	}{
		"certificate":                    {client(ca, "contextd", "contextd"), tenant, codes.OK},
		"certificate, no tenant":         {client(ca, "contextd2", "contextd"), nil, codes.InvalidArgument},
		"certificate without a name":     {client(ca, "nameless"), tenant, codes.Unauthenticated},
		"certificate of another CA":      {client(other, "stranger", "contextd"), tenant, codes.Unavailable},
		"no certificate":                 {tlsfiles.Files{CA: ca.File}, tenant, codes.Unauthenticated},
		"no certificate, key":            {tlsfiles.Files{CA: ca.File}, []string{auth.KeyHeader, "tlk_ivr@acme"}, codes.OK},
		"certificate, the caller's key":  {client(ca, "gatewayd", "gatewayd"), []string{auth.KeyHeader, "tlk_admin@acme"}, codes.PermissionDenied},
		"certificate, no key of anybody": {client(ca, "gatewayd2", "gatewayd"), append([]string{auth.AuthorizationHeader, ""}, tenant...), codes.Unauthenticated},
		"server of another CA":           {tlsfiles.Files{CA: other.File}, tenant, codes.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := callTLS(t, addr, c.files, c.header...); status.Code(err) != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
		})
	}
}

// A renewed certificate is used without a restart; one that is cut off is not.
func TestCertificateIsRenewed(t *testing.T) {
	ca := testkit.NewCA(t)
	cert, key := ca.Issue("server", "127.0.0.1")
	addr := serveTLS(t, tlsfiles.Files{Cert: cert, Key: key, CA: ca.File})
	first, err := callTLS(t, addr, tlsfiles.Files{CA: ca.File}, auth.KeyHeader, "tlk_ivr@acme")
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cert, good[:len(good)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(cert, later, later); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // the files are looked at once a second
	if s, err := callTLS(t, addr, tlsfiles.Files{CA: ca.File}, auth.KeyHeader, "tlk_ivr@acme"); err != nil || s != first {
		t.Errorf("with half a certificate: %s instead of %s, %v", s, first, err)
	}
	ca.Issue("server", "127.0.0.1")
	later = later.Add(time.Hour)
	if err := os.Chtimes(cert, later, later); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		s, err := callTLS(t, addr, tlsfiles.Files{CA: ca.File}, auth.KeyHeader, "tlk_ivr@acme")
		if err == nil && s != first {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("still certificate %s: %v", s, err)
		}
	}
}
